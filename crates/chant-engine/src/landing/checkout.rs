//! The checkout of the main branch: what it is, and what of it may be replaced by a landing.

use chant_git::{Oid, Repo, RepoPath};

use super::{Candidate, known, silent};
use crate::error::Result;
use crate::journal::Landing;

/// The work tree in which a branch is checked out, if there is one.
pub(crate) fn of_branch(repo: &Repo, branch: &str) -> Result<Option<Repo>> {
    let found = repo.worktrees()?.into_iter().find(|worktree| {
        let here = worktree.branch.as_ref();
        here.is_some_and(|here| here.as_str() == branch) && worktree.path.exists()
    });
    Ok(found.map(|worktree| repo.at(&worktree.path)))
}

impl Candidate<'_> {
    /// In silent mode: files of the user's that were edited since the run began, and so keep it from landing.
    pub(crate) fn silent_obstacles(&self, landing: &Landing) -> Result<Vec<String>> {
        if !self.run.facts.silent {
            return Ok(Vec::new());
        }
        let full: Oid = known(Some(&landing.full_tree))?;
        silent::obstacles(self.project, self.run, &full)
    }

    /// In silent mode: brings back the files that git must not know of. Repeatable. Returns those it had to leave.
    pub(crate) fn bring_back(&self, landing: &Landing) -> Result<Vec<String>> {
        if !self.run.facts.silent {
            return Ok(Vec::new());
        }
        silent::bring_back(self.project, self.run, &known(Some(&landing.full_tree))?)
    }

    /// Files of the checkout whose content is known to be in the record: the spec the user wrote, and what
    /// was brought from there.
    pub(crate) fn may_replace(&self) -> Result<Vec<(RepoPath, Oid)>> {
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
