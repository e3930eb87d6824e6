//! The few plumbing commands a recording needs, all in the worktree it is about.

use std::path::{Path, PathBuf};

use chant_os::process::Cmd;

use super::RecordingError;
use crate::{environment::GIT_LOCATION, excerpt};

/// Git in one worktree, with its own index or a private one.
#[derive(Debug, Clone)]
pub(super) struct Git {
    worktree: PathBuf,
    index: Option<PathBuf>,
}

impl Git {
    pub(super) fn new(worktree: &Path) -> Self {
        Self {
            worktree: worktree.to_owned(),
            index: None,
        }
    }

    /// The same repository with an index of its own, whose file the caller removes.
    pub(super) fn with_private_index(&self) -> Result<(Self, PathBuf), RecordingError> {
        let path = self.line(&["rev-parse", "--git-path", "chant-recording-index"])?;
        // An index that a killed process left is of no use.
        let path = std::path::absolute(self.worktree.join(path)).unwrap_or_default();
        remove_if_there(&path)?;
        Ok((
            Self {
                index: Some(path.clone()),
                ..self.clone()
            },
            path,
        ))
    }

    /// Runs a command that must succeed, and returns what it printed.
    pub(super) fn run(&self, args: &[&str], stdin: &[u8]) -> Result<Vec<u8>, RecordingError> {
        self.run_allowing(args, stdin, 0).map(|(_, stdout)| stdout)
    }

    /// Runs a command that may also exit with `allowed`, and returns its exit code and what it printed.
    pub(super) fn run_allowing(
        &self,
        args: &[&str],
        stdin: &[u8],
        allowed: i32,
    ) -> Result<(i32, Vec<u8>), RecordingError> {
        let failed = |problem: String| RecordingError::Git {
            what: args[0].to_owned(),
            problem,
        };
        let mut command = Cmd::new("git")
            .args(args)
            .current_dir(&self.worktree)
            .stdin_bytes(stdin);
        for variable in GIT_LOCATION {
            command = command.env_remove(variable);
        }
        if let Some(index) = &self.index {
            command = command.env("GIT_INDEX_FILE", index);
        }
        let output = command
            .output()
            .map_err(|error| failed(error.to_string()))?;
        match output.status.code() {
            Some(code) if code == 0 || code == allowed => Ok((code, output.stdout)),
            _ => Err(failed(excerpt::one_line(&String::from_utf8_lossy(
                &output.stderr,
            )))),
        }
    }

    /// The one line a command prints.
    pub(super) fn line(&self, args: &[&str]) -> Result<String, RecordingError> {
        self.line_from(args, b"")
    }

    /// The one line a command prints that reads `stdin`.
    pub(super) fn line_from(&self, args: &[&str], stdin: &[u8]) -> Result<String, RecordingError> {
        let stdout = self.run(args, stdin)?;
        Ok(String::from_utf8_lossy(&stdout).trim_end().to_owned())
    }

    /// The object id of a commit.
    pub(super) fn commit(&self, name: &str) -> Result<String, RecordingError> {
        let commit = format!("{name}^{{commit}}");
        self.line(&[
            "rev-parse",
            "--verify",
            "--quiet",
            "--end-of-options",
            &commit,
        ])
    }

    /// The bytes of a blob.
    pub(super) fn blob(&self, oid: &str) -> Result<Vec<u8>, RecordingError> {
        self.run(&["cat-file", "blob", oid], b"")
    }
}

pub(super) fn remove_if_there(path: &Path) -> Result<(), RecordingError> {
    match chant_os::file::remove_file(path) {
        Err(error) if error.is_not_found() => Ok(()),
        other => other.map_err(RecordingError::Worktree),
    }
}
