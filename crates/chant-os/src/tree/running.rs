//! A tree that runs, seen from chant's side.

use std::time::Duration;

use super::{Exit, Guard, Job, Line, Source};
use crate::process::SpawnError;

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

/// A running tree. Dropping it kills the tree.
#[derive(Debug)]
pub struct Running {}

impl Running {
    /// Starts `job` under a guard.
    pub fn start(guard: &Guard, job: &Job) -> Result<Self, SpawnError> {
        let _ = (guard, job);
        Ok(Self {})
    }

    /// The next line or the end, waiting at most `timeout`. After the end, it is the end again.
    pub fn next(&mut self, timeout: Duration) -> Next {
        let _ = timeout;
        Next::Ended(Exit::Lost)
    }

    /// Asks the agent to stop: SIGINT to the agent, after `grace` SIGTERM to its tree, after `grace2` SIGKILL to what is left.
    /// Returns at once; [`Running::next`] brings the rest of the output and the end.
    pub fn stop(&mut self) {}

    /// Kills the whole tree. Returns at once.
    pub fn kill(&mut self) {}
}
