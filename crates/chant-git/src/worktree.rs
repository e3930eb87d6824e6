//! Linked work trees.

use std::path::{Path, PathBuf};

use crate::tree::split;
use crate::{BranchName, Oid, Repo, Result};

/// A work tree of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorktreeInfo {
    /// Its top folder.
    pub path: PathBuf,
    /// Its commit.
    pub head: Option<Oid>,
    /// Its branch; none where HEAD is detached.
    pub branch: Option<BranchName>,
    /// Its folder is gone.
    pub prunable: bool,
}

impl Repo {
    /// All work trees, the main one first. One process.
    pub fn worktrees(&self) -> Result<Vec<WorktreeInfo>> {
        let output = Repo::git_common(self, "worktree")
            .args(["list", "--porcelain", "-z"])
            .bytes()?;
        let mut found: Vec<WorktreeInfo> = Vec::new();
        for field in split(&output) {
            let text = String::from_utf8_lossy(field);
            let (key, value) = text.split_once(' ').unwrap_or((&text, ""));
            if key == "worktree" {
                found.push(WorktreeInfo {
                    path: PathBuf::from(value),
                    head: None,
                    branch: None,
                    prunable: false,
                });
            } else if let Some(worktree) = found.last_mut() {
                match key {
                    "HEAD" => worktree.head = value.parse().ok(),
                    "branch" => {
                        worktree.branch = value
                            .strip_prefix("refs/heads/")
                            .and_then(|name| name.parse().ok())
                    }
                    "prunable" => worktree.prunable = true,
                    _ => {}
                }
            }
        }
        Ok(found)
    }

    /// Makes a work tree with a branch checked out. Submodules are not initialised, hooks do not run. One process.
    pub fn add_worktree(&self, path: &Path, branch: &BranchName) -> Result<()> {
        self.add(path, &["--force"], branch.as_str())
    }

    /// Makes a work tree with a commit checked out on no branch. One process.
    pub fn add_detached(&self, path: &Path, commit: &Oid) -> Result<()> {
        self.add(path, &["--force", "--detach"], commit.as_str())
    }

    fn add(&self, path: &Path, options: &[&str], commitish: &str) -> Result<()> {
        // `--force` is for an entry whose folder is gone; the callers have made sure that nothing is there.
        self.git("worktree")
            .args(["add", "--quiet"])
            .args(options)
            .args(["--end-of-options"])
            .args([path])
            .args([commitish])
            .bytes()
            .map(drop)
    }

    /// Removes a work tree and its entry, whatever is in it. Nothing happens where there is none. One or two processes.
    pub fn remove_worktree(&self, path: &Path) -> Result<()> {
        if !self
            .worktrees()?
            .iter()
            .any(|worktree| worktree.path == path)
        {
            return Ok(());
        }
        if path.exists() {
            chant_os::file::remove_tree(path)?;
        }
        // With its folder gone, git drops the entry; `--force` twice also where it was locked half-made.
        self.git("worktree")
            .args(["remove", "--force", "--force", "--end-of-options"])
            .args([path])
            .bytes()
            .map(drop)
    }

    /// Commands about all work trees run where none can be missing.
    fn git_common(&self, name: &str) -> crate::command::Git {
        let dir = if self.root().is_dir() {
            self.root()
        } else {
            self.common_dir()
        };
        crate::command::Git::at(dir, name)
    }
}
