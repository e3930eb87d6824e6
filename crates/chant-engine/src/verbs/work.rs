//! `chant work`: one spec from ready to landed, and which comes next.

use chant_spec::SpecId;
use chant_spec::status::{Action, State, allowed};
use serde::Serialize;

use crate::concern::Concern;
use crate::error::Result;
use crate::event::Event;
use crate::journal::{CheckRecord, Conflict, CriterionRecord, RunRecord, RunState};
use crate::project::Project;
use crate::proof::ProofDocument;
use crate::query::{Filter, list, natural_order};
use crate::run::{Order, Run, Surroundings};
use crate::steer::retry::{self, Next};
use crate::steer::{Way, ways_on};
use crate::verbs::attempts::{self, Tried};

/// What came of a run.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The spec's id.
    pub id: String,
    /// The run's id.
    pub run: String,
    /// 1 for the first attempt.
    pub attempt: u32,
    /// The run's state: `completed`, `failed`, `landing`, `conflict`, `paused`, …
    pub status: &'static str,
    /// Why, one sentence; empty for a landing.
    pub reason: String,
    /// The commit on the main branch, where one landed.
    pub commit: Option<String>,
    /// The main branch.
    pub main_branch: String,
    /// The run's branch: it exists unless the run landed.
    pub branch: String,
    /// The agent's name.
    pub agent: String,
    /// The model, where known.
    pub model: Option<String>,
    /// The checks that ran.
    pub checks: Vec<CheckRecord>,
    /// The red-to-green proof.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proof: Option<ProofDocument>,
    /// What a person should look at.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub concerns: Vec<Concern>,
    /// The acceptance criteria and how they stand, where it came so far.
    pub criteria: Vec<CriterionRecord>,
    /// Tokens in.
    pub input_tokens: u64,
    /// Tokens out.
    pub output_tokens: u64,
    /// US dollars, where the agent says or they can be computed.
    pub cost_usd: Option<f64>,
    /// Until when it is parked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parked_until: Option<String>,
    /// The spent budget that made it pause.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget_spent: Option<String>,
    /// What contradicts what, where it ended in a conflict.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conflict: Option<Conflict>,
    /// How a person goes on with it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub go_on: Vec<Way>,
    /// The attempts, where several were made of which the best lands.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<Tried>,
    /// Where an earlier attempt's work is kept.
    pub kept: Option<String>,
    /// The exit status that says the same.
    #[serde(skip)]
    pub exit: u8,
}

impl Report {
    pub(crate) fn of(record: RunRecord) -> Self {
        let go_on = ways_on(&record);
        let facts = record.facts;
        let landed = record.state == RunState::Completed;
        let in_conflict = record.state == RunState::Conflict;
        let is_parked = record.state == RunState::Parked;
        let out_of_budget = record.state == RunState::Paused && facts.budget_spent.is_some();
        let commit = facts
            .landing
            .filter(|landing| landed && landing.commit.as_ref() != Some(&landing.onto));
        Self {
            id: record.spec,
            run: record.id,
            attempt: record.attempt,
            status: record.state.name(),
            reason: record.reason,
            commit: commit.and_then(|landing| landing.commit),
            main_branch: facts.main,
            branch: facts.branch,
            agent: facts.agent,
            model: facts.model,
            checks: facts.checks,
            proof: facts.proof,
            concerns: facts.concerns,
            criteria: facts.criteria,
            input_tokens: facts.input_tokens,
            output_tokens: facts.output_tokens,
            cost_usd: facts.cost_usd,
            parked_until: facts
                .parked
                .filter(|_| is_parked)
                .map(|parked| parked.until.to_string()),
            budget_spent: facts.budget_spent,
            conflict: facts.conflict.filter(|_| in_conflict),
            go_on,
            attempts: Vec::new(),
            kept: facts.kept,
            exit: if out_of_budget { 4 } else { exit(record.state) },
        }
    }

    /// Whether the spec landed.
    pub fn landed(&self) -> bool {
        self.status == RunState::Completed.name()
    }
}

/// Contract §3: 1 tried and failed, 4 refused as things stand, 130 interrupted.
fn exit(state: RunState) -> u8 {
    match state {
        RunState::Completed | RunState::Finished => 0,
        RunState::Landing | RunState::Parked => 4,
        RunState::Paused => 130,
        _ => 1,
    }
}

/// Works one spec, or goes on with its interrupted run.
pub fn work(
    project: &Project,
    id: &SpecId,
    order: &Order,
    outside: Surroundings<'_>,
) -> Result<Report> {
    let mut outside = outside;
    if let Some(best) = attempts::best(project, id, order, &mut outside)? {
        return several(project, &best, outside);
    }
    let Surroundings {
        control,
        sink,
        guard,
    } = outside;
    let mut tried = 0;
    loop {
        let outside = Surroundings {
            control,
            sink: &mut *sink,
            guard: guard.clone(),
        };
        let record = Run::start(project, id, order, outside)?.drive()?;
        // Where another agent may take over, it does so at once.
        if crate::limits::is_due(&record, chant_os::clock::now()) {
            continue;
        }
        let left = match retry::after(project, &record, tried)? {
            Next::Nothing => return Ok(Report::of(record)),
            Next::Person(record) => return Ok(Report::of(*record)),
            Next::Again(left) => left,
        };
        tried += 1;
        let text = format!(
            "attempt {} failed: {}; it is tried again (then {left} more)",
            record.attempt, record.reason
        );
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
