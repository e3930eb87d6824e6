//! The one door to the git program: environment, options that every call has, and how failures are told.

use std::path::Path;

use chant_os::process::{Cmd, Output};

use crate::{GitError, Oid, Repo, Result};

/// Variables that would point git at another repository (a hook sets them).
const LOCATION: [&str; 12] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_PREFIX",
    "GIT_NAMESPACE",
    "GIT_CEILING_DIRECTORIES",
    "GIT_LITERAL_PATHSPECS",
    "GIT_GLOB_PATHSPECS",
    "GIT_QUARANTINE_PATH",
];

/// A git command about to run.
pub(crate) struct Git {
    cmd: Cmd,
    name: String,
}

impl Git {
    /// `git <name>` in a directory.
    pub(crate) fn at(dir: &Path, name: &str) -> Self {
        let mut cmd = Cmd::new("git").current_dir(dir);
        for variable in LOCATION {
            cmd = cmd.env_remove(variable);
        }
        let cmd = cmd
            .env("LC_ALL", "C")
            .env("GIT_TERMINAL_PROMPT", "0")
            .args([
                "-c",
                "core.quotePath=false",
                "-c",
                "gc.auto=0",
                "-c",
                "maintenance.auto=false",
                "-c",
                "core.hooksPath=/dev/null",
            ])
            .arg("--literal-pathspecs")
            .arg(name);
        Self {
            cmd,
            name: name.to_owned(),
        }
    }

    pub(crate) fn args<S: AsRef<std::ffi::OsStr>>(
        mut self,
        args: impl IntoIterator<Item = S>,
    ) -> Self {
        self.cmd = self.cmd.args(args);
        self
    }

    pub(crate) fn env(mut self, key: &str, value: impl AsRef<std::ffi::OsStr>) -> Self {
        self.cmd = self.cmd.env(key, value);
        self
    }

    pub(crate) fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.cmd = self.cmd.stdin_bytes(bytes);
        self
    }

    /// Runs it, whatever its exit status.
    pub(crate) fn output(self) -> Result<(Output, String)> {
        match self.cmd.output() {
            Ok(output) => Ok((output, self.name)),
            Err(error) if error.is_not_found() => Err(GitError::NotInstalled),
            Err(error) => Err(error.into()),
        }
    }

    /// Runs it; a failure is an error with what git said.
    pub(crate) fn bytes(self) -> Result<Vec<u8>> {
        let (output, name) = self.output()?;
        if output.status.success() {
            Ok(output.stdout)
        } else {
            Err(failure(&name, &output))
        }
    }

    /// Its output as text without the last newline.
    pub(crate) fn text(self) -> Result<String> {
        let mut text = String::from_utf8_lossy(&self.bytes()?).into_owned();
        text.truncate(text.trim_end().len());
        Ok(text)
    }

    /// Its output as an object id.
    pub(crate) fn oid(self) -> Result<Oid> {
        self.text()?.parse()
    }

    /// Whether it succeeds; exit 1 means no, anything else is an error.
    pub(crate) fn yes(self) -> Result<bool> {
        let (output, name) = self.output()?;
        match output.status.code() {
            Some(0) => Ok(true),
            Some(1) => Ok(false),
            _ => Err(failure(&name, &output)),
        }
    }
}

pub(crate) fn failure(name: &str, output: &Output) -> GitError {
    let stderr = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = stderr
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with("hint:"))
        .collect();
    if stderr.contains("Please tell me who you are")
        || stderr.contains("empty ident name")
        || stderr.contains("unable to auto-detect email")
    {
        return GitError::NoIdentity;
    }
    GitError::Command {
        command: name.to_owned(),
        code: output.status.code().unwrap_or(-1),
        stderr: lines.join("; "),
    }
}

impl Repo {
    /// `git <name>` at the top of this work tree.
    pub(crate) fn git(&self, name: &str) -> Git {
        Git::at(self.root(), name)
    }
}
