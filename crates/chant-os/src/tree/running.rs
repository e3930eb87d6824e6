//! A tree that runs, seen from chant's side.
//!
//! Three threads feed one bounded channel: a reader for each output, and one that waits for the guard. [`Running::next`]
//! takes from it.

use std::{
    collections::VecDeque,
    io::{self, Read, Write},
    path::PathBuf,
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender},
    thread,
    time::{Duration, Instant},
};

use super::{Exit, Guard, Job, Line, Source, lines, processes, read_exit_file};
use crate::{
    file, guard,
    process::{self, SpawnError},
};

/// Batches on their way. Each is what one read brought, so the bytes in flight are bounded by this, the size of a read and the
/// length of a line.
const IN_FLIGHT: usize = 4;

/// How long a dropped tree may take to die.
const DROP_LIMIT: Duration = Duration::from_secs(15);

/// What [`Running::next`] brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// The agent wrote a line.
    Line(Source, Line),
    /// The whole tree has ended and every line was handed over.
    Ended(Exit),
    /// Nothing happened within the time given.
    Timeout,
}

/// A running tree. Dropping it kills the tree and waits until it is gone.
#[derive(Debug)]
pub struct Running {
    /// Closing it kills the tree.
    lifeline: Option<ChildStdin>,
    guard: u32,
    messages: Receiver<Message>,
    ready: VecDeque<(Source, Line)>,
    /// Outputs that may still bring something.
    open: usize,
    end: Option<End>,
}

#[derive(Debug)]
enum Message {
    Lines(Source, Vec<Line>),
    Closed,
    GuardEnded(Exit),
}

impl Running {
    /// Starts `job` under a guard. An error here means that there is no guard; that the agent's program could not be started is
    /// told by [`Next::Ended`].
    pub fn start(guard: &Guard, job: &Job) -> Result<Self, SpawnError> {
        let failed = |cause| SpawnError::Failed {
            program: guard.program.display().to_string(),
            cause,
        };
        // What an earlier attempt left must not be taken for this one's end.
        file::remove_file(&job.exit_file).map_err(|error| failed(io::Error::other(error)))?;
        let mut command = Command::new(&guard.program);
        command
            .args(&guard.args)
            .env(&job.marker.0, &job.marker.1)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let child = process::spawn(&mut command)?;
        Self::connect(child, job).map_err(failed)
    }

    /// From here on the guard has a reader and a waiter; if a step fails, dropping the value ends it.
    fn connect(mut child: Child, job: &Job) -> io::Result<Self> {
        let (sender, messages) = mpsc::sync_channel(IN_FLIGHT);
        let mut running = Self {
            lifeline: child.stdin.take(),
            guard: child.id(),
            messages,
            ready: VecDeque::new(),
            open: 0,
            end: None,
        };
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        wait_for(child, job.exit_file.clone(), sender.clone())?;
        if let Some(pipe) = stdout {
            read(pipe, Source::Stdout, sender.clone())?;
            running.open += 1;
        }
        if let Some(pipe) = stderr {
            read(pipe, Source::Stderr, sender)?;
            running.open += 1;
        }
        let mut header = serde_json::to_vec(job).expect("a job holds nothing that JSON cannot");
        header.push(b'\n');
        match running.write(&header) {
            // A guard that was killed before it had heard all of it is a guard that was killed: its end tells.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(running),
            written => written.map(|()| running),
        }
    }

    /// The process id of the guard.
    pub fn guard_pid(&self) -> u32 {
        self.guard
    }

    /// Whether the tree has more than `limit` processes now. Cheap as long as the whole machine has fewer; `false` where there is
    /// no `/proc`.
    pub fn is_larger_than(&self, limit: usize) -> bool {
        processes::on_this_machine().is_none_or(|all| all > limit)
            && processes::below(self.guard).len() > limit
    }

    /// The next line or the end, waiting at most `timeout`. After the end, it is the end again.
    pub fn next(&mut self, timeout: Duration) -> Next {
        let deadline = Instant::now().checked_add(timeout);
        loop {
            if let Some((source, line)) = self.ready.pop_front() {
                return Next::Line(source, line);
            }
            if let Some(end) = &self.end
                && (self.open == 0 || end.is_enough())
            {
                return Next::Ended(end.exit.clone());
            }
            let left = deadline.map_or(Duration::MAX, |deadline| {
                deadline.saturating_duration_since(Instant::now())
            });
            match self.receive(left) {
                Ok(message) => self.take(message),
                Err(RecvTimeoutError::Timeout) if self.end.as_ref().is_some_and(End::is_enough) => {
                }
                Err(RecvTimeoutError::Timeout) => return Next::Timeout,
                Err(RecvTimeoutError::Disconnected) => self.all_gone(),
            }
        }
    }

    /// Asks the agent to stop: SIGINT to the agent, after `grace` SIGTERM to its tree, after `grace2` SIGKILL to what is left.
    /// Returns at once; [`Running::next`] brings the rest of the output and the end. To ask twice is to ask once.
    pub fn stop(&mut self) {
        // A guard that does not listen any more has ended the tree, or is about to.
        let _ = self.write(format!("{}\n", guard::STOP).as_bytes());
    }

    /// Says one line to an agent whose input is [`Stdin::Talk`](super::Stdin::Talk). It must hold no line end; what is
    /// cut off by one would be a word to the guard.
    pub fn say(&mut self, line: &str) {
        let line = line.replace(['\n', '\r'], " ");
        let _ = self.write(format!("{}{line}\n", guard::SAY).as_bytes());
    }

    /// Says that nothing more will be said: the agent's input ends.
    pub fn hush(&mut self) {
        let _ = self.write(format!("{}\n", guard::HUSH).as_bytes());
    }

    /// Kills the whole tree. Returns at once; [`Running::next`] brings the rest of the output and the end.
    pub fn kill(&mut self) {
        self.lifeline = None;
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.lifeline {
            Some(pipe) => pipe.write_all(bytes),
            None => Ok(()),
        }
    }

    fn receive(&mut self, timeout: Duration) -> Result<Message, RecvTimeoutError> {
        match &mut self.end {
            None => self.messages.recv_timeout(timeout),
            Some(end) => {
                let begin = Instant::now();
                let received = self.messages.recv_timeout(timeout.min(end.patience));
                end.patience = end.patience.saturating_sub(begin.elapsed());
                received
            }
        }
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Lines(source, lines) => {
                if let Some(end) = &mut self.end {
                    let bytes = lines.iter().map(|line| line.bytes.len() + 1).sum();
                    end.bytes = end.bytes.saturating_sub(bytes);
                }
                self.ready
                    .extend(lines.into_iter().map(|line| (source, line)));
            }
            Message::Closed => self.open = self.open.saturating_sub(1),
            Message::GuardEnded(exit) => self.end = Some(End::new(exit)),
        }
    }

    /// Every thread has said its last word. Without one about the guard, nothing is known.
    fn all_gone(&mut self) {
        self.open = 0;
        self.end.get_or_insert_with(|| End::new(Exit::Lost));
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
        let deadline = Instant::now() + DROP_LIMIT;
        while self.end.is_none() {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.messages.recv_timeout(left) {
                Ok(message) => self.take(message),
                Err(_) => return,
            }
            self.ready.clear();
        }
    }
}

/// The guard has ended. Normally both outputs are closed now and only what is in the pipes remains to be read. A process that got
/// away (the guard was killed, or the pipe was given to a stranger) may hold them open for ever, so there is a limit.
#[derive(Debug)]
struct End {
    exit: Exit,
    /// For how long altogether to wait for more.
    patience: Duration,
    /// How much more to take.
    bytes: usize,
}

impl End {
    fn new(exit: Exit) -> Self {
        // Without the guard, something that holds the pipes is to be expected; otherwise only a busy machine delays their end.
        let patience = if exit == Exit::Lost { 1 } else { 5 };
        Self {
            exit,
            patience: Duration::from_secs(patience),
            bytes: 16 * 1024 * 1024,
        }
    }

    fn is_enough(&self) -> bool {
        self.patience.is_zero() || self.bytes == 0
    }
}

fn read(
    pipe: impl Read + Send + 'static,
    source: Source,
    sender: SyncSender<Message>,
) -> io::Result<()> {
    thread::Builder::new()
        .name("output".into())
        .spawn(move || {
            // An error of a pipe is its end.
            let _ = lines::split(pipe, |lines| {
                sender.send(Message::Lines(source, lines)).is_ok()
            });
            let _ = sender.send(Message::Closed);
        })?;
    Ok(())
}

fn wait_for(mut guard: Child, exit_file: PathBuf, sender: SyncSender<Message>) -> io::Result<()> {
    thread::Builder::new().name("guard".into()).spawn(move || {
        let _ = guard.wait();
        let exit = read_exit_file(&exit_file).unwrap_or(Exit::Lost);
        let _ = sender.send(Message::GuardEnded(exit));
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use super::*;

    /// Endless output that knows how much of it was read.
    struct Spring(Arc<AtomicUsize>);

    impl Read for Spring {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            buffer.fill(b'x');
            buffer[0] = b'\n';
            self.0.fetch_add(buffer.len(), Ordering::SeqCst);
            Ok(buffer.len())
        }
    }

    #[test]
    fn a_reader_is_never_far_ahead_of_its_taker() {
        let read_so_far = Arc::new(AtomicUsize::new(0));
        let (sender, messages) = mpsc::sync_channel(IN_FLIGHT);
        read(Spring(Arc::clone(&read_so_far)), Source::Stdout, sender).unwrap();
        let mut taken = 0;
        for _ in 0..500 {
            let Message::Lines(_, lines) = messages.recv().unwrap() else {
                panic!("the spring has no end");
            };
            taken += lines.iter().map(|line| line.bytes.len() + 1).sum::<usize>();
            let ahead = read_so_far.load(Ordering::SeqCst) - taken;
            assert!(
                ahead <= (IN_FLIGHT + 3) * 64 * 1024,
                "{ahead} bytes in flight"
            );
        }
    }
}
