//! What would be lost with a run, under `refs/chant/kept/`.

use std::path::Path;

use chant_git::{Oid, Repo};

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
