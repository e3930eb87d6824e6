//! Worktrees of runs that are over, put aside for the runs to come.
//!
//! In a large repository git takes long to make a worktree and longer to remove one; to bring one to another commit is fast. So
//! there, one that is no longer needed is emptied of what git does not track and moved beside the others, to `.idle/1`,
//! `.idle/2`, …, on no branch. The next run brings it to its base, as if made anew, and moves it to its own folder.
//!
//! Each has an OS lock beside it, held while it is moved or brought; nobody waits for one. Nothing here is anybody's work: what
//! was in it is kept before, so one that a killed process has left in an odd state is made whole or removed, and a run that
//! finds none makes its own. What an agent did to its worktree is not believed: one that is not in a state git and chant leave it
//! in is not put aside, and the files are compared with an index the agent did not write.

use std::path::{Path, PathBuf};

use chant_git::{BranchName, Oid, Repo};
use chant_os::crash;
use chant_os::lock::{Attempt, Lock};

use crate::bench::LOCK;
use crate::bench::pool::{self, Standing};
use crate::error::Result;
use crate::landing::known;
use crate::project::Project;

/// Where they are.
pub(crate) fn folder_of(project: &Project) -> Result<PathBuf> {
    Ok(project.worktrees()?.join(".idle"))
}

/// Makes a worktree that git has just made one that can be put aside later, where that is worth it.
pub(super) fn allow(project: &Project, folder: &Path) -> Result<()> {
    let wanted = &project.config().worktree;
    if wanted.keep > 0 {
        let there = project.repo().at(folder);
        there.allow_reuse(wanted.reuse_from)?;
    }
    Ok(())
}

/// Puts a worktree aside that holds nothing that is not kept elsewhere. Where this is not possible, or not worth it, or something
/// is in the way, it says `false`: then it is to be removed.
pub(super) fn put(project: &Project, folder: &Path) -> bool {
    try_to_put(project, folder).unwrap_or(false)
}

fn try_to_put(project: &Project, folder: &Path) -> Result<bool> {
    let repo = project.repo();
    let is_moved = !folder.exists() && folder_of(project)?.exists();
    if !is_moved && !repo.is_reusable(folder) {
        return Ok(false);
    }
    for slot in slots(project)? {
        let Some(_lock) = hold(&slot)? else { continue };
        // Killed on the way here the last time: then it is in one of the slots, and git is told so.
        let is_taken = settle(repo, &slot)?;
        if is_moved || is_taken {
            continue;
        }
        let there = repo.at(folder);
        let head = known(there.head_oid()?.as_ref().map(Oid::as_str))?;
        there.clean_below(".")?;
        there.leave_branch(&head)?;
        crash::point("idle:left");
        repo.move_worktree(folder, &slot)?;
        crash::point("idle:put");
        return Ok(true);
    }
    Ok(false)
}

/// Brings one that was put aside to where `branch` is, on that branch, as `folder`. `false` where there is none.
pub(super) fn take(project: &Project, folder: &Path, branch: &BranchName) -> Result<bool> {
    let repo = project.repo();
    let Some(at) = repo.branch_oid(branch)? else {
        return Ok(false);
    };
    if !repo.adds_plain_worktrees() {
        return Ok(false);
    }
    for slot in slots(project)? {
        if !slot.exists() {
            continue;
        }
        let Some(_lock) = hold(&slot)? else { continue };
        if !settle(repo, &slot)? {
            continue;
        }
        if bring(repo, &slot, folder, branch, &at).is_ok() {
            return Ok(true);
        }
        // Why does not matter: one made anew has the same files, or says what is wrong.
        clear(repo, &slot)?;
        clear(repo, folder)?;
    }
    Ok(false)
}

fn bring(repo: &Repo, slot: &Path, folder: &Path, branch: &BranchName, at: &Oid) -> Result<()> {
    repo.at(slot).bring_afresh(at)?;
    crash::point("idle:brought");
    repo.move_worktree(slot, folder)?;
    crash::point("idle:moved");
    Ok(repo.at(folder).enter_branch(branch)?)
}

/// The places there may be.
fn slots(project: &Project) -> Result<impl Iterator<Item = PathBuf> + use<>> {
    let root = folder_of(project)?;
    let most = project.config().worktree.keep;
    Ok((1..=most).map(move |number| root.join(number.to_string())))
}

fn hold(slot: &Path) -> Result<Option<Lock>> {
    let note = format!("process {}", std::process::id());
    match Lock::try_acquire(&slot.with_extension(LOCK), &note)? {
        Attempt::Acquired(lock) => Ok(Some(lock)),
        Attempt::Held { .. } => Ok(None),
    }
}

/// Whether there is one that can be used. What a killed process has left is made whole, or removed. To be called with the lock.
fn settle(repo: &Repo, slot: &Path) -> Result<bool> {
    repo.finish_move(slot)?;
    if repo.is_reusable(slot) {
        return Ok(true);
    }
    clear(repo, slot)?;
    Ok(false)
}

fn clear(repo: &Repo, folder: &Path) -> Result<()> {
    let is_known = || -> Result<bool> {
        let all = repo.worktrees()?;
        Ok(all.iter().any(|worktree| worktree.path == folder))
    };
    if folder.exists() || is_known()? {
        chant_os::file::remove_tree(folder)?;
        repo.remove_worktree(folder)?;
    }
    Ok(())
}

/// Those there are, and how they stand; what the settings would not keep any more counts as left.
pub(crate) fn found(project: &Project) -> Result<Vec<(PathBuf, Standing)>> {
    let wanted: Vec<PathBuf> = slots(project)?.collect();
    let mut found = pool::places_in(project, &folder_of(project)?);
    for (folder, standing) in &mut found {
        if *standing == Standing::Warm && !wanted.contains(folder) {
            *standing = Standing::Left;
        }
    }
    Ok(found)
}
