//! Work trees as git keeps them: a folder for each linked one, below the common git directory.
//!
//! This is the usual way; a repository that keeps anything of it otherwise is left to `git worktree list`.

use std::{
    ffi::OsStr,
    fs,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

use chant_os::file::read_regular;

use crate::{BranchName, Oid, Repo, Result, repo::setting, worktree::WorktreeInfo};

/// What `HEAD` and `gitdir` may hold.
const SMALL: u64 = 64 << 10;

impl Repo {
    /// All work trees, the main one first; `None` where only git itself can tell.
    pub(crate) fn worktrees_as_files(&self) -> Result<Option<Vec<WorktreeInfo>>> {
        let common = self.common_dir();
        let is_usual = common.file_name() == Some(OsStr::new(".git"))
            && setting(common, "worktree").is_none()
            && setting(common, "bare").is_none_or(|value| value == "false")
            && !common.join("config.worktree").exists()
            && !common.join("reftable").exists();
        let Some(root) = common.parent().filter(|_| is_usual) else {
            return Ok(None);
        };
        let Some(main) = self.worktree_of(common, root.to_owned())? else {
            return Ok(None);
        };
        let mut linked = Vec::new();
        let Ok(entries) = fs::read_dir(common.join("worktrees")) else {
            return Ok(Some(vec![main]));
        };
        for entry in entries.flatten() {
            let Some(worktree) = self.linked_worktree(&entry.path())? else {
                return Ok(None);
            };
            linked.push(worktree);
        }
        linked.sort_by(|a, b| a.path.cmp(&b.path));
        linked.insert(0, main);
        Ok(Some(linked))
    }

    fn linked_worktree(&self, admin: &Path) -> Result<Option<WorktreeInfo>> {
        let Ok(content) = read_regular(&admin.join("gitdir"), SMALL) else {
            return Ok(None);
        };
        let dot_git = Path::new(OsStr::from_bytes(content.trim_ascii_end()));
        let (true, true, Some(path)) = (
            dot_git.is_absolute(),
            dot_git.file_name() == Some(OsStr::new(".git")),
            dot_git.parent(),
        ) else {
            return Ok(None);
        };
        let Some(found) = self.worktree_of(admin, path.to_owned())? else {
            return Ok(None);
        };
        let locked = admin.join("locked").exists();
        Ok(Some(WorktreeInfo {
            locked,
            prunable: !locked && !dot_git.exists(),
            ..found
        }))
    }

    /// What is checked out, by the `HEAD` in a work tree's git directory.
    fn worktree_of(&self, git_dir: &Path, path: PathBuf) -> Result<Option<WorktreeInfo>> {
        let Ok(head) = read_regular(&git_dir.join("HEAD"), SMALL) else {
            return Ok(None);
        };
        let head = String::from_utf8_lossy(&head);
        let head = head.trim_end();
        let (head, branch) = match head.strip_prefix("ref: ") {
            None => match head.parse::<Oid>() {
                Ok(oid) => (Some(oid), None),
                Err(_) => return Ok(None),
            },
            Some(name) => match BranchName::of_ref(name) {
                Some(branch) => (self.branch_oid(&branch)?, Some(branch)),
                None => return Ok(None),
            },
        };
        Ok(Some(WorktreeInfo {
            path,
            head,
            branch,
            locked: false,
            prunable: false,
        }))
    }
}
