//! What bounds a run from outside: time, and the user's wish to stop.

use std::time::Duration;

/// How long a run may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Longest time without a byte of output.
    pub idle: Duration,
    /// Longest time from start to end.
    pub total: Duration,
    /// How long an agent that was asked to stop may take, before it is told and then made to.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            idle: Duration::from_mins(10),
            total: Duration::from_hours(2),
            grace: Duration::from_secs(5),
        }
    }
}

/// How far an agent is, where it is asked whether it should end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// It works.
    Working,
    /// It has said how it ended; only its process is still there.
    Ended,
}

/// A message to a run, usually from a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    /// Ask the agent to stop; the run can be resumed.
    Stop,
    /// End its process tree at once.
    Kill,
    /// The answer to the oldest question that is open.
    Answer(Answer),
}

/// What a person says to a question for permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// This once.
    Yes,
    /// No.
    No,
    /// To this tool, for the rest of the run.
    Always,
}
