//! Signals: what the user or the system tells this process.
//!
//! Owns the handlers for SIGINT, SIGTERM and SIGHUP. They only put a value into a channel; what an interruption means is decided
//! by whoever reads it. Signals to a tree of processes are in [`crate::tree`]; here is the one that asks another command to stop.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
};

use rustix::process::{Pid, Signal as Raw, kill_process};
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    iterator::Signals,
};

/// Asks a process to stop, as Ctrl-C would. Whether it is the one that is meant has to be known: a number is given out again
/// when its process has ended. Says whether there was such a process.
pub fn interrupt(pid: u32) -> bool {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    pid.is_some_and(|pid| kill_process(pid, Raw::INT).is_ok())
}

/// A request from outside to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// SIGINT: Ctrl-C.
    Interrupt,
    /// SIGTERM: `kill`, or the system going down.
    Terminate,
    /// SIGHUP: the terminal is gone.
    HangUp,
}

impl Signal {
    fn from_raw(number: i32) -> Option<Self> {
        match number {
            SIGINT => Some(Self::Interrupt),
            SIGTERM => Some(Self::Terminate),
            SIGHUP => Some(Self::HangUp),
            _ => None,
        }
    }
}

/// The signals that ask this process to stop, as a stream. Install it once, in a command that has something to record first.
#[derive(Debug)]
pub struct Interrupts {
    receiver: mpsc::Receiver<Signal>,
    count: Arc<AtomicUsize>,
}

impl Interrupts {
    /// Takes the signals over. From here on they do not end the process, whatever becomes of the value returned.
    pub fn install() -> io::Result<Self> {
        let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
        let (sender, receiver) = mpsc::channel();
        let count = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&count);
        thread::Builder::new()
            .name("signals".into())
            .spawn(move || {
                for signal in signals.forever().filter_map(Signal::from_raw) {
                    counted.fetch_add(1, Ordering::SeqCst);
                    // Nobody listens any more: still counted, and there is nothing better to do with it.
                    let _ = sender.send(signal);
                }
            })?;
        Ok(Self { receiver, count })
    }

    /// The signals in the order in which they came.
    pub fn receiver(&self) -> &mpsc::Receiver<Signal> {
        &self.receiver
    }

    /// The next signal, if one is waiting.
    pub fn try_next(&self) -> Option<Signal> {
        self.receiver.try_recv().ok()
    }

    /// How many have come so far, whether or not they were received.
    pub fn try_count(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }
}
