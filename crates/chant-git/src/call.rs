//! The one place where a git command line is put together and started.

use std::{ffi::OsStr, path::Path, time::Duration};

use chant_os::process::{Cmd, Conversation, Output};

use crate::{GitError, Oid, Repo, Result};

/// Variables that would point git at another repository, index or object store than the one meant, or change what its
/// arguments and output mean. A hook or an alias of the user's may well have set them around us.
const FOREIGN: [&str; 17] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_PREFIX",
    "GIT_NAMESPACE",
    "GIT_GRAFT_FILE",
    "GIT_SHALLOW_FILE",
    "GIT_CONFIG",
    "GIT_LITERAL_PATHSPECS",
    "GIT_GLOB_PATHSPECS",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_ICASE_PATHSPECS",
    "GIT_EXTERNAL_DIFF",
];

/// Settings every call gets: names as they are, and no housekeeping that outlives the call.
/// Objects are synced before a ref can name them: a power failure must not leave a branch that leads nowhere.
const SETTINGS: [&str; 5] = [
    "core.fsync=committed",
    "core.quotePath=off",
    "gc.auto=0",
    "maintenance.auto=false",
    "i18n.logOutputEncoding=UTF-8",
];

/// How often git is asked again that met a work tree in the making, and how long after.
const TRIES: u32 = 100;
const PAUSE: Duration = Duration::from_millis(5);

/// A git command on its way. Starts one process when it is run.
pub(crate) struct Call {
    cmd: Cmd,
    shown: Vec<String>,
    /// Whose objects it may ask for: those that are held back are stored before it starts.
    objects: Option<Repo>,
}

impl Call {
    pub(crate) fn new(dir: &Path) -> Self {
        let mut cmd = Cmd::new("git")
            .current_dir(dir)
            .arg("--no-pager")
            .arg("--literal-pathspecs");
        for setting in SETTINGS {
            cmd = cmd.arg("-c").arg(setting);
        }
        for name in FOREIGN {
            cmd = cmd.env_remove(name);
        }
        let cmd = cmd.env("LC_ALL", "C").env("GIT_TERMINAL_PROMPT", "0");
        Self {
            cmd,
            shown: Vec::new(),
            objects: None,
        }
    }

    /// One more setting; only before the first argument.
    pub(crate) fn setting(mut self, setting: &str) -> Self {
        debug_assert!(self.shown.is_empty(), "settings come before the command");
        self.cmd = self.cmd.arg("-c").arg(setting);
        self
    }

    /// For the one command that refuses to take paths literally; only before the first argument.
    pub(crate) fn not_literal(mut self) -> Self {
        debug_assert!(self.shown.is_empty(), "options come before the command");
        self.cmd = self.cmd.arg("--no-literal-pathspecs");
        self
    }

    pub(crate) fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.shown.push(arg.as_ref().to_string_lossy().into_owned());
        self.cmd = self.cmd.arg(arg);
        self
    }

    pub(crate) fn args<A: AsRef<OsStr>>(self, args: impl IntoIterator<Item = A>) -> Self {
        args.into_iter().fold(self, Self::arg)
    }

    /// Uses `index` instead of the work tree's own.
    pub(crate) fn index(mut self, index: &Path) -> Self {
        self.cmd = self.cmd.env("GIT_INDEX_FILE", index);
        self
    }

    /// A variable for this command alone.
    pub(crate) fn env(mut self, key: &str, value: impl AsRef<OsStr>) -> Self {
        self.cmd = self.cmd.env(key, value);
        self
    }

    /// For a command that looks at no object, so none has to be stored for it.
    pub(crate) fn without_held_back(mut self) -> Self {
        self.objects = None;
        self
    }

    pub(crate) fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.cmd = self.cmd.stdin_bytes(bytes);
        self
    }

    /// Runs it; how it ended is for the caller to judge.
    pub(crate) fn run(self) -> Result<Ran> {
        if let Some(repo) = &self.objects {
            repo.store_held_back()?;
        }
        let output = self
            .cmd
            .output_again(TRIES, PAUSE, meets_a_half_made_worktree)?;
        Ok(Ran {
            output,
            args: shorten(&self.shown.join(" ")),
        })
    }

    /// Starts it, to be asked one thing after another.
    pub(crate) fn converse(self) -> Result<Conversation> {
        Ok(self.cmd.converse()?)
    }

    /// Runs it; anything but exit code 0 is an error.
    pub(crate) fn stdout(self) -> Result<Vec<u8>> {
        let ran = self.run()?;
        if ran.code() == Some(0) {
            Ok(ran.output.stdout)
        } else {
            Err(ran.failed())
        }
    }

    /// Runs it and reads the object id it prints.
    pub(crate) fn oid(self) -> Result<Oid> {
        Oid::from_bytes(&self.stdout()?)
    }
}

/// Git names a work tree before it has written what it is; any other git that looks at all of them in that moment gives up,
/// before it has done anything.
fn meets_a_half_made_worktree(output: &Output) -> bool {
    output.status.code() == Some(128)
        && holds(&output.stderr, b"failed to read")
        && holds(&output.stderr, b"/commondir")
}

fn holds(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

/// A git command that has ended.
pub(crate) struct Ran {
    output: Output,
    args: String,
}

impl Ran {
    pub(crate) fn code(&self) -> Option<i32> {
        self.output.status.code()
    }

    pub(crate) fn stdout(&self) -> &[u8] {
        &self.output.stdout
    }

    pub(crate) fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.output.stderr)
            .trim_end()
            .to_owned()
    }

    /// That it ended as it did, as an error.
    pub(crate) fn failed(&self) -> GitError {
        GitError::Command {
            args: self.args.clone(),
            code: self.code(),
            stderr: self.stderr(),
        }
    }

    /// That its output makes no sense, as an error.
    pub(crate) fn unexpected(&self, part: &[u8]) -> GitError {
        GitError::Answer {
            args: self.args.clone(),
            answer: shorten(&String::from_utf8_lossy(part)),
        }
    }

    /// For commands whose exit codes 0 and 1 mean yes and no.
    pub(crate) fn yes(&self) -> Result<bool> {
        match self.code() {
            Some(0) => Ok(true),
            Some(1) => Ok(false),
            _ => Err(self.failed()),
        }
    }
}

impl Repo {
    /// A command that only looks: it takes no lock, not even to refresh the index.
    pub(crate) fn look(&self) -> Call {
        let mut call = self.change();
        call.cmd = call.cmd.env("GIT_OPTIONAL_LOCKS", "0");
        call
    }

    /// A command that may change something.
    pub(crate) fn change(&self) -> Call {
        let mut call = Call::new(self.root());
        call.objects = Some(self.clone());
        call
    }
}

/// A command in no particular repository.
pub(crate) fn nowhere() -> Call {
    Call::new(Path::new("/"))
}

/// NUL-terminated records.
pub(crate) fn records(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes
        .strip_suffix(b"\0")
        .unwrap_or(bytes)
        .split(|byte| *byte == 0)
        .filter(|record| !record.is_empty())
}

/// For messages: one with ten thousand paths helps nobody.
fn shorten(text: &str) -> String {
    const SHOWN: usize = 300;
    if text.chars().count() <= SHOWN {
        return text.to_owned();
    }
    text.chars().take(SHOWN).chain(['…']).collect()
}
