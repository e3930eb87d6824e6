//! Reading a command's output within limits of size and time.

use std::{
    io::{self, Read},
    process::{Child, ExitStatus},
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process_group};

use super::{Output, SpawnError};

/// How often a command that has closed its outputs is asked whether it has ended.
const POLL: Duration = Duration::from_millis(5);

enum Piece {
    Stdout(Vec<u8>),
    Stderr(Vec<u8>),
    End,
}

/// Reads both outputs of `child`, a process group leader, until it ends or goes past a limit; then its group is killed.
pub(super) fn collect(
    mut child: Child,
    program: &str,
    max_bytes: usize,
    timeout: Option<Duration>,
) -> Result<Output, SpawnError> {
    let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    let collected = match read(&mut child, max_bytes, deadline) {
        Ok((stdout, stderr)) => wait(&mut child, deadline).map(|status| Output {
            status,
            stdout,
            stderr,
        }),
        Err(stop) => Err(stop),
    };
    collected.map_err(|stop| {
        end(&mut child);
        let program = program.to_owned();
        match stop {
            Stop::TooLong => SpawnError::TimedOut {
                program,
                after: timeout.unwrap_or_default(),
            },
            Stop::TooMuch => SpawnError::TooMuchOutput {
                program,
                limit: max_bytes,
            },
            Stop::Failed(cause) => SpawnError::Failed { program, cause },
        }
    })
}

enum Stop {
    TooLong,
    TooMuch,
    Failed(io::Error),
}

fn read(
    child: &mut Child,
    max_bytes: usize,
    deadline: Option<Instant>,
) -> Result<(Vec<u8>, Vec<u8>), Stop> {
    let (sender, receiver) = mpsc::sync_channel(4);
    let mut open = 0;
    if let Some(pipe) = child.stdout.take() {
        forward(pipe, Piece::Stdout, sender.clone()).map_err(Stop::Failed)?;
        open += 1;
    }
    if let Some(pipe) = child.stderr.take() {
        forward(pipe, Piece::Stderr, sender).map_err(Stop::Failed)?;
        open += 1;
    }
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    while open > 0 {
        let left = deadline.map_or(Duration::MAX, |deadline| {
            deadline.saturating_duration_since(Instant::now())
        });
        match receiver.recv_timeout(left) {
            Ok(Piece::Stdout(bytes)) => stdout.extend(bytes),
            Ok(Piece::Stderr(bytes)) => stderr.extend(bytes),
            Ok(Piece::End) => open -= 1,
            Err(RecvTimeoutError::Timeout) => return Err(Stop::TooLong),
            Err(RecvTimeoutError::Disconnected) => break,
        }
        if stdout.len() + stderr.len() > max_bytes {
            return Err(Stop::TooMuch);
        }
    }
    Ok((stdout, stderr))
}

/// Sends what can be read from `pipe`, piece by piece, until its end or until nobody wants more.
fn forward(
    mut pipe: impl Read + Send + 'static,
    piece: fn(Vec<u8>) -> Piece,
    sender: mpsc::SyncSender<Piece>,
) -> io::Result<()> {
    thread::Builder::new()
        .name("output".into())
        .spawn(move || {
            let mut buffer = vec![0; 64 * 1024];
            loop {
                let sent = match pipe.read(&mut buffer) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    Ok(0) | Err(_) => break,
                    Ok(count) => sender.send(piece(buffer[..count].to_vec())),
                };
                if sent.is_err() {
                    return;
                }
            }
            let _ = sender.send(Piece::End);
        })?;
    Ok(())
}

/// Both outputs are closed, so the command is about to end, if it does not linger on purpose.
fn wait(child: &mut Child, deadline: Option<Instant>) -> Result<ExitStatus, Stop> {
    let Some(deadline) = deadline else {
        return child.wait().map_err(Stop::Failed);
    };
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status),
            Ok(None) if Instant::now() >= deadline => return Err(Stop::TooLong),
            Ok(None) => thread::sleep(POLL),
            Err(error) => return Err(Stop::Failed(error)),
        }
    }
}

fn end(child: &mut Child) {
    let pid = Pid::from_child(child);
    let _ = kill_process_group(pid, Signal::KILL);
    let _ = child.wait();
}
