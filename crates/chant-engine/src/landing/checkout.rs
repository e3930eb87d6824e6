//! The checkout of the main branch: whether it lets a landing in, and showing the landing there.

use chant_git::{Brought, Oid, Repo, RepoPath};

use super::{Candidate, known, silent};
use crate::error::Result;
use crate::journal::Landing;

impl Candidate<'_> {
    /// Whether the checkout lets this landing in; names the files that lie in the way.
    pub(super) fn obstacles(&self, landing: &Landing) -> Result<Vec<String>> {
        if self.run.facts.silent {
            let full: Oid = known(Some(&landing.full_tree))?;
            let mine = silent::obstacles(self.project, self.run, &full)?;
            if !mine.is_empty() {
                return Ok(mine);
            }
        }
        let Some(checkout) = self.checkout_of_main()? else {
            return Ok(Vec::new());
        };
        let (old, new): (Oid, Oid) = (known(Some(&landing.onto))?, known(Some(&landing.tree))?);
        match checkout.would_bring_along(&old, &new, &self.may_replace()?)? {
            Brought::Done => Ok(Vec::new()),
            Brought::InTheWay { files } => Ok(files),
        }
    }

    /// Shows the landing in the checkout of the main branch. Repeatable. Returns files it had to leave.
    pub(crate) fn bring_along(&self, landing: &Landing) -> Result<Vec<String>> {
        let mut left = Vec::new();
        if self.run.facts.silent {
            left = silent::bring_back(self.project, self.run, &known(Some(&landing.full_tree))?)?;
        }
        let (onto, commit): (Oid, Oid) = (
            known(Some(&landing.onto))?,
            known(landing.commit.as_deref())?,
        );
        if onto != commit
            && let Some(checkout) = self.checkout_of_main()?
            && let Brought::InTheWay { files } =
                checkout.bring_along(&onto, &commit, &self.may_replace()?)?
        {
            left.extend(files);
        }
        Ok(left)
    }

    /// The work tree in which the main branch is checked out, if there is one.
    fn checkout_of_main(&self) -> Result<Option<Repo>> {
        let found = self.repo().worktrees()?.into_iter().find(|worktree| {
            worktree
                .branch
                .as_ref()
                .is_some_and(|branch| branch.as_str() == self.run.facts.main)
                && worktree.path.exists()
        });
        Ok(found.map(|worktree| self.repo().at(&worktree.path)))
    }

    /// Files of the checkout whose content is known to be in the record: the spec the user wrote, and what
    /// was brought from there.
    fn may_replace(&self) -> Result<Vec<(RepoPath, Oid)>> {
        let facts = &self.run.facts;
        let mut files = vec![(
            facts.spec_path.parse()?,
            known(Some(facts.spec_in_checkout()))?,
        )];
        for (path, oid) in &facts.brought {
            files.push((path.parse()?, known(Some(oid))?));
        }
        Ok(files)
    }
}
