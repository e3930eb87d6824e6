//! What the agent left becomes commits on the run's branch, and the whole result one tree.

use std::collections::HashMap;
use std::path::Path;

use chant_git::{BranchName, CommitOptions, Head, Oid, Repo, TreeEdit};

use super::ready::is_at_or_below;
use super::{Flow, Run};
use crate::error::Result;
use crate::landing::{chant_files, is_chants, known, title};
use crate::project::Project;

impl Run<'_, '_> {
    /// Repeatable: what is committed already is not committed again.
    pub(super) fn collect(&mut self) -> Result<Flow> {
        let facts = self.record.facts.clone();
        let branch: BranchName = facts.branch.parse()?;
        let base: Oid = known(Some(&facts.base))?;
        if !facts.worktree.join(".git").exists() {
            return self.collect_branch(&branch, &base);
        }
        if let Some(end) = self.conclude_joining()? {
            return Ok(end);
        }
        let (base, facts) = (
            known(Some(&self.record.facts.base))?,
            self.record.facts.clone(),
        );
        let there = self.project.repo().at(&facts.worktree);
        self.record.facts.violation = self.violation(&there, &branch, &base)?;
        let mut tip = there.head_oid()?.unwrap_or_else(|| base.clone());
        if self.record.facts.violation.is_none() && !facts.silent {
            tip = self.withdraw(&branch, &base, tip)?;
            self.record.facts.violation = self.forged(&base, &tip)?;
        }
        self.clean_spec_file()?;
        let tree = self.without_brought(&there.snapshot()?, &tip)?;
        let tip = if tree == there.tree_of(&tip)? {
            tip
        } else {
            self.commit_leftovers(&branch, &tip, &tree)?
        };
        if tip == base && !facts.silent && self.record.facts.violation.is_none() {
            self.record.facts.violation = self.strayed(&base)?;
        }
        if self.record.facts.violation.is_none() {
            self.record.facts.violation = self.leaked(&base, &tip, &tree)?;
        }
        self.record.facts.tip = Some(tip.to_string());
        let full = if facts.silent {
            with_local_files(self.project, &tree, &facts.worktree)?
        } else {
            tree
        };
        self.record.facts.result_tree = Some(full.to_string());
        Ok(Flow::Next)
    }

    /// A run's own commits land as they are; that one of them is a landing is for chant alone to say.
    fn forged(&self, base: &Oid, tip: &Oid) -> Result<Option<String>> {
        if tip == base {
            return Ok(None);
        }
        // Whoever resolves a conflict merges the main branch: its landings are real.
        let main = self
            .project
            .repo()
            .branch_oid(&self.record.facts.main.parse()?)?;
        let others: Vec<&Oid> = [base].into_iter().chain(&main).collect();
        let log = self.project.repo().log_without(&others, tip)?;
        let forged = log
            .iter()
            .find(|commit| crate::history::claims_to_land(&commit.message));
        Ok(forged.map(|commit| {
            format!(
                "the agent's commit {} claims to be a landing of chant's",
                commit.oid.short()
            )
        }))
    }

    /// The worktree is gone, but the branch has the work (a run taken up for `chant merge`).
    fn collect_branch(&mut self, branch: &BranchName, base: &Oid) -> Result<Flow> {
        let repo = self.project.repo();
        let tip = repo.branch_oid(branch)?.unwrap_or_else(|| base.clone());
        self.record
            .facts
            .result_tree
            .get_or_insert(repo.tree_of(&tip)?.to_string());
        self.record.facts.tip = Some(tip.to_string());
        Ok(Flow::Next)
    }

    /// Where an agent that left nothing on its own branch committed instead, as far as the times tell.
    fn strayed(&self, base: &Oid) -> Result<Option<String>> {
        let facts = &self.record.facts;
        let began = self.record.started_at.parse::<jiff::Timestamp>();
        let began = began.map_or(i64::MAX, jiff::Timestamp::as_second);
        let strays: Vec<String> = self
            .project
            .repo()
            .branches_from(base)?
            .into_iter()
            .filter(|(name, time)| {
                *time >= began && name.as_str() != facts.branch && name.as_str() != facts.main
            })
            .map(|(name, _)| name.to_string())
            .collect();
        Ok((!strays.is_empty()).then(|| {
            format!(
                "{} changed nothing on its branch; since it began there are commits on {}",
                self.maker().who(),
                strays.join(", ")
            )
        }))
    }

    /// What the agent did to its branch that makes the result unusable; the work is kept all the same.
    fn violation(
        &mut self,
        there: &chant_git::Repo,
        branch: &BranchName,
        base: &Oid,
    ) -> Result<Option<String>> {
        let head = there.head()?;
        let (tip, found) = match &head {
            Head::Branch(name, tip) if name == branch => (tip.clone(), None),
            Head::Branch(name, tip) => (
                tip.clone(),
                Some(format!(
                    "the agent left its branch {branch} and is on {name}"
                )),
            ),
            Head::Detached(tip) => (
                Some(tip.clone()),
                Some(format!(
                    "the agent left its branch {branch} and detached HEAD"
                )),
            ),
            Head::Unborn(name) => (
                None,
                Some(format!("the agent began the empty branch {name}")),
            ),
        };
        let rewritten = match &tip {
            Some(tip) => !there.is_ancestor(base, tip)?,
            None => false,
        };
        if found.is_none() && !rewritten {
            return Ok(None);
        }
        if let Some(tip) = &tip
            && let Some(name) = super::kept::keep(there, &self.record.spec, tip, base)?
        {
            self.note(format!("what the agent committed is kept at {name}"))?;
        }
        Ok(found.or_else(|| {
            Some(format!(
                "{} rewrote the history below its starting point",
                self.maker().who()
            ))
        }))
    }

    /// `git add -A` would commit what chant only brought for the agent to read.
    pub(super) fn without_brought(&self, tree: &Oid, tip: &Oid) -> Result<Oid> {
        let repo = self.project.repo();
        let mut edits = Vec::new();
        for (path, oid) in &self.record.facts.brought {
            let unchanged = repo
                .read_file(tree, path)?
                .is_some_and(|entry| entry.oid.as_str() == oid);
            if unchanged && repo.read_file(tip, path)?.is_none() {
                edits.push(TreeEdit::remove(path.parse()?));
            }
        }
        edits.extend(self.lent_in(tree)?);
        if edits.is_empty() {
            Ok(tree.clone())
        } else {
            Ok(repo.write_tree(Some(tree), &edits)?)
        }
    }

    /// What the checkout lent is taken out, whatever became of it: the main branch has nothing there, and it may be secret.
    fn lent_in(&self, tree: &Oid) -> Result<Vec<TreeEdit>> {
        let facts = &self.record.facts;
        if facts.lent.is_empty() {
            return Ok(Vec::new());
        }
        let base: Oid = known(Some(&facts.base))?;
        let changes = self.project.repo().diff(&base, tree)?;
        let lent = |path: &str| facts.lent.iter().any(|lent| is_at_or_below(path, lent));
        let mut edits = Vec::new();
        for change in changes.iter().filter(|change| lent(&change.path)) {
            edits.push(TreeEdit::remove(change.path.parse()?));
        }
        Ok(edits)
    }

    /// An agent that commits everything also commits what was only brought for it to read, and that may be
    /// private. Its commits are made again without it; as they were, they are kept in this clone. With secrets in them they are
    /// not kept.
    fn withdraw(&mut self, branch: &BranchName, base: &Oid, tip: Oid) -> Result<Oid> {
        if tip == *base {
            return Ok(tip);
        }
        let repo = self.project.repo();
        let redactor = self.redactor();
        let commits = repo.log(base, &tip)?;
        let secret = self.tell_secrets(&redactor, &commits)?;
        if self.record.facts.brought.is_empty() && self.record.facts.lent.is_empty() && !secret {
            return Ok(tip);
        }
        let mut again: HashMap<Oid, Oid> = HashMap::new();
        for commit in commits.into_iter().rev() {
            let tree = self.without_brought(&commit.tree, base)?;
            let tree = self.with_clean_spec(&redactor, &tree)?;
            let message = redactor.text(&commit.message);
            let parents: Vec<Oid> = commit
                .parents
                .iter()
                .map(|parent| again.get(parent).unwrap_or(parent).clone())
                .collect();
            if tree != commit.tree || parents != commit.parents || *message != commit.message {
                let options = CommitOptions {
                    author: Some(commit.author),
                    ..CommitOptions::default()
                };
                again.insert(
                    commit.oid,
                    repo.commit_tree_with(&tree, &parents, &message, &options)?,
                );
            }
        }
        let Some(clean) = again.remove(&tip) else {
            return Ok(tip);
        };
        if secret {
            self.note(
                "a secret was taken out of what the agent wrote to its spec or its messages",
            )?;
        } else if let Some(name) = super::kept::keep(repo, &self.record.spec, &tip, base)? {
            self.note(format!("inputs that git does not track were taken out of the agent's commits; as they were: {name}"))?;
        }
        self.project.repo().set_branch(branch, &clean, Some(&tip))?;
        Ok(clean)
    }

    fn commit_leftovers(&mut self, branch: &BranchName, tip: &Oid, tree: &Oid) -> Result<Oid> {
        let title = title(&self.start, &self.record.spec);
        let message = if self.record.facts.silent {
            format!("{title}\n")
        } else {
            format!("chant({}): {title}\n", self.record.spec)
        };
        let repo = self.project.repo();
        // The landing takes its place, so nobody is ever given it: it needs no signature.
        let commit = repo.commit_tree_unsigned(tree, std::slice::from_ref(tip), &message)?;
        let at = repo.branch_oid(branch)?;
        if at.as_ref() == Some(tip) {
            repo.set_branch(branch, &commit, Some(tip))?;
        }
        self.record.facts.collected = Some(commit.to_string());
        Ok(commit)
    }
}

/// In silent mode the files under `.chant/` are not in any tree of git's; for judging, checking and keeping them
/// they are put into one.
pub(crate) fn with_local_files(project: &Project, tree: &Oid, worktree: &Path) -> Result<Oid> {
    let edits = chant_files(project, worktree)?;
    Ok(project.repo().write_tree(Some(tree), &edits)?)
}

/// Writes the files under `.chant/` of a silent run's result into a worktree of its branch, which lacks them.
pub(crate) fn write_local_files(repo: &Repo, result: &Oid, worktree: &Path) -> Result<()> {
    let there = repo.at(worktree);
    let Some(head) = there.head_oid()? else {
        return Ok(());
    };
    for change in repo.diff(&repo.tree_of(&head)?, result)? {
        if let (true, Some((_, oid))) = (is_chants(&change.path), &change.new) {
            super::provision::bring(worktree, &change.path, &repo.blob(oid)?)?;
        }
    }
    Ok(())
}
