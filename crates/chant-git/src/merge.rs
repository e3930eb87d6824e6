//! Merging in memory: no work tree, no index.

use crate::command::failure;
use crate::{Oid, Repo, Result};

/// What a merge gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Merge {
    /// The merged tree.
    Clean(Oid),
    /// Both sides changed the same lines.
    Conflict {
        /// Of these files.
        files: Vec<String>,
    },
}

impl Repo {
    /// Merges two commits. One process.
    pub fn merge(&self, ours: &Oid, theirs: &Oid) -> Result<Merge> {
        let (output, command) = self
            .git("merge-tree")
            .args([
                "--write-tree",
                "-z",
                "--name-only",
                "--no-messages",
                ours.as_str(),
                theirs.as_str(),
            ])
            .output()?;
        let mut fields = output
            .stdout
            .split(|&byte| byte == 0)
            .map(|field| String::from_utf8_lossy(field).into_owned());
        let tree = fields.next().unwrap_or_default();
        match output.status.code() {
            Some(0) => Ok(Merge::Clean(tree.trim().parse()?)),
            Some(1) => {
                let mut files: Vec<String> =
                    fields.filter(|file| !file.trim().is_empty()).collect();
                files.dedup();
                Ok(Merge::Conflict { files })
            }
            _ => Err(failure(&command, &output)),
        }
    }
}
