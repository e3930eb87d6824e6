//! The states that runs give to specs, for everything that lists specs.

use std::collections::HashMap;
use std::path::Path;

use chant_spec::status::State;

use super::{Journal, RunRecord, RunState};
use crate::claim;
use crate::error::Result;

/// What is shown in place of a spec's stored status.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The state.
    pub state: State,
    /// Why, in one sentence; may be empty.
    pub reason: String,
    /// The run it comes from.
    pub run: String,
    /// Where set, it holds only while the spec's file has this git object id: the spec has landed on a
    /// branch that is not checked out here, so its file is older than its state.
    pub while_oid: Option<String>,
    /// Whether it is about making a completed spec again.
    pub again: bool,
}

/// The states of one project's runs, by spec id. Empty, and free, where nothing ever ran.
#[derive(Debug, Default)]
pub struct Overlay {
    shown: HashMap<String, Shown>,
}

impl Overlay {
    /// Reads the overlay. Touches nothing where there is no journal.
    pub fn load(state_dir: &Path, project: &str) -> Result<Self> {
        let Some(journal) = Journal::open_existing(state_dir, project)? else {
            return Ok(Self::default());
        };
        let runs = journal.all_latest()?;
        Ok(Self::of(state_dir, project, runs))
    }

    /// Reads what of the overlay is about these specs.
    pub(crate) fn load_for<'s>(
        state_dir: &Path,
        project: &str,
        specs: impl Iterator<Item = &'s str>,
    ) -> Result<Self> {
        let Some(journal) = Journal::open_existing(state_dir, project)? else {
            return Ok(Self::default());
        };
        let mut runs = Vec::new();
        for spec in specs {
            runs.extend(journal.latest(spec)?);
        }
        Ok(Self::of(state_dir, project, runs))
    }

    fn of(state_dir: &Path, project: &str, runs: Vec<RunRecord>) -> Self {
        let mut shown = HashMap::new();
        for run in runs {
            let abandoned = !run.state.is_over()
                && !run.state.waits()
                && !claim::is_held(state_dir, project, &run.spec);
            let (state, reason) = match run.state {
                RunState::Landing if !run.reason.is_empty() => (State::Landing, run.reason),
                RunState::Parked => (State::Parked, parked(&run)),
                RunState::Finished => (State::Landing, finished(&run)),
                _ if abandoned => (State::Paused, interrupted(&run)),
                state => (state.shown(), run.reason),
            };
            let again = run.facts.again;
            let while_oid =
                (run.state == RunState::Completed).then(|| run.facts.spec_in_checkout().to_owned());
            shown.insert(
                run.spec,
                Shown {
                    state,
                    reason,
                    run: run.id,
                    while_oid,
                    again,
                },
            );
        }
        Self { shown }
    }

    /// What a run says about a spec.
    pub fn get(&self, id: &str) -> Option<&Shown> {
        self.shown.get(id)
    }

    /// What runs said about a spec is over: its file tells the rest.
    pub(crate) fn forget(&mut self, id: &str) {
        self.shown.remove(id);
    }

    /// Whether no run says anything.
    pub fn is_empty(&self) -> bool {
        self.shown.is_empty()
    }
}

fn parked(run: &RunRecord) -> String {
    let spec = &run.spec;
    let now = chant_os::clock::now();
    match &run.facts.parked {
        Some(parked) if parked.is_due(now) => format!(
            "the limit of agent {} should be renewed; `chant work {spec}` goes on, or `chant watch`",
            parked.agent
        ),
        Some(parked) => parked.sentence(now, &chant_os::clock::zone()),
        None => run.reason.clone(),
    }
}

fn finished(run: &RunRecord) -> String {
    let spec = &run.spec;
    format!("made and checked; waits for its turn to land: `chant merge {spec}`")
}

fn interrupted(run: &RunRecord) -> String {
    let (spec, step) = (&run.spec, run.step.name());
    let why = match run.reason.as_str() {
        "" => format!("chant was ended at the step '{step}'"),
        reason => format!("stopped at the step '{step}': {reason}"),
    };
    format!("{why}; `chant work {spec}` goes on from there")
}
