//! How a project stands, and what to do next.

use std::collections::BTreeMap;

use chant_spec::status::State;
use chant_spec::{Kind, id};
use serde::Serialize;

use super::criteria::{Counts, Tally};
use super::left;
use super::list::survey;
use super::spec::{Spec, natural_order};
use super::tree::{self, Branch};
use crate::error::Result;
use crate::journal::Journal;
use crate::project::Project;
use crate::queue::{left_by_ended, waits_for_turn};

/// A project at a glance.
#[derive(Debug, Clone, Serialize)]
pub struct Board {
    /// What it is called.
    pub project: String,
    /// How many specs there are, put-away ones left out.
    pub total: usize,
    /// How many were put away.
    pub archived: usize,
    /// How many stand how; `ready` and `blocked` in place of `pending`.
    pub counts: BTreeMap<String, usize>,
    /// What is being worked, waits for its turn, or is parked until a limit is renewed.
    pub active: Vec<Spec>,
    /// What needs a person: failed, conflicting, paused, unusable.
    pub attention: Vec<Spec>,
    /// The ids of those among them that a person took over: they wait for that person, and for no agent.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub in_hand: Vec<String>,
    /// What can be begun.
    pub ready: Vec<Spec>,
    /// The drivers that are not over, with their members below them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub drivers: Vec<Branch>,
    /// How many acceptance criteria stand how: `proven`, `claimed`, `waived`, `open`.
    pub criteria: Counts,
    /// Whether git knows nothing of chant here.
    pub silent: bool,
    /// What a command had asked for that ended before it was over.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub asked_for: Vec<String>,
    /// What runs have left that were ended before they were over.
    pub left: Vec<left::Finding>,
}

/// Sums up a project.
pub fn board(project: &Project) -> Result<Board> {
    let mut board = Board {
        project: project.name(),
        total: 0,
        archived: 0,
        counts: BTreeMap::new(),
        active: Vec::new(),
        attention: Vec::new(),
        in_hand: Vec::new(),
        ready: Vec::new(),
        drivers: Vec::new(),
        criteria: Counts::new(),
        silent: project.silent(),
        asked_for: Vec::new(),
        left: left::look(project)?,
    };
    let mut tally = Tally::default();
    let mut counts: BTreeMap<State, usize> = BTreeMap::new();
    let left = left_by_ended(project)?;
    let mut specs = survey(
        project,
        waits_for_turn(project)?,
        |_| true,
        |entry, verdict| {
            if entry.node.archived {
                board.archived += 1;
                return false;
            }
            board.total += 1;
            if let Ok(summary) = &entry.content {
                let completed = matches!(verdict.state, State::Completed | State::Stale);
                tally.add(&entry.node.id, completed, summary);
            }
            *counts.entry(verdict.standing()).or_default() += 1;
            let over = matches!(verdict.state, State::Completed | State::Cancelled);
            if !over && left.contains(&entry.node.id) {
                board.asked_for.push(entry.node.id.clone());
            }
            let in_tree = entry.node.kind == Kind::Driver || id::member(&entry.node.id).is_some();
            in_tree || verdict.lapsed_gate || Section::of(verdict.standing()).is_some()
        },
    )?;
    specs.sort_by(|a, b| natural_order(&a.id, &b.id));
    board.criteria = tally.into_counts(project)?;
    board.counts = counts
        .into_iter()
        .map(|(state, count)| (state.as_str().to_owned(), count))
        .collect();
    board.drivers = drivers(project, &specs)?;
    for spec in specs {
        match Section::of(spec.standing()) {
            Some(Section::Active) => board.active.push(spec),
            Some(Section::Ready) => board.ready.push(spec),
            Some(Section::Attention) => board.attention.push(spec),
            None if spec.needs_approval_again() => board.attention.push(spec),
            // Only its place in the tree is of interest.
            None => {}
        }
    }
    board.in_hand = in_hand(project, &board.attention)?;
    // What is at work is of more interest than what only waits for its turn.
    board
        .active
        .sort_by_key(|spec| matches!(spec.state, State::Queued | State::Parked));
    Ok(board)
}

/// The paused ones that a person took over.
fn in_hand(project: &Project, specs: &[Spec]) -> Result<Vec<String>> {
    let paused = specs.iter().filter(|spec| spec.state == State::Paused);
    let paused: Vec<&str> = paused.map(|spec| spec.id.as_str()).collect();
    if paused.is_empty() {
        return Ok(Vec::new());
    }
    let Some(journal) = Journal::open_existing(&project.state_dir(), &project.project_key())?
    else {
        return Ok(Vec::new());
    };
    let runs = journal.all_latest()?.into_iter();
    let taken = runs.filter(|run| run.facts.takeover.is_some());
    Ok(taken
        .map(|run| run.spec)
        .filter(|id| paused.contains(&id.as_str()))
        .collect())
}

/// The tree of the drivers. All specs are asked for only where a driver names members that its id does not tell.
fn drivers(project: &Project, specs: &[Spec]) -> Result<Vec<Branch>> {
    let is_driver = |spec: &&Spec| Kind::parse(&spec.kind) == Kind::Driver;
    let mut drivers = specs.iter().filter(is_driver).peekable();
    if drivers.peek().is_none() {
        return Ok(Vec::new());
    }
    let all = if drivers.any(|driver| !driver.members.is_empty()) {
        super::list(project, &super::Filter::default())?
    } else {
        specs.to_vec()
    };
    let in_order = {
        let mut all = all;
        all.sort_by(|a, b| natural_order(&a.id, &b.id));
        all
    };
    Ok(tree::open_drivers(tree::arranged(in_order)))
}

/// Where a spec is listed on the board.
enum Section {
    Active,
    Attention,
    Ready,
}

impl Section {
    fn of(standing: State) -> Option<Self> {
        match standing {
            State::Ready => Some(Self::Ready),
            // What is parked goes on by itself, and needs nobody.
            State::Queued
            | State::InProgress
            | State::Verifying
            | State::Landing
            | State::Parked => Some(Self::Active),
            State::Paused | State::Conflict | State::Failed | State::NeedsAttention => {
                Some(Self::Attention)
            }
            State::Pending
            | State::Blocked
            | State::Completed
            | State::Cancelled
            | State::Stale => None,
        }
    }
}
