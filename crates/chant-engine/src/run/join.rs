//! A result that contradicts the main branch goes back to the agent, once for each state of that branch.
//!
//! The worktree gets an open `git merge` with conflict markers, the agent a prompt with the intents of both sides. What comes
//! of it is collected, judged and checked like every result. Where it is not brought together, the merge stays open
//! for a person. From the joined result on, the run counts as begun from the main branch that it was joined with.

use chant_agent::AgentKind;
use chant_git::{BranchName, Merge, Oid, Repo, TreeEdit};
use chant_spec::{Document, SpecId};

use super::asked::Asked;
use super::unresolved::{markers, unsettled};
use super::{Flow, Run};
use super::{contradiction, kept};
use crate::config::Strategy;
use crate::error::Result;
use crate::journal::{Conflict, Facts, RunState, Step};
use crate::landing::known;
use crate::prompt::{Contradiction, OtherSide};
use crate::run::provision::{Occasion, render};

/// The prompt by which an agent brings two sides together.
const PROMPT: &str = "merge-conflict";

impl Run<'_, '_> {
    /// Whether the agent's present task is to bring its result together with the main branch.
    pub(super) fn is_joining(&self) -> bool {
        let facts = &self.record.facts;
        let conflict = facts.conflict.as_ref();
        conflict.is_some_and(|conflict| facts.joined.as_deref() == Some(&conflict.onto))
    }

    /// The result contradicts the main branch at `onto` in these files: its agent is asked to bring both together, once for
    /// each state of that branch; then a person is.
    pub(crate) fn conflicts(&mut self, onto: &Oid, files: Vec<String>) -> Result<Flow> {
        let base: Oid = known(Some(&self.record.facts.base))?;
        let with = self.candidate().landed_in(&base, onto, &files)?;
        let tip: Oid = known(self.record.facts.tip.as_deref())?;
        let conflict = self.conflict(onto, &tip, files, with)?;
        let asked_before = self.record.facts.joined.as_deref() == Some(onto.as_str());
        let for_an_agent = self.hands_back && !asked_before && self.can_be_joined(&conflict);
        let reason = conflict.says.clone();
        let facts = &mut self.record.facts;
        facts.conflict = Some(conflict);
        facts.landing = None;
        if !for_an_agent {
            return Ok(Flow::End(RunState::Conflict, reason));
        }
        facts.joined = Some(onto.to_string());
        facts.round += 1;
        self.note(format!(
            "{} changed the same lines meanwhile; the agent is asked to bring both together",
            self.record.facts.main
        ))?;
        Ok(Flow::Back(Step::Agent))
    }

    fn conflict(
        &self,
        onto: &Oid,
        tip: &Oid,
        files: Vec<String>,
        with: Vec<String>,
    ) -> Result<Conflict> {
        let clashes = self.project.repo().clashes(onto, tip)?;
        let says = contradiction::says(&self.record.facts.main, &with, &files, &clashes);
        Ok(Conflict {
            onto: onto.to_string(),
            files,
            with,
            says,
        })
    }

    /// A person's work is theirs to join, a recording holds no answer, and what a spec should say only a person knows.
    fn can_be_joined(&self, conflict: &Conflict) -> bool {
        let facts = &self.record.facts;
        let only_the_spec = conflict.files == [facts.spec_path.clone()];
        facts.takeover.is_none() && facts.agent_kind != AgentKind::Replay.name() && !only_the_spec
    }

    /// Opens the merge in the worktree. Repeatable: one that is open, or concluded, is left as it is. Where nothing contradicts
    /// any more, there is nothing to ask the agent: then it says where to go on.
    pub(super) fn begin_joining(&mut self) -> Result<Option<Flow>> {
        let there = self.project.repo().at(&self.record.facts.worktree);
        if there.is_merging() {
            return Ok(None);
        }
        let onto: Oid = known(self.record.facts.joined.as_deref())?;
        let tip = there.head_oid()?;
        let is_joined = match &tip {
            Some(tip) => there.is_ancestor(&onto, tip)?,
            None => false,
        };
        if is_joined {
            return Ok(None);
        }
        let onto = match tip {
            Some(tip) => match self.still_against(&there, &tip, onto)? {
                Some(onto) => onto,
                None => return Ok(Some(Flow::Next)),
            },
            None => onto,
        };
        self.take_back_what_was_lent(&there, &onto)?;
        self.clear_what_was_cut_off(&there)?;
        there.begin_merge(&onto)?;
        Ok(None)
    }

    /// What the result contradicts by now: the main branch may have moved while the run waited for its turn with an agent.
    /// `None` where both go together now.
    fn still_against(&mut self, there: &Repo, tip: &Oid, onto: Oid) -> Result<Option<Oid>> {
        let main: BranchName = self.record.facts.main.parse()?;
        let Some(now) = there.branch_oid(&main)?.filter(|now| *now != onto) else {
            return Ok(Some(onto));
        };
        let Merge::Conflict { files, .. } = there.merge(&now, tip)? else {
            self.record.facts.conflict = None;
            self.note(format!("{main} and the result go together by now"))?;
            return Ok(None);
        };
        let base: Oid = known(Some(&self.record.facts.base))?;
        let with = self.candidate().landed_in(&base, &now, &files)?;
        self.record.facts.joined = Some(now.to_string());
        self.record.facts.conflict = Some(self.conflict(&now, tip, files, with)?);
        self.journal.save(&self.record)?;
        Ok(Some(now))
    }

    /// What was only lent to the agent, and is on the main branch by now: git would not write over it.
    fn take_back_what_was_lent(&self, there: &Repo, onto: &Oid) -> Result<()> {
        let facts = &self.record.facts;
        for (path, oid) in &facts.brought {
            let lent = facts.worktree.join(path);
            let is_lent = chant_os::file::read_regular(&lent, u64::MAX)
                .ok()
                .map(|bytes| there.hash_object(&bytes))
                .transpose()?
                .is_some_and(|now| now.as_str() == oid);
            if is_lent && there.read_file(onto, path)?.is_some() {
                chant_os::file::remove_file(&lent)?;
            }
        }
        Ok(())
    }

    /// A merge that was killed half-way has left files of the other side, and no note that it was begun: git would write over
    /// none of them. They are kept aside, and the worktree is made what its commit is.
    fn clear_what_was_cut_off(&mut self, there: &Repo) -> Result<()> {
        let Some(head) = there.head_oid()? else {
            return Ok(());
        };
        let found = self.without_brought(&there.snapshot()?, &head)?;
        let left = there.diff(&there.tree_of(&head)?, &found)?;
        if left.is_empty() {
            return Ok(());
        }
        let repo = self.project.repo();
        let worktree = self.record.facts.worktree.clone();
        if let Some(name) = kept::save_uncommitted(repo, &self.record.spec, &worktree)? {
            self.note(format!(
                "a merge was cut off half-way; the files it left are kept at {name}"
            ))?;
        }
        there.reset_files()?;
        for added in left.iter().filter(|change| change.old.is_none()) {
            let path = worktree.join(&added.path);
            if !path.is_dir() {
                chant_os::file::remove_file(&path)?;
            }
        }
        Ok(())
    }

    /// The prompt with both intents, for a session of its own.
    pub(super) fn asked_to_join(&mut self) -> Result<Asked> {
        let facts = &self.record.facts;
        let conflict = self.contradiction()?;
        let text = render(
            self.project,
            &self.start,
            &[],
            &Occasion {
                run: &self.record.id,
                id: &self.record.spec,
                prompt: PROMPT,
                worktree: &facts.worktree,
                branch: &facts.branch,
                base: &facts.base,
                attempt: 1,
                previous_failure: "",
                feedback: &[],
                conflict: Some(&conflict),
                silent: facts.silent,
            },
        )?;
        let file = self.dir().join("prompt-merge.md");
        chant_os::file::replace(&file, text.as_bytes())?;
        Ok(Asked {
            file,
            text,
            session: None,
            handover: None,
        })
    }

    fn contradiction(&self) -> Result<Contradiction> {
        let facts = &self.record.facts;
        let conflict = facts.conflict.clone().unwrap_or_default();
        let onto: Oid = known(Some(&conflict.onto))?;
        let side = |id: &String| self.other_side(&onto, id);
        Ok(Contradiction {
            main: facts.main.clone(),
            with: conflict.with.iter().filter_map(side).collect(),
            files: conflict.files,
            onto: conflict.onto,
        })
    }

    /// A spec as the main branch has it; where git knows nothing of specs, as it lies in the checkout.
    fn other_side(&self, onto: &Oid, id: &str) -> Option<OtherSide> {
        let id = SpecId::parse(id).ok()?;
        let from_root = self.project.spec_path_from_root(&id);
        let path = self.project.path_from_repo(&from_root);
        let repo = self.project.repo();
        let landed = repo.read_file(onto, &path).ok().flatten();
        let document = match landed.and_then(|entry| repo.blob(&entry.oid).ok()) {
            Some(bytes) => Document::parse(bytes).ok(),
            None => self.project.document(&from_root).ok(),
        }?;
        Some(OtherSide {
            title: document.title().unwrap_or(id.as_str()).to_owned(),
            text: document.description().trim().to_owned(),
            id: id.to_string(),
        })
    }

    /// What came of it: the joined result counts as begun from the main branch, one that is not joined waits for a person.
    pub(super) fn conclude_joining(&mut self) -> Result<Option<Flow>> {
        let facts = self.record.facts.clone();
        let Some(conflict) = facts.conflict else {
            return Ok(None);
        };
        if !facts.worktree.join(".git").exists() {
            return Ok(None);
        }
        let there = self.project.repo().at(&facts.worktree);
        let not_joined = self.not_joined(&there, &conflict)?;
        if not_joined.is_some() && self.went_away(&there)? {
            self.record.facts.conflict = None;
            return Ok(None);
        }
        if let Some(why) = not_joined {
            self.record.facts.agent_failure = None;
            let reason = format!("{}; {why}", conflict.says);
            return Ok(Some(Flow::End(RunState::Conflict, reason)));
        }
        if there.is_merging() {
            self.commit_merge(&there, &known(Some(&conflict.onto))?)?;
        }
        self.count_from_main(&there, &conflict)?;
        Ok(None)
    }

    /// Whether the main branch no longer contradicts what the run made: then nobody needs the open merge. What was begun in it
    /// is kept.
    fn went_away(&mut self, there: &Repo) -> Result<bool> {
        if !there.is_merging() || !go_together(there, &self.record.facts.main)? {
            return Ok(false);
        }
        let (repo, facts) = (self.project.repo(), &self.record.facts);
        if let Some(name) = kept::save_uncommitted(repo, &self.record.spec, &facts.worktree)? {
            self.note(format!(
                "{} and the result go together now; the merge that was begun is kept at {name}",
                self.record.facts.main
            ))?;
        }
        there.abort_merge()?;
        Ok(true)
    }

    /// Why the sides are not together yet; `None` where they are, or nobody has tried.
    fn not_joined(&self, there: &Repo, conflict: &Conflict) -> Result<Option<String>> {
        if self.is_joining()
            && let Some(failure) = &self.record.facts.agent_failure
        {
            return Ok(Some(format!(
                "the agent did not bring both together: {failure}"
            )));
        }
        let tree = there.snapshot()?;
        let (onto, tip): (Oid, Oid) = (
            known(Some(&conflict.onto))?,
            known(self.record.facts.tip.as_deref())?,
        );
        for file in &conflict.files {
            let markers = |tree: &Oid| markers(there, tree, file);
            if markers(&tree)? > markers(&onto)?.max(markers(&tip)?) {
                return Ok(Some(format!("conflict markers are left in {file}")));
            }
        }
        if there.is_merging()
            && let Some(file) = unsettled(there, &onto)?
        {
            return Ok(Some(format!(
                "git still holds {} for unresolved: `git add` or `git rm` it",
                crate::one_line(&file)
            )));
        }
        Ok(None)
    }

    /// An agent, or a person, may leave the files as they should be, and the commit to chant.
    fn commit_merge(&mut self, there: &Repo, onto: &Oid) -> Result<()> {
        let repo = self.project.repo();
        let Some(tip) = there.head_oid()? else {
            return Ok(());
        };
        let tree = self.without_brought(&there.snapshot()?, &tip)?;
        let branch: BranchName = self.record.facts.branch.parse()?;
        let message = format!("merge {}\n", self.record.facts.main);
        let commit = repo.commit_tree_unsigned(&tree, &[tip.clone(), onto.clone()], &message)?;
        repo.set_branch(&branch, &commit, Some(&tip))?;
        Ok(there.end_merge()?)
    }

    /// From here on the run began from the main branch that its work now holds. Where the history is to stay a line, the
    /// joined work is one commit on it, and what it was made from is kept beside it.
    fn count_from_main(&mut self, there: &Repo, conflict: &Conflict) -> Result<()> {
        let repo = self.project.repo();
        let Some(tip) = there.head_oid()? else {
            return Ok(());
        };
        let main: BranchName = self.record.facts.main.parse()?;
        let candidates = [repo.branch_oid(&main)?, conflict.onto.parse().ok()];
        for onto in candidates.into_iter().flatten() {
            if !repo.is_ancestor(&onto, &tip)? {
                continue;
            }
            self.record.facts.base = onto.to_string();
            self.record.facts.start_tree = start_tree(repo, &self.record.facts, &onto)?;
            self.record.facts.conflict = None;
            if self.project.config().landing != Strategy::Merge {
                self.straighten(there, &onto, &tip)?;
            }
            return Ok(());
        }
        Ok(())
    }

    fn straighten(&mut self, there: &Repo, onto: &Oid, tip: &Oid) -> Result<()> {
        let repo = self.project.repo();
        if repo.log(onto, tip)?.iter().all(|it| it.parents.len() == 1) {
            return Ok(());
        }
        if let Some(name) = kept::keep(repo, &self.record.spec, tip, onto)? {
            self.note(format!("the work before it was joined is kept at {name}"))?;
        }
        let repo = self.project.repo();
        let branch: BranchName = self.record.facts.branch.parse()?;
        let title = crate::landing::title(&self.start, &self.record.spec);
        let one = repo.commit_tree_unsigned(
            &repo.tree_of(tip)?,
            std::slice::from_ref(onto),
            &format!("{title}\n"),
        )?;
        repo.set_branch(&branch, &one, Some(tip))?;
        self.record.facts.collected = Some(one.to_string());
        Ok(there.match_index()?)
    }
}

/// Whether what is committed in a worktree merges with the branch `main` as that is now.
pub(crate) fn go_together(there: &Repo, main: &str) -> Result<bool> {
    let main: BranchName = main.parse()?;
    let (Some(tip), Some(onto)) = (there.head_oid()?, there.branch_oid(&main)?) else {
        return Ok(false);
    };
    Ok(matches!(there.merge(&onto, &tip)?, Merge::Clean(_)))
}

/// The tree that a run's work is compared with: what it began from, the spec, and what was only lent.
pub(super) fn start_tree(repo: &Repo, facts: &Facts, base: &Oid) -> Result<String> {
    let mut edits = vec![TreeEdit::put(
        facts.spec_path.parse()?,
        "100644",
        known(Some(&facts.spec_oid))?,
    )];
    for (path, oid) in &facts.brought {
        if repo.read_file(base, path)?.is_none() {
            edits.push(TreeEdit::put(path.parse()?, "100644", known(Some(oid))?));
        }
    }
    let tree = repo.write_tree(Some(&repo.tree_of(base)?), &edits)?;
    Ok(tree.to_string())
}
