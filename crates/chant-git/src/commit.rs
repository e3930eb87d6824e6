//! Commits: making them without touching an index or a HEAD, and listing them.

use crate::command::failure;
use crate::{GitError, Oid, Repo, Result};

/// A commit, as listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Its id.
    pub oid: Oid,
    /// Its parents.
    pub parents: Vec<Oid>,
    /// The first line of its message.
    pub subject: String,
}

impl Repo {
    /// Makes a commit by the user, signed where `commit.gpgSign` says so. Two processes.
    pub fn commit_tree(&self, tree: &Oid, parents: &[Oid], message: &str) -> Result<Oid> {
        let sign = self.config_yes("commit.gpgSign")?;
        self.commit(tree, parents, message, sign)
    }

    /// Makes a commit that is only a handle for a tree, never to be landed. One process.
    pub fn commit_tree_unsigned(&self, tree: &Oid, parents: &[Oid], message: &str) -> Result<Oid> {
        self.commit(tree, parents, message, false)
    }

    fn commit(&self, tree: &Oid, parents: &[Oid], message: &str, sign: bool) -> Result<Oid> {
        let mut git = self.git("commit-tree").args([tree.as_str(), "-F", "-"]);
        for parent in parents {
            git = git.args(["-p", parent.as_str()]);
        }
        let git = git.args([if sign { "-S" } else { "--no-gpg-sign" }]);
        let (output, command) = git.stdin(message).output()?;
        if output.status.success() {
            return String::from_utf8_lossy(&output.stdout).trim().parse();
        }
        match failure(&command, &output) {
            GitError::Command { stderr, .. } if sign => Err(GitError::Signing { stderr }),
            other => Err(other),
        }
    }

    /// The commits of `tip` that are not of `base`, newest first. One process.
    pub fn log(&self, base: &Oid, tip: &Oid) -> Result<Vec<Commit>> {
        if base == tip {
            return Ok(Vec::new());
        }
        let range = format!("{base}..{tip}");
        let text = self
            .git("log")
            .args([
                "-z",
                "--format=%H%n%P%n%s",
                "--end-of-options",
                &range,
                "--",
            ])
            .text()?;
        text.split('\0')
            .filter(|record| !record.is_empty())
            .map(listed)
            .collect()
    }
}

fn listed(record: &str) -> Result<Commit> {
    let mut lines = record.trim_start_matches('\n').splitn(3, '\n');
    let oid = lines.next().unwrap_or_default().parse()?;
    let parents = lines
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .map(str::parse)
        .collect::<Result<_>>()?;
    Ok(Commit {
        oid,
        parents,
        subject: lines.next().unwrap_or_default().to_owned(),
    })
}
