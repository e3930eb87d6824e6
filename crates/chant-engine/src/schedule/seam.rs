//! The seam between the scheduler and the places that run things.
//!
//! A run's first half is always the same command, `chant run-one`, with the run's id chosen by the scheduler. What it does
//! is idempotent by run and attempt, its result is a ref and a row of the journal, and it never writes the main branch. So a
//! place has only to start it, tell of its end, and pass on a wish to stop: processes of this machine today, the jobs of
//! a cluster's engine next.

use std::path::PathBuf;
use std::time::Duration;

use chant_agent::Control;

use crate::error::Result;
use crate::event::Stamped;
use crate::order::Order;

/// One run to be made.
#[derive(Debug, Clone)]
pub struct Job {
    /// The run's id.
    pub run: String,
    /// Counted from 1 for each time that this run is submitted: the same again is the same job.
    pub attempt: u32,
    /// The spec's id.
    pub spec: String,
    /// What was ordered.
    pub order: Order,
}

/// What a place can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// How many jobs it takes at most; absent where the limits alone decide.
    pub places: Option<usize>,
    /// Whether its jobs end when the scheduler's process does.
    pub ends_with_us: bool,
    /// Whether it tells of a run's events while they happen.
    pub streams_events: bool,
}

/// News of a job.
#[derive(Debug, Clone)]
pub struct Update {
    /// The run's id.
    pub run: String,
    /// What happened.
    pub what: What,
}

/// What happened to a job.
#[derive(Debug, Clone)]
pub enum What {
    /// The run says something.
    Event(Box<Stamped>),
    /// The job is over. What came of the run is in the journal.
    Ended(Ending),
}

/// How a job ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// The exit status; absent where a signal or the engine ended it.
    pub exit: Option<i32>,
    /// The last it said on its error output; may be empty.
    pub said: String,
}

/// A place that runs things.
pub trait Executor {
    /// What it can do.
    fn capabilities(&self) -> Capabilities;

    /// Takes a job. Submitting the same run and attempt again changes nothing.
    fn submit(&mut self, job: &Job) -> Result<()>;

    /// What happened since the last time; waits for the first news as long as `wait`.
    fn poll(&mut self, wait: Duration) -> Result<Vec<Update>>;

    /// Passes on a wish to stop. What is not running any more is left alone.
    fn cancel(&mut self, run: &str, how: Control) -> Result<()>;

    /// Where what a job printed to its error output is kept.
    fn logs(&self, run: &str) -> PathBuf;
}
