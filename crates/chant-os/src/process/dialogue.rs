//! A program that is spoken with in lines while it speaks itself: both directions are open at once.
//!
//! What it writes to standard error goes where this process's own goes. It is in a process group of its own, so that a signal to
//! this process's group leaves it to whoever speaks with it. Its standard input is its lifeline: it closes when the
//! [`Mouth`] is dropped or this process ends.

use std::{
    io::{self, Write},
    os::unix::process::ExitStatusExt,
    process::{Child, ChildStdin, ChildStdout, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use super::{Cmd, SpawnError};
use crate::tree::{Exit, Line, lines};

/// How often a program is asked whether it has ended.
const POLL: Duration = Duration::from_millis(5);

/// Longer lines are cut. A protocol's message is useless when cut, so this is far above what a log line may have.
const LINE_MAX: usize = 32 * 1024 * 1024;

/// The three parts of a conversation, each for a thread of its own.
#[derive(Debug)]
pub struct Dialogue {
    /// Tells it lines.
    pub mouth: Mouth,
    /// Hears what it says.
    pub ear: Ear,
    /// Knows how it ended.
    pub partner: Partner,
}

/// The way to the program's standard input.
#[derive(Debug)]
pub struct Mouth(ChildStdin);

/// The way from its standard output.
#[derive(Debug)]
pub struct Ear(ChildStdout);

/// The program itself.
#[derive(Debug)]
pub struct Partner(Child);

impl Cmd {
    /// Starts it, to be spoken with.
    pub fn dialogue(mut self) -> Result<Dialogue, SpawnError> {
        self.own_group();
        self.command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = self.spawn()?;
        match (child.stdin.take(), child.stdout.take()) {
            (Some(stdin), Some(stdout)) => Ok(Dialogue {
                mouth: Mouth(stdin),
                ear: Ear(stdout),
                partner: Partner(child),
            }),
            _ => Err(self.failed(io::ErrorKind::BrokenPipe.into())),
        }
    }
}

impl Mouth {
    /// Says one line; waits while the program does not listen.
    pub fn say(&mut self, line: &str) -> io::Result<()> {
        self.0.write_all(format!("{line}\n").as_bytes())
    }
}

impl Ear {
    /// Hands over all lines, as many at once as were read at once, until the program has no more to say or `take` answers
    /// `false`. While `take` waits, so does the program.
    pub fn each(self, take: impl FnMut(Vec<Line>) -> bool) -> io::Result<()> {
        lines::split_longer(self.0, LINE_MAX, take)
    }
}

impl Partner {
    /// Waits until it has ended, at most `patience`.
    pub fn wait(&mut self, patience: Duration) -> Option<Exit> {
        let deadline = Instant::now() + patience;
        loop {
            match self.0.try_wait() {
                Ok(Some(status)) => return Some(exit_of(status)),
                Ok(None) if Instant::now() < deadline => thread::sleep(POLL),
                Ok(None) | Err(_) => return None,
            }
        }
    }
}

fn exit_of(status: ExitStatus) -> Exit {
    match (status.code(), status.signal()) {
        (Some(code), _) => Exit::Code(code),
        (None, Some(signal)) => Exit::Signal(signal),
        (None, None) => Exit::Lost,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    const LONG: Duration = Duration::from_secs(20);

    fn sh(script: &str) -> Dialogue {
        Cmd::new("sh").args(["-c", script]).dialogue().unwrap()
    }

    #[test]
    fn both_sides_speak_and_the_end_of_one_ends_the_other() {
        let Dialogue {
            mut mouth,
            ear,
            mut partner,
        } = sh("echo ready; while read word; do echo \"heard $word\"; done; exit 3");
        mouth.say("one").unwrap();
        mouth.say("two").unwrap();
        assert_eq!(partner.wait(Duration::ZERO), None);
        drop(mouth);
        let mut heard = Vec::new();
        ear.each(|lines| {
            let said = lines.into_iter().map(|line| line.bytes);
            heard.extend(said.map(|bytes| String::from_utf8(bytes).unwrap()));
            true
        })
        .unwrap();
        assert_eq!(heard, ["ready", "heard one", "heard two"]);
        assert_eq!(partner.wait(LONG), Some(Exit::Code(3)));
    }

    #[test]
    fn a_signal_is_told_from_an_exit_code() {
        let mut dialogue = sh("kill -9 $$");
        assert_eq!(dialogue.partner.wait(LONG), Some(Exit::Signal(9)));
    }
}
