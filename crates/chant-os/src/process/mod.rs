//! Short commands: the one door through which git, a pager, an editor or a small program is started.
//!
//! Owns the shape of such a call and the count of processes that were started. An agent, or anything else that may start
//! processes of its own and outlive its welcome, belongs to [`crate::tree`] instead. No shell is ever involved.

mod bounded;
mod conversation;
mod dialogue;
mod ends;
mod error;

use std::{
    ffi::{OsStr, OsString},
    fmt,
    io::{self, Write},
    path::Path,
    process::{self, Child, ChildStdin, Command, ExitStatus, Stdio},
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::Duration,
};

pub use conversation::Conversation;
pub use dialogue::{Dialogue, Ear, Mouth, Partner};
pub use ends::{Ended, Ends};
pub use error::SpawnError;

static STARTED: AtomicU64 = AtomicU64::new(0);

/// How many processes this one has started so far, guards of agents included. What those started is theirs.
pub fn started() -> u64 {
    STARTED.load(Ordering::Relaxed)
}

/// What a finished command left.
#[derive(Debug, Clone)]
pub struct Output {
    /// How it ended.
    pub status: ExitStatus,
    /// What it wrote to standard output.
    pub stdout: Vec<u8>,
    /// What it wrote to standard error.
    pub stderr: Vec<u8>,
}

impl From<process::Output> for Output {
    fn from(output: process::Output) -> Self {
        Self {
            status: output.status,
            stdout: output.stdout,
            stderr: output.stderr,
        }
    }
}

/// A command to be run. Standard input is empty unless [`Cmd::stdin_bytes`] says otherwise.
#[derive(Debug)]
pub struct Cmd {
    command: Command,
    stdin: Vec<u8>,
}

impl Cmd {
    /// A command that runs `program`, which is looked up in `PATH` if it holds no slash.
    pub fn new(program: impl AsRef<OsStr>) -> Self {
        Self {
            command: Command::new(program),
            stdin: Vec::new(),
        }
    }

    /// Adds one argument.
    #[must_use]
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args(mut self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.command.args(args);
        self
    }

    /// Runs it in `dir`.
    #[must_use]
    pub fn current_dir(mut self, dir: impl AsRef<Path>) -> Self {
        self.command.current_dir(dir);
        self
    }

    /// Sets a variable of its environment.
    #[must_use]
    pub fn env(mut self, key: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.command.env(key, value);
        self
    }

    /// Takes a variable out of its environment.
    #[must_use]
    pub fn env_remove(mut self, key: impl AsRef<OsStr>) -> Self {
        self.command.env_remove(key);
        self
    }

    /// Starts its environment from nothing.
    #[must_use]
    pub fn env_clear(mut self) -> Self {
        self.command.env_clear();
        self
    }

    /// What it reads from standard input. A program that does not read all of it is no error.
    #[must_use]
    pub fn stdin_bytes(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = bytes.into();
        self
    }

    /// Runs it to its end and returns what it wrote. Both outputs are read at once, so neither can block the other.
    pub fn output(mut self) -> Result<Output, SpawnError> {
        let child = self.spawn_captured()?;
        let output = child.wait_with_output();
        Ok(output.map_err(|error| self.failed(error))?.into())
    }

    /// Like [`Cmd::output`], but runs it again, at most `times` and after `pause`, for as long as `passes` says of what it left
    /// that the reason will pass.
    pub fn output_again(
        mut self,
        times: u32,
        pause: Duration,
        passes: impl Fn(&Output) -> bool,
    ) -> Result<Output, SpawnError> {
        for _ in 0..times {
            let input = self.stdin.clone();
            let child = self.spawn_captured()?;
            let output = child
                .wait_with_output()
                .map_err(|error| self.failed(error))?
                .into();
            if !passes(&output) {
                return Ok(output);
            }
            self.stdin = input;
            thread::sleep(pause);
        }
        self.output()
    }

    /// Like [`Cmd::output`], but ends the command, and what it started in its own process group, when it has written more than
    /// `max_bytes` to both outputs together or has run for longer than `timeout`.
    pub fn output_limited(
        mut self,
        max_bytes: usize,
        timeout: Option<Duration>,
    ) -> Result<Output, SpawnError> {
        self.own_group();
        let child = self.spawn_captured()?;
        bounded::collect(child, &self.program(), max_bytes, timeout)
    }

    /// Runs it with this process's own standard input, output and error, as an editor or a pager needs.
    pub fn run_inherited(mut self) -> Result<ExitStatus, SpawnError> {
        let mut child = self.spawn()?;
        child.wait().map_err(|error| self.failed(error))
    }

    /// Starts it with a pipe to its standard input and this process's own outputs, as a pager needs that is fed.
    pub fn spawn_piped_stdin(mut self) -> Result<Piped, SpawnError> {
        self.command.stdin(Stdio::piped());
        let mut child = self.spawn()?;
        Ok(Piped {
            stdin: child.stdin.take(),
            child,
        })
    }

    fn own_group(&mut self) {
        use std::os::unix::process::CommandExt;
        self.command.process_group(0);
    }

    fn spawn_captured(&mut self) -> Result<Child, SpawnError> {
        let input = std::mem::take(&mut self.stdin);
        self.command.stdin(if input.is_empty() {
            Stdio::null()
        } else {
            Stdio::piped()
        });
        self.command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.spawn()?;
        if let Some(pipe) = child.stdin.take() {
            feed(pipe, input).map_err(|error| self.failed(error))?;
        }
        Ok(child)
    }

    fn spawn(&mut self) -> Result<Child, SpawnError> {
        spawn(&mut self.command)
    }

    fn failed(&self, error: io::Error) -> SpawnError {
        SpawnError::Failed {
            program: self.program(),
            cause: error,
        }
    }

    fn program(&self) -> String {
        lossy(self.command.get_program())
    }
}

/// The command line, for messages; not quoted for any shell.
impl fmt::Display for Cmd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.program())?;
        self.command
            .get_args()
            .try_for_each(|arg| write!(f, " {}", arg.display()))
    }
}

/// A running command that reads what is written to this value.
#[derive(Debug)]
pub struct Piped {
    stdin: Option<ChildStdin>,
    child: Child,
}

impl Piped {
    /// Closes its standard input and waits until it ends, as long as that may take.
    pub fn finish(mut self) -> io::Result<ExitStatus> {
        self.stdin = None;
        self.child.wait()
    }
}

impl Write for Piped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.stdin {
            Some(stdin) => stdin.write(bytes),
            None => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Piped {
    fn drop(&mut self) {
        self.stdin = None;
        // A pager left alone would fight with the shell over the terminal. Its status is of no interest here.
        let _ = self.child.wait();
    }
}

/// Starts `command` and counts it. Every process that chant starts, guards included, comes through here.
pub(crate) fn spawn(command: &mut Command) -> Result<Child, SpawnError> {
    match command.spawn() {
        Ok(child) => {
            STARTED.fetch_add(1, Ordering::Relaxed);
            Ok(child)
        }
        Err(error) => Err(SpawnError::new(
            lossy(command.get_program()),
            command.get_current_dir(),
            error,
        )),
    }
}

/// Writes from a thread of its own, because the command may write before it has read everything.
fn feed(mut pipe: ChildStdin, bytes: Vec<u8>) -> io::Result<()> {
    thread::Builder::new().name("stdin".into()).spawn(move || {
        // A command that has read enough closes the pipe; that is its good right.
        let _ = pipe.write_all(&bytes);
    })?;
    Ok(())
}

fn lossy(text: &OsStr) -> String {
    OsString::from(text).to_string_lossy().into_owned()
}
