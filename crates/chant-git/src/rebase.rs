//! Rebases that stand open: where, and of which branch.
//!
//! During a rebase HEAD is on no branch, and git moves the branch only at the end, from where it was at the beginning. A branch that
//! has moved meanwhile makes that end fail.

use std::{
    ffi::OsStr,
    fs,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

use chant_os::file::read_regular;

use crate::{BranchName, Repo};

/// The folders in which git keeps a rebase, by its two ways of doing it.
const KEPT_IN: [&str; 2] = ["rebase-merge", "rebase-apply"];

/// A ref's name, or a path.
const SMALL: u64 = 64 << 10;

impl Repo {
    /// The work tree in which a rebase of this branch stands open. No process.
    pub fn rebased_in(&self, branch: &BranchName) -> Option<PathBuf> {
        let common = self.common_dir();
        if rebases(common, branch) {
            return Some(common.parent().unwrap_or(common).to_owned());
        }
        let linked = fs::read_dir(common.join("worktrees")).ok()?;
        let admin = linked
            .flatten()
            .map(|entry| entry.path())
            .find(|admin| rebases(admin, branch))?;
        Some(work_tree_of(&admin).unwrap_or(admin))
    }

    /// Whether a rebase stands open in this work tree. No process.
    pub fn is_rebasing(&self) -> bool {
        KEPT_IN
            .iter()
            .any(|folder| self.git_dir().join(folder).exists())
    }
}

fn rebases(git_dir: &Path, branch: &BranchName) -> bool {
    KEPT_IN.iter().any(|folder| {
        let name = read_regular(&git_dir.join(folder).join("head-name"), SMALL);
        name.is_ok_and(|name| name.trim_ascii_end() == branch.ref_name().as_bytes())
    })
}

fn work_tree_of(admin: &Path) -> Option<PathBuf> {
    let dot_git = read_regular(&admin.join("gitdir"), SMALL).ok()?;
    let dot_git = Path::new(OsStr::from_bytes(dot_git.trim_ascii_end()));
    dot_git.parent().map(Path::to_owned)
}
