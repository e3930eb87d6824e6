//! Commits in a file, and a scratch repository to read or write them in without touching the user's.

use std::path::Path;

use chant_os::file;

use crate::{BranchName, Oid, Repo, Result};

impl Repo {
    /// Makes a repository in an existing empty folder that has all of `lender`'s objects at hand and none of its refs: what
    /// is fetched or committed there stays there. Two processes.
    pub fn borrowing(folder: &Path, lender: &Self, branch: &BranchName) -> Result<Self> {
        let repo = Self::create(folder, branch)?;
        let objects = lender.common_dir().join("objects");
        let mut line = objects.as_os_str().as_encoded_bytes().to_vec();
        line.push(b'\n');
        let info = repo.common_dir().join("objects/info");
        file::create_dir_all(&info)?;
        file::replace(&info.join("alternates"), &line)?;
        // Where the lender's history was cut off, the borrower must not miss the rest.
        if let Ok(cut) = file::read_regular(&lender.common_dir().join("shallow"), SHALLOW_MAX) {
            file::replace(&repo.common_dir().join("shallow"), &cut)?;
        }
        Ok(repo)
    }

    /// Writes what `refs` lead to, less all that `base` leads to, as a git bundle. One process.
    pub fn bundle(&self, refs: &[&str], base: &Oid) -> Result<Vec<u8>> {
        self.change()
            .args(["bundle", "create", "--quiet", "-"])
            .args(refs)
            .arg(format!("^{base}"))
            .stdout()
    }

    /// Takes over the refs below `namespace` from a git bundle, every object checked. What the bundle builds on has to be
    /// here. One process, and what git starts itself.
    pub fn unbundle(&self, bundle: &Path, namespace: &str) -> Result<()> {
        self.change()
            .setting("fetch.fsckObjects=true")
            .setting("transfer.bundleURI=false")
            .args([
                "fetch",
                "--quiet",
                "--no-tags",
                "--no-write-fetch-head",
                "--",
            ])
            .arg(bundle)
            .arg(format!("+{namespace}*:{namespace}*"))
            .stdout()
            .map(drop)
    }

    /// The difference between two trees or commits as a patch that `git apply` takes. One process.
    pub fn patch(&self, a: &Oid, b: &Oid) -> Result<Vec<u8>> {
        self.look()
            .args([
                "diff-tree",
                "-p",
                "-r",
                "--binary",
                "--full-index",
                "--no-color",
                "--no-ext-diff",
                "--no-textconv",
            ])
            .args([a.as_str(), b.as_str()])
            .stdout()
    }
}

/// One line for each commit at which history was cut off.
const SHALLOW_MAX: u64 = 1 << 20;
