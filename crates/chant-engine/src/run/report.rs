//! What came of a run, as every command tells it.

use serde::Serialize;

use crate::concern::Concern;
use crate::journal::{CheckRecord, Conflict, CriterionRecord, RunRecord, RunState};
use crate::proof::ProofDocument;
use crate::ways::{Way, ways_on};

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

/// One attempt of several, as it is told.
#[derive(Debug, Clone, Serialize)]
pub struct Tried {
    /// The run's id.
    pub run: String,
    /// The number of the attempt.
    pub attempt: u32,
    /// The agent.
    pub agent: String,
    /// Its state.
    pub status: &'static str,
    /// How many lines its result changes, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lines: Option<u64>,
    /// US dollars, where known.
    pub cost_usd: Option<f64>,
    /// Where its work is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept: Option<String>,
}
