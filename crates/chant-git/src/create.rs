//! A new repository of chant's own making: the demo's. Nothing here is ever used on a user's repository.

use std::path::Path;

use crate::{BranchName, Repo, Result, call::Call};

impl Repo {
    /// Makes a repository in a folder that has none, with `branch` to begin on. Two processes.
    pub fn create(folder: &Path, branch: &BranchName) -> Result<Self> {
        Call::new(folder)
            .args(["init", "--quiet", "--template=", "--object-format=sha1"])
            .arg(format!("--initial-branch={branch}"))
            .stdout()?;
        Self::discover(folder)
    }

    /// Sets a git setting of this repository. One process.
    pub fn config_set(&self, key: &str, value: &str) -> Result<()> {
        self.change()
            .args(["config", "--local", key, value])
            .stdout()
            .map(drop)
    }

    /// Commits everything there is, hooks aside. Two processes.
    pub fn commit_all(&self, message: &str) -> Result<()> {
        self.change().args(["add", "--all"]).stdout()?;
        self.change()
            .setting("core.hooksPath=/dev/null")
            .args(["commit", "--quiet", "--allow-empty", "--file=-"])
            .stdin(message)
            .stdout()
            .map(drop)
    }
}
