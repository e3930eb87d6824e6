//! What would be lost with a run, under `refs/chant/kept/`.

use std::path::Path;

use chant_git::{Oid, Repo, Which};

use super::Run;
use super::collect::with_local_files;
use crate::error::{Code, Error, Result};
use crate::journal::RunRecord;
use crate::landing::known;
use crate::project::Project;

/// Keeps what is not committed in a worktree. Returns the ref that keeps it, where there is anything.
pub(super) fn save_uncommitted(repo: &Repo, spec: &str, folder: &Path) -> Result<Option<String>> {
    let there = repo.at(folder);
    let Some(head) = there.head_oid()? else {
        return Ok(None);
    };
    let tree = there.snapshot()?;
    if tree == repo.tree_of(&head)? {
        return Ok(None);
    }
    let commit = repo.commit_tree_unsigned(
        &tree,
        &[head],
        "chant: uncommitted work, kept before its worktree was removed\n",
    )?;
    keep_always(repo, spec, &commit).map(Some)
}

/// Keeps what lies where a run's worktree was, or will be, and is none: what `base` does not have. A repository of its own is
/// left to its person.
pub(super) fn save_stray(
    repo: &Repo,
    spec: &str,
    folder: &Path,
    base: Option<Oid>,
    which: Which,
) -> Result<Option<String>> {
    if folder.join(".git").is_dir() {
        let whose = format!("{} is a repository of its own", folder.display());
        return Err(Error::new(Code::InTheWay, whose)
            .hint("chant needs this folder for a worktree: move what is there elsewhere"));
    }
    let Some(base) = base.map_or_else(|| repo.head_oid(), |base| Ok(Some(base)))? else {
        return Ok(None);
    };
    if !folder.is_dir() {
        return Ok(None);
    }
    let tree = repo.snapshot_of(folder, &base, which)?;
    if tree == repo.tree_of(&base)? {
        return Ok(None);
    }
    let why = "chant: what lay where a worktree was to be\n";
    let commit = repo.commit_tree_unsigned(&tree, &[base], why)?;
    keep_always(repo, spec, &commit).map(Some)
}

impl Run<'_, '_> {
    /// What somebody changed in the worktree after the result was made is no part of it: it is kept, and they are told.
    pub(crate) fn keep_what_came_later(mut self) -> Result<()> {
        let facts = &self.record.facts;
        if facts.silent || !facts.worktree.join(".git").is_file() {
            return Ok(());
        }
        let there = self.project.repo().at(&facts.worktree);
        let Some(tip) = there.head_oid()? else {
            return Ok(());
        };
        let tree = self.without_brought(&there.snapshot()?, &tip)?;
        if tree == there.tree_of(&tip)? {
            return Ok(());
        }
        let why = "chant: changed in the worktree after the result was made\n";
        let commit = there.commit_tree_unsigned(&tree, &[tip], why)?;
        let name = keep_always(&there, &self.record.spec, &commit)?;
        self.warn(format!(
            "what was changed in the worktree after the result was made is no part of it; it is kept at {name}"
        ))
    }
}

/// In silent mode a snapshot lacks what a run wrote below `.chant/`: where the run is given up, that is kept as well.
pub(crate) fn keep_local_files(project: &Project, run: &RunRecord) -> Result<Option<String>> {
    let (facts, repo) = (&run.facts, project.repo());
    if !facts.silent || facts.start_tree.is_empty() || !facts.worktree.join(".git").exists() {
        return Ok(None);
    }
    let there = repo.at(&facts.worktree);
    let Some(head) = there.head_oid()? else {
        return Ok(None);
    };
    let tree = with_local_files(project, &there.snapshot()?, &facts.worktree)?;
    let chants = format!("{}.chant/", project.prefix_text());
    if !repo
        .diff(&known(Some(&facts.start_tree))?, &tree)?
        .iter()
        .any(|change| change.path.starts_with(&chants))
    {
        return Ok(None);
    }
    let commit = repo.commit_tree_unsigned(
        &tree,
        &[head],
        "a run's work, with the files that git ignores\n",
    )?;
    keep_always(repo, &run.spec, &commit).map(Some)
}

/// Keeps a commit under `refs/chant/kept/`, unless it is part of `base` anyway.
pub(crate) fn keep(repo: &Repo, spec: &str, tip: &Oid, base: &Oid) -> Result<Option<String>> {
    if repo.is_ancestor(tip, base)? {
        Ok(None)
    } else {
        keep_always(repo, spec, tip).map(Some)
    }
}

/// Keeps a commit under `refs/chant/kept/`.
pub(crate) fn keep_always(repo: &Repo, spec: &str, tip: &Oid) -> Result<String> {
    let id = chant_spec::SpecId::parse(spec)
        .map_err(|error| Error::new(Code::Internal, error.to_string()))?;
    let name = format!(
        "refs/chant/kept/{}/{}",
        id.branch_component(),
        &tip.as_str()[..12]
    );
    repo.set_ref(&name, tip, "chant: keep")?;
    Ok(name)
}
