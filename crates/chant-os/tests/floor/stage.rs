//! What every test here needs: a folder of its own, the actor, a job.

use std::{
    env,
    ffi::OsString,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use chant_os::tree::{Exit, Guard, Job, Line, Next, Running, Source, Stdin};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use tempfile::TempDir;

/// The variable that marks the trees of these tests.
pub(crate) const MARK: &str = "CHANT_TEST_MARK";

/// Longer than any test may take, shorter than anything that a test starts would last by itself.
pub(crate) const LONG: Duration = Duration::from_mins(1);

/// The program in `examples/actor.rs`, which cargo builds together with the tests.
pub(crate) fn actor() -> PathBuf {
    let tests = env::current_exe().unwrap();
    let path = tests
        .parent()
        .unwrap()
        .parent()
        .unwrap()
        .join("examples/actor");
    assert!(
        path.is_file(),
        "build the actor first: cargo build -p chant-os --examples"
    );
    path
}

pub(crate) fn guard() -> Guard {
    Guard {
        program: actor(),
        args: vec!["guard".into()],
    }
}

/// A value of the marker that no other tree has.
pub(crate) fn unique_mark() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!(
        "{}-{}",
        std::process::id(),
        NEXT.fetch_add(1, Ordering::Relaxed)
    )
}

/// A process that plays a role of the actor; killed when dropped.
pub(crate) struct Role {
    pub(crate) child: Child,
    stdout: BufReader<ChildStdout>,
}

impl Role {
    pub(crate) fn play(args: &[&str]) -> Self {
        Self::of(Command::new(actor()).args(args))
    }

    pub(crate) fn of(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Self { child, stdout }
    }

    /// The next line that it prints; empty at its end.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// SIGKILL, and waits until it is gone.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Role {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A job in a folder of its own, and how it went.
pub(crate) struct Stage {
    pub(crate) dir: TempDir,
    pub(crate) job: Job,
}

impl Stage {
    /// A job that runs `script` by the shell.
    pub(crate) fn shell(script: &str) -> Self {
        Self::program("/bin/sh", &["-c", script])
    }

    pub(crate) fn program(program: impl AsRef<Path>, args: &[&str]) -> Self {
        let dir = TempDir::new().unwrap();
        let job = Job {
            program: program.as_ref().into(),
            args: args.iter().map(OsString::from).collect(),
            dir: dir.path().to_owned(),
            env: vec![("PATH".into(), env::var_os("PATH").unwrap())],
            stdin: Stdin::Null,
            marker: (MARK.into(), unique_mark()),
            exit_file: dir.path().join("exit.json"),
            grace: LONG,
            grace2: LONG,
        };
        Self { dir, job }
    }

    pub(crate) fn mark(&self) -> &str {
        &self.job.marker.1
    }

    pub(crate) fn start(&self) -> Running {
        Running::start(&guard(), &self.job).unwrap()
    }

    /// Runs the job to its end.
    pub(crate) fn run(&self) -> Seen {
        Seen::rest_of(&mut self.start())
    }
}

/// What a tree wrote, and how it ended.
pub(crate) struct Seen {
    pub(crate) lines: Vec<(Source, Line)>,
    pub(crate) exit: Exit,
}

impl Seen {
    pub(crate) fn rest_of(running: &mut Running) -> Self {
        let mut lines = Vec::new();
        loop {
            match running.next(LONG) {
                Next::Line(source, line) => lines.push((source, line)),
                Next::Ended(exit) => return Self { lines, exit },
                Next::Timeout => panic!("neither a line nor an end within {LONG:?}"),
            }
        }
    }

    /// The lines of one output as text.
    pub(crate) fn text(&self, source: Source) -> Vec<String> {
        let lines = self.lines.iter().filter(|(of, _)| *of == source);
        lines
            .map(|(_, line)| String::from_utf8_lossy(&line.bytes).into_owned())
            .collect()
    }
}

/// Reads on until the tree writes this line.
pub(crate) fn wait_for_line(running: &mut Running, expect: &str) {
    loop {
        match running.next(LONG) {
            Next::Line(_, line) if line.bytes == expect.as_bytes() => return,
            Next::Line(..) => {}
            other => panic!("expected the line {expect:?}, got {other:?}"),
        }
    }
}

/// A FIFO that closes when the last process that holds it has ended: the kernel's own word that a tree is gone.
pub(crate) fn fifo(dir: &Path) -> String {
    let path = dir.join("held");
    mknodat(CWD, &path, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
    path.to_str().unwrap().to_owned()
}
