//! Finding the repository without starting a process: listing commands must be fast.

use std::path::{Path, PathBuf};

use crate::{GitError, Result};

/// A repository, seen from one of its work trees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repo {
    root: PathBuf,
    git_dir: PathBuf,
    common_dir: PathBuf,
}

impl Repo {
    /// The repository that `start` lies in. Starts no process; ignores `GIT_DIR` and the like.
    pub fn discover(start: &Path) -> Result<Self> {
        let start = std::path::absolute(start).unwrap_or_else(|_| start.to_owned());
        for folder in start.ancestors() {
            let dot_git = folder.join(".git");
            if dot_git.is_dir() && dot_git.join("HEAD").exists() {
                return Self::at_dot_git(folder, dot_git);
            }
            if dot_git.is_file() {
                let git_dir = linked(folder, &dot_git)?;
                return Self::at_dot_git(folder, git_dir);
            }
            if folder.join("HEAD").is_file()
                && folder.join("objects").is_dir()
                && folder.join("refs").is_dir()
            {
                return Err(GitError::Bare {
                    path: folder.to_owned(),
                });
            }
        }
        Err(GitError::NotARepository { start })
    }

    fn at_dot_git(root: &Path, git_dir: PathBuf) -> Result<Self> {
        let common_dir = match std::fs::read_to_string(git_dir.join("commondir")) {
            Ok(text) => tidy(&git_dir.join(text.trim())),
            Err(_) => git_dir.clone(),
        };
        if !common_dir.join("objects").is_dir() {
            return Err(GitError::Unusable {
                path: git_dir,
                reason: "it has no objects".to_owned(),
            });
        }
        Ok(Self {
            root: root.to_owned(),
            git_dir,
            common_dir,
        })
    }

    /// The top of the work tree.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The git directory of this work tree.
    pub fn git_dir(&self) -> &Path {
        &self.git_dir
    }

    /// The git directory that all work trees share.
    pub fn common_dir(&self) -> &Path {
        &self.common_dir
    }

    /// The same repository seen from another of its work trees.
    #[must_use]
    pub fn at(&self, worktree: &Path) -> Self {
        Self::discover(worktree).unwrap_or_else(|_| Self {
            root: worktree.to_owned(),
            ..self.clone()
        })
    }
}

/// What a `.git` file points to.
fn linked(folder: &Path, dot_git: &Path) -> Result<PathBuf> {
    let unusable = |reason: String| GitError::Unusable {
        path: dot_git.to_owned(),
        reason,
    };
    let text = std::fs::read_to_string(dot_git).map_err(|error| unusable(error.to_string()))?;
    let target = text
        .strip_prefix("gitdir:")
        .ok_or_else(|| unusable("it does not begin with `gitdir:`".to_owned()))?;
    let git_dir = tidy(&folder.join(target.trim()));
    if git_dir.join("HEAD").exists() {
        Ok(git_dir)
    } else {
        Err(unusable(format!("{} does not exist", git_dir.display())))
    }
}

fn tidy(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}
