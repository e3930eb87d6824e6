//! Running a command of which the beginning and the end of the output matter: what a program's own agent wants to read.
//!
//! Both outputs are one stream, in the order in which they were written. A command that writes without end costs no more
//! memory than what is kept of it. It runs in a process group of its own, which is ended as a whole when its time is over
//! or somebody wants it to stop. What it leaves running in the background stays, as long as it lets go of the outputs or
//! a moment passes.

use std::{
    io::{self, PipeReader, Read},
    os::unix::process::CommandExt,
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process_group};

use super::{Cmd, SpawnError};

/// How often it is asked whether the command has ended, and whether it should.
const POLL: Duration = Duration::from_millis(10);

/// How long the outputs of a command that has ended are read on, because something of it still holds them.
const LINGER: Duration = Duration::from_millis(300);

/// How long a group has from being asked to end to being killed.
const GRACE: Duration = Duration::from_millis(500);

/// How such a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// By itself.
    Exited(ExitStatus),
    /// It was ended because its time was over.
    TimedOut,
    /// It was ended because somebody wanted it to.
    Stopped,
}

/// What is known of a command after its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ends {
    /// How it ended.
    pub ended: Ended,
    /// The beginning of its output.
    pub head: Vec<u8>,
    /// The end of its output, as far as it is not in `head`.
    pub tail: Vec<u8>,
    /// How many bytes between the two were not kept.
    pub left_out: u64,
}

impl Cmd {
    /// Runs it to its end, or until `timeout` is over, or until `is_unwanted` says so, which is asked all the time.
    /// `keep` bytes of the beginning of its output are kept, and as many of its end.
    pub fn output_ends(
        mut self,
        keep: usize,
        timeout: Duration,
        mut is_unwanted: impl FnMut() -> bool,
    ) -> Result<Ends, SpawnError> {
        let (mut child, reader) = self.spawn_in_one_stream()?;
        let mut output = Output::new(keep);
        let followed = output.follow(&mut child, reader, timeout, &mut is_unwanted);
        let ended = followed.map_err(|error| self.failed(error))?;
        Ok(output.into_ends(ended))
    }

    fn spawn_in_one_stream(&mut self) -> Result<(Child, PipeReader), SpawnError> {
        let (reader, writer) = io::pipe().map_err(|error| self.failed(error))?;
        let second = writer.try_clone().map_err(|error| self.failed(error))?;
        self.command
            .stdin(Stdio::null())
            .stdout(writer)
            .stderr(second)
            .process_group(0);
        let child = self.spawn();
        // The pipe ends when its last writer is gone, and the command's description holds two of them.
        let name = self.command.get_program().to_owned();
        self.command = Command::new(name);
        Ok((child?, reader))
    }
}

struct Output {
    keep: usize,
    head: Vec<u8>,
    tail: Vec<u8>,
    left_out: u64,
}

impl Output {
    fn new(keep: usize) -> Self {
        Self {
            keep,
            head: Vec::new(),
            tail: Vec::new(),
            left_out: 0,
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        let room = self.keep.saturating_sub(self.head.len()).min(bytes.len());
        self.head.extend_from_slice(&bytes[..room]);
        self.tail.extend_from_slice(&bytes[room..]);
        // Cut only now and then, so that each byte is moved a few times at most.
        if self.tail.len() > self.keep.saturating_mul(2) {
            self.cut_tail();
        }
    }

    fn cut_tail(&mut self) {
        let surplus = self.tail.len().saturating_sub(self.keep);
        self.tail.drain(..surplus);
        self.left_out += surplus as u64;
    }

    /// Reads until the command's end; ends it where that is due.
    fn follow(
        &mut self,
        child: &mut Child,
        reader: PipeReader,
        timeout: Duration,
        is_unwanted: &mut dyn FnMut() -> bool,
    ) -> io::Result<Ended> {
        let pieces = forward(reader)?;
        let deadline = Instant::now().checked_add(timeout);
        loop {
            match pieces.recv_timeout(POLL) {
                Ok(bytes) => self.take(&bytes),
                Err(RecvTimeoutError::Timeout) => {}
                // It may have closed its outputs and still be at work.
                Err(RecvTimeoutError::Disconnected) => thread::sleep(POLL),
            }
            let due = if is_unwanted() {
                Some(Ended::Stopped)
            } else if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                Some(Ended::TimedOut)
            } else {
                None
            };
            if let Some(ended) = due {
                end(child);
                self.rest(&pieces);
                return Ok(ended);
            }
            if let Some(status) = child.try_wait()? {
                self.rest(&pieces);
                return Ok(Ended::Exited(status));
            }
        }
    }

    fn rest(&mut self, pieces: &mpsc::Receiver<Vec<u8>>) {
        let until = Instant::now() + LINGER;
        while let Ok(bytes) = pieces.recv_timeout(until.saturating_duration_since(Instant::now())) {
            self.take(&bytes);
        }
    }

    fn into_ends(mut self, ended: Ended) -> Ends {
        self.cut_tail();
        Ends {
            ended,
            head: self.head,
            tail: self.tail,
            left_out: self.left_out,
        }
    }
}

/// Sends what can be read, piece by piece. Ends when nobody wants more, or with the pipe.
fn forward(mut pipe: PipeReader) -> io::Result<mpsc::Receiver<Vec<u8>>> {
    let (sender, receiver) = mpsc::sync_channel(4);
    thread::Builder::new()
        .name("output".into())
        .spawn(move || {
            let mut buffer = vec![0; 64 * 1024];
            loop {
                match pipe.read(&mut buffer) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Ok(0) | Err(_) => return,
                    Ok(count) => {
                        if sender.send(buffer[..count].to_vec()).is_err() {
                            return;
                        }
                    }
                }
            }
        })?;
    Ok(receiver)
}

/// Ends the whole group: asks first, then insists.
fn end(child: &mut Child) {
    let group = Pid::from_child(child);
    let _ = kill_process_group(group, Signal::TERM);
    let deadline = Instant::now() + GRACE;
    while Instant::now() < deadline && matches!(child.try_wait(), Ok(None)) {
        thread::sleep(POLL);
    }
    // Also what the leader has left behind in its group.
    let _ = kill_process_group(group, Signal::KILL);
    let _ = child.wait();
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_mins(1);

    fn shell(script: &str) -> Cmd {
        Cmd::new("sh").arg("-c").arg(script)
    }

    fn text(ends: &Ends) -> (String, String) {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (text(&ends.head), text(&ends.tail))
    }

    #[test]
    fn both_outputs_are_one_in_their_order() {
        let ends = shell("echo a; echo b >&2; echo c; exit 3")
            .output_ends(100, LONG, || false)
            .unwrap();
        assert_eq!(text(&ends), ("a\nb\nc\n".into(), String::new()));
        assert!(matches!(ends.ended, Ended::Exited(status) if status.code() == Some(3)));
    }

    #[test]
    fn of_a_long_output_the_middle_is_left_out_and_counted() {
        let ends =
            shell("i=0; while [ $i -lt 5000 ]; do echo 123456789; i=$((i+1)); done; echo end")
                .output_ends(20, LONG, || false)
                .unwrap();
        let (head, tail) = text(&ends);
        assert_eq!(head, "123456789\n123456789\n");
        assert!(tail.ends_with("end\n"));
        assert_eq!(ends.left_out, 50_004 - 40);
    }

    #[test]
    fn a_command_past_its_time_is_ended_with_all_of_its_group() {
        let ends = shell("echo begun; sleep 600 & sleep 600")
            .output_ends(100, Duration::from_millis(100), || false)
            .unwrap();
        assert_eq!(ends.ended, Ended::TimedOut);
        assert_eq!(ends.head, b"begun\n");
    }

    #[test]
    fn an_unwanted_command_is_ended_at_once() {
        let mut asked = 0;
        let ends = shell("sleep 600").output_ends(100, LONG, || {
            asked += 1;
            asked > 3
        });
        assert_eq!(ends.unwrap().ended, Ended::Stopped);
    }

    #[test]
    fn what_stays_in_the_background_is_not_waited_for() {
        let ends = shell("sleep 2 & echo done")
            .output_ends(100, LONG, || false)
            .unwrap();
        assert_eq!(ends.head, b"done\n");
    }
}
