//! Merging in memory: no checkout, no index, nothing to clean up.

use crate::{Oid, Repo, Result, call::records, path::text};

/// What merging two commits gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Merge {
    /// This tree.
    Clean(Oid),
    /// Both sides changed these files, and git cannot tell what is meant.
    Conflict {
        /// The files, from the repository's root.
        files: Vec<String>,
    },
}

impl Repo {
    /// Merges `theirs` into `ours` as `git merge` would, in memory. One process; two if git's version is not known yet.
    pub fn merge(&self, ours: &Oid, theirs: &Oid) -> Result<Merge> {
        self.check_version()?;
        let flags = [
            "merge-tree",
            "--write-tree",
            "-z",
            "--name-only",
            "--no-messages",
        ];
        let ran = self
            .change()
            .args(flags)
            .args([ours.as_str(), theirs.as_str()])
            .run()?;
        let clean = ran.yes()?;
        let mut answer = records(ran.stdout());
        let tree = answer.next().ok_or_else(|| ran.unexpected(b""))?;
        if clean {
            return Oid::from_bytes(tree).map(Merge::Clean);
        }
        Ok(Merge::Conflict {
            files: answer.map(text).collect(),
        })
    }
}
