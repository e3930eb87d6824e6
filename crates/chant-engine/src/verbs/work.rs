//! `chant work`: one spec from ready to landed, and which comes next.

use chant_spec::SpecId;
use chant_spec::status::{Action, State, allowed};
use serde::Serialize;

use crate::error::Result;
use crate::event::Event;
use crate::journal::{RunRecord, RunState};
use crate::order::Order;
use crate::project::Project;
use crate::query::{Filter, list, natural_order};
use crate::room::room;
use crate::run::Report;
use crate::run::{Run, Surroundings};
use crate::steer::retry::{self, Next};
use crate::verbs::attempts;

/// Works one spec, or goes on with its interrupted run.
pub fn work(
    project: &Project,
    id: &SpecId,
    order: &Order,
    outside: Surroundings<'_>,
) -> Result<Report> {
    let mut outside = outside;
    let mut first = Some(room(project, id, order, &mut outside)?);
    if let Some(best) = attempts::best(project, id, order, &mut outside)? {
        return several(project, &best, outside);
    }
    let Surroundings {
        control,
        sink,
        guard,
    } = outside;
    let mut tried = 0;
    // What was ordered is for the run's first agent; one that takes over has its own model.
    let mut ordered = order.clone();
    loop {
        let mut outside = Surroundings {
            control,
            sink: &mut *sink,
            guard: guard.clone(),
        };
        let _room = match first.take() {
            Some(room) => room,
            None => room(project, id, &ordered, &mut outside)?,
        };
        let record = Run::start(project, id, &ordered, outside)?.drive()?;
        // Where another agent may take over, it does so at once.
        if crate::limits::is_due(&record, chant_os::clock::now()) {
            ordered.agent = None;
            ordered.model = None;
            continue;
        }
        let left = match retry::after(project, &record, tried)? {
            Next::Nothing => return Ok(Report::of(record)),
            Next::Person(record) => return Ok(Report::of(*record)),
            Next::Again(left) => left,
        };
        tried += 1;
        ordered = order.clone();
        let text = retry::told(&record, left);
        sink(&Event::Note { text });
    }
}

/// Lands the best of several attempts, or tells what came of them.
fn several(project: &Project, best: &RunRecord, outside: Surroundings<'_>) -> Result<Report> {
    let run = if best.state == RunState::Finished {
        Run::resume(project, best, outside)?.drive()?
    } else {
        best.clone()
    };
    let attempts = attempts::tried(project, &run)?;
    Ok(Report {
        attempts,
        ..Report::of(run)
    })
}

/// How the specs with a label stand.
#[derive(Debug)]
pub struct Labelled {
    /// The one to work next: nothing is in its way. What depends on others comes after them by that alone.
    pub next: Option<SpecId>,
    /// Those that wait for something else.
    pub waiting: Vec<Waiting>,
    /// How many there are, finished ones too.
    pub total: usize,
}

/// A spec that cannot be worked now.
#[derive(Debug, Clone, Serialize)]
pub struct Waiting {
    /// Its id.
    pub id: String,
    /// What it waits for, each as a fragment of a sentence.
    pub blocked_by: Vec<String>,
}

/// What to do next of the specs with this label; those in `done` have had their turn.
pub fn labelled(project: &Project, label: &str, done: &[SpecId]) -> Result<Labelled> {
    let filter = Filter {
        labels: vec![label.to_owned()],
        ..Filter::default()
    };
    let mut specs = list(project, &filter)?;
    specs.sort_by(|a, b| natural_order(&a.id, &b.id));
    let total = specs.len();
    let over = |state: State| matches!(state, State::Completed | State::Cancelled);
    specs.retain(|spec| !over(spec.state) && !done.iter().any(|id| id.as_str() == spec.id));
    let next = specs
        .iter()
        .filter(|spec| {
            // What another command has asked for and not begun goes to whoever begins it.
            let state = spec.state;
            let free = state == State::Queued || allowed(state, Action::Work).is_ok();
            spec.may_be_worked && free
        })
        .find_map(|spec| SpecId::parse(&spec.id).ok());
    let waiting = specs.into_iter().map(|spec| Waiting {
        blocked_by: if spec.blocked_by.is_empty() {
            vec![format!("is {}", spec.state.as_str().replace('_', " "))]
        } else {
            spec.blocked_by
        },
        id: spec.id,
    });
    Ok(Labelled {
        waiting: waiting.collect(),
        next,
        total,
    })
}
