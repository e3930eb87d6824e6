//! How long a test waits: a command that hangs fails its test, and not the whole suite.

use std::process::{Child, Command, ExitStatus, Output};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use crate::family;

/// Far more than any command of a test takes, also where many tests share a busy machine.
pub const LONGEST: Duration = Duration::from_mins(5);

/// Runs a prepared command to its end.
///
/// # Panics
///
/// Where it cannot be started, or takes longer than [`LONGEST`]: then it and everything below it is killed, and what it
/// had printed is told.
#[must_use]
#[track_caller]
pub fn output(command: &mut Command) -> Output {
    let child = command
        .spawn()
        .expect("the chant binary: build it with `cargo build`");
    let pid = child.id();
    let (over, waits) = mpsc::channel::<()>();
    let watch = std::thread::spawn(move || {
        let hung = waits.recv_timeout(LONGEST) == Err(RecvTimeoutError::Timeout);
        if hung {
            kill_all(pid);
        }
        hung
    });
    let output = child.wait_with_output().expect("what it prints");
    drop(over);
    assert!(
        !watch.join().expect("the watch"),
        "{command:?} hung; it had said:\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

/// Waits for a command in the background.
///
/// # Panics
///
/// Where it takes longer than [`LONGEST`]: then it is killed.
#[track_caller]
pub fn ended(child: &mut Child) -> ExitStatus {
    let deadline = Instant::now() + LONGEST;
    while Instant::now() < deadline {
        if let Some(status) = child.try_wait().expect("a child of this process") {
            return status;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    end(child);
    panic!("waited in vain for chant to end");
}

/// Kills a child and everything below it, and waits for it.
fn end(child: &mut Child) {
    kill_all(child.id());
    let _ = child.wait();
}

fn kill_all(pid: u32) {
    let below = family::below(pid);
    family::kill(pid);
    for member in below {
        family::kill(member.pid);
    }
}
