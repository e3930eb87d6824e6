//! What silent mode does differently: files under `.chant/` travel as files, not as commits.

use std::collections::BTreeMap;
use std::path::Path;

use chant_git::{Oid, Repo, TreeEdit};

use super::known;
use crate::error::Result;
use crate::journal::RunRecord;
use crate::project::Project;

/// Whether a path is chant's own, at any depth (a project may lie in a subfolder).
pub(crate) fn is_chants(path: &str) -> bool {
    path.split('/').any(|part| part == ".chant")
}

/// Undoes whatever a result did to `.chant/` in git: the main branch's version stays, or none.
pub(super) fn withdrawn(repo: &Repo, onto: &Oid, merged: &Oid) -> Result<Vec<TreeEdit>> {
    let changes = repo.diff(&repo.tree_of(onto)?, merged)?;
    let mut edits = Vec::new();
    for change in changes.into_iter().filter(|change| is_chants(&change.path)) {
        edits.push(match change.old {
            Some((mode, oid)) => TreeEdit::put(change.path.parse()?, &mode, oid),
            None => TreeEdit::remove(change.path.parse()?),
        });
    }
    Ok(edits)
}

/// The `.chant/` files of the full result, as edits to a tree without them.
pub(super) fn local_files(repo: &Repo, result: &Oid, tree: &Oid) -> Result<Vec<TreeEdit>> {
    let mut edits = Vec::new();
    for change in repo
        .diff(tree, result)?
        .into_iter()
        .filter(|change| is_chants(&change.path))
    {
        if let Some((mode, oid)) = change.new {
            edits.push(TreeEdit::put(change.path.parse()?, &mode, oid));
        }
    }
    Ok(edits)
}

/// The files under `.chant/` in a worktree, as edits that put them into a tree.
pub(crate) fn chant_files(project: &Project, worktree: &Path) -> Result<Vec<TreeEdit>> {
    let repo = project.repo();
    let folder = worktree.join(project.prefix_text()).join(".chant");
    let mut edits = Vec::new();
    for entry in ignore::WalkBuilder::new(&folder)
        .standard_filters(false)
        .follow_links(false)
        .build()
        .flatten()
    {
        let is_file = entry.file_type().is_some_and(|kind| kind.is_file());
        if let (true, Ok(path)) = (is_file, entry.path().strip_prefix(worktree))
            && let Some(path) = path.to_str()
        {
            let oid = repo.hash_object(&chant_os::file::read_regular(entry.path(), u64::MAX)?)?;
            edits.push(TreeEdit::put(path.parse()?, "100644", oid));
        }
    }
    Ok(edits)
}

/// Where git does not have `.chant`, its files as the checkout has them. What this machine alone is told stays out.
pub(crate) fn files_of_checkout(project: &Project) -> Result<Vec<TreeEdit>> {
    if !project.silent() {
        return Ok(Vec::new());
    }
    let own = project.path_from_repo(".chant/agents.md");
    let mut files = chant_files(project, project.repo().root())?;
    files.retain(|edit| edit.path.as_str() != own);
    Ok(files)
}

/// Files to write into the checkout: path from the repository's root, new content, what was there before.
fn returning(
    project: &Project,
    run: &RunRecord,
    full: &Oid,
) -> Result<Vec<(String, Oid, Option<String>)>> {
    let mut before: BTreeMap<&str, &str> = run
        .facts
        .brought
        .iter()
        .map(|(path, oid)| (path.as_str(), oid.as_str()))
        .collect();
    before.insert(&run.facts.spec_path, run.facts.spec_in_checkout());
    let start: Oid = known(Some(&run.facts.start_tree))?;
    let mut files = Vec::new();
    for change in project.repo().diff(&start, full)? {
        if let (true, Some((_, oid))) = (is_chants(&change.path), change.new) {
            let old = before
                .get(change.path.as_str())
                .map(|oid| (*oid).to_owned());
            files.push((change.path, oid, old));
        }
    }
    Ok(files)
}

/// Files of the checkout that were edited since the run began.
pub(super) fn obstacles(project: &Project, run: &RunRecord, full: &Oid) -> Result<Vec<String>> {
    let mut files = Vec::new();
    for (path, new, old) in returning(project, run, full)? {
        let full_path = project.repo().root().join(&path);
        if !full_path.exists() {
            continue;
        }
        let now = chant_os::file::read_regular(&full_path, u64::MAX)?;
        let now = project.repo().hash_object(&now)?;
        // The finished spec's times differ from plan to plan; the file as it was, or as it will be, is fine.
        if now != new && Some(now.as_str()) != old.as_deref() {
            files.push(path);
        }
    }
    Ok(files)
}

/// Writes the files. Repeatable. Returns those that were edited meanwhile and left alone.
pub(super) fn bring_back(project: &Project, run: &RunRecord, full: &Oid) -> Result<Vec<String>> {
    let left = obstacles(project, run, full)?;
    for (path, new, _) in returning(project, run, full)? {
        if left.contains(&path) {
            continue;
        }
        let target = project.repo().root().join(&path);
        if let Some(parent) = target.parent() {
            chant_os::file::create_dir_all(parent)?;
        }
        chant_os::file::replace(&target, &project.repo().blob(&new)?)?;
    }
    Ok(left)
}
