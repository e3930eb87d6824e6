//! References: reading them, and moving them only by compare-and-swap.

use crate::command::failure;
use crate::{BranchName, Oid, Repo, Result};

/// What a compare-and-swap did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cas {
    /// The reference is where it was to be put.
    Done,
    /// It was not where it was expected, and was left alone.
    Moved {
        /// Where it is.
        now: Option<Oid>,
    },
}

impl Repo {
    /// The commit or object a revision means. One process.
    pub fn resolve(&self, revision: &str) -> Result<Option<Oid>> {
        let (output, _) = self
            .git("rev-parse")
            .args(["--verify", "--quiet", "--end-of-options", revision])
            .output()?;
        Ok(if output.status.success() {
            Some(String::from_utf8_lossy(&output.stdout).trim().parse()?)
        } else {
            None
        })
    }

    /// Where a local branch is. Usually no process: a loose reference is a file.
    pub fn branch_oid(&self, name: &BranchName) -> Result<Option<Oid>> {
        let loose = self.common_dir().join("refs/heads").join(name.as_str());
        if let Ok(text) = std::fs::read_to_string(loose)
            && let Ok(oid) = text.trim().parse()
        {
            return Ok(Some(oid));
        }
        self.resolve(&format!("refs/heads/{name}"))
    }

    /// All local branches. One process.
    pub fn branches(&self) -> Result<Vec<BranchName>> {
        let text = self
            .git("for-each-ref")
            .args(["--format=%(refname:lstrip=2)", "refs/heads"])
            .text()?;
        Ok(text.lines().filter_map(|line| line.parse().ok()).collect())
    }

    /// Moves a reference if it is where it is expected (`None`: it must not exist). One or two processes.
    pub fn update_ref(
        &self,
        name: &str,
        new: &Oid,
        expected: Option<&Oid>,
        reason: &str,
    ) -> Result<Cas> {
        let zero = "0".repeat(new.as_str().len());
        let old = expected.map_or(zero.as_str(), Oid::as_str);
        let (output, command) = self
            .git("update-ref")
            .args([
                "-m",
                reason,
                "--create-reflog",
                "--end-of-options",
                name,
                new.as_str(),
                old,
            ])
            .output()?;
        if output.status.success() {
            return Ok(Cas::Done);
        }
        let now = self.resolve(name)?;
        if now.as_ref() == Some(new) {
            Ok(Cas::Done)
        } else if now.as_ref() == expected {
            Err(failure(&command, &output))
        } else {
            Ok(Cas::Moved { now })
        }
    }

    /// Puts a reference of chant's own, wherever it was. One process.
    pub fn set_ref(&self, name: &str, new: &Oid, reason: &str) -> Result<()> {
        self.git("update-ref")
            .args(["-m", reason, "--end-of-options", name, new.as_str()])
            .bytes()
            .map(drop)
    }

    /// Puts a branch that was expected at `expected`. One process.
    pub fn set_branch(&self, name: &BranchName, new: &Oid, expected: Option<&Oid>) -> Result<()> {
        let zero = "0".repeat(new.as_str().len());
        let old = expected.map_or(zero.as_str(), Oid::as_str);
        let reference = format!("refs/heads/{name}");
        self.git("update-ref")
            .args(["--end-of-options", &reference, new.as_str(), old])
            .bytes()
            .map(drop)
    }

    /// Deletes a branch that is where it is expected. One process.
    pub fn delete_branch(&self, name: &BranchName, expected: &Oid) -> Result<()> {
        let reference = format!("refs/heads/{name}");
        self.git("update-ref")
            .args(["-d", "--end-of-options", &reference, expected.as_str()])
            .bytes()
            .map(drop)
    }

    /// Whether `a` is `b` or an ancestor of it. One process, none where they are equal.
    pub fn is_ancestor(&self, a: &Oid, b: &Oid) -> Result<bool> {
        if a == b {
            return Ok(true);
        }
        self.git("merge-base")
            .args(["--is-ancestor", a.as_str(), b.as_str()])
            .yes()
    }
}
