//! Limits that pass: a used-up plan and an overloaded provider park a run, which goes on by itself when its time has come.
//!
//! Owns when a parked run goes on and whether another may be started meanwhile. It reads the journal and decides; it
//! starts nothing. Money and time that a person set as a limit are in `budget`.

mod parked;

pub use parked::Parked;
pub(crate) use parked::{Refusal, Rules, Verdict, park};

use jiff::Timestamp;

use crate::error::Result;
use crate::journal::{Journal, RunRecord};
use crate::project::Project;

/// Whether something may be started now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// Nothing is in its way.
    Now,
    /// It would be refused; it may succeed from then on.
    Wait {
        /// When to ask again.
        until: Timestamp,
        /// Why, as a sentence.
        why: String,
    },
    /// Only a person can let it go on.
    Ask {
        /// Why, as a sentence.
        why: String,
    },
}

/// The limits of one project at one moment, for a scheduler that asks about many specs.
#[derive(Debug)]
pub struct Outlook {
    /// The parked runs.
    parked: Vec<RunRecord>,
    now: Timestamp,
}

impl Outlook {
    /// Reads the journal. Free where nothing ever ran.
    pub fn at(project: &Project, now: Timestamp) -> Result<Self> {
        let parked = parked_runs(project)?;
        Ok(Self { parked, now })
    }

    /// Whether `spec` may be started, or may go on, with `agent`.
    pub fn may_start(&self, spec: &str, agent: &str) -> Start {
        let own = self.parked.iter().find(|run| run.spec == spec);
        let own = own.and_then(|run| run.facts.parked.as_ref());
        if let Some(parked) = own.filter(|parked| !parked.is_due(self.now)) {
            return parked.wait(self.now);
        }
        let others = self
            .parked
            .iter()
            .filter_map(|run| run.facts.parked.as_ref());
        others
            .filter(|parked| parked.agent == agent && parked.resets > self.now)
            .max_by_key(|parked| parked.resets)
            .map_or(Start::Now, |parked| parked.wait(self.now))
    }

    /// The parked runs whose time has come.
    pub fn due(&self) -> impl Iterator<Item = &RunRecord> {
        let now = self.now;
        self.parked.iter().filter(move |run| {
            run.facts
                .parked
                .as_ref()
                .is_some_and(|parked| parked.is_due(now))
        })
    }

    /// When the next of the others may go on.
    pub fn next_due(&self) -> Option<Timestamp> {
        let waiting = self
            .parked
            .iter()
            .filter_map(|run| run.facts.parked.as_ref());
        waiting
            .filter(|parked| !parked.is_due(self.now))
            .map(|parked| parked.until)
            .min()
    }
}

/// Whether `spec` may be started with `agent` now. For more than one question at once, see [`Outlook`].
pub fn may_start(project: &Project, spec: &str, agent: &str, now: Timestamp) -> Result<Start> {
    Ok(Outlook::at(project, now)?.may_start(spec, agent))
}

/// When the next parked run may go on; a moment that has passed where one may already.
pub fn next_due(project: &Project) -> Result<Option<Timestamp>> {
    let parked = parked_runs(project)?;
    Ok(parked
        .iter()
        .filter_map(|run| run.facts.parked.as_ref())
        .map(|parked| parked.until)
        .min())
}

fn parked_runs(project: &Project) -> Result<Vec<RunRecord>> {
    let journal = Journal::open_existing(&project.state_dir(), &project.project_key())?;
    let mut runs = journal.map_or(Ok(Vec::new()), |journal| journal.all_latest())?;
    runs.retain(|run| !run.state.is_over() && run.facts.parked.is_some());
    Ok(runs)
}
