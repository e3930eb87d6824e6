//! How a project stands, and what to do next.

use std::collections::BTreeMap;

use chant_spec::status::State;
use serde::Serialize;

use super::criteria::{Counts, Tally};
use super::list::survey;
use super::spec::{Spec, natural_order};
use crate::error::Result;
use crate::project::Project;
use crate::recover;

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
    /// What is being worked.
    pub active: Vec<Spec>,
    /// What needs a person: failed, conflicting, paused, unusable.
    pub attention: Vec<Spec>,
    /// What can be begun.
    pub ready: Vec<Spec>,
    /// How many acceptance criteria stand how: `proven`, `claimed`, `waived`, `open`.
    pub criteria: Counts,
    /// Whether git knows nothing of chant here.
    pub silent: bool,
    /// What runs have left that were ended before they were over.
    pub left: Vec<recover::Finding>,
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
        ready: Vec::new(),
        criteria: Counts::new(),
        silent: project.silent(),
        left: recover::look(project)?,
    };
    let mut tally = Tally::default();
    let mut counts: BTreeMap<State, usize> = BTreeMap::new();
    let mut specs = survey(
        project,
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
            verdict.lapsed_gate || Section::of(verdict.standing()).is_some()
        },
    )?;
    specs.sort_by(|a, b| natural_order(&a.id, &b.id));
    board.criteria = tally.into_counts(project)?;
    board.counts = counts
        .into_iter()
        .map(|(state, count)| (state.as_str().to_owned(), count))
        .collect();
    for spec in specs {
        match Section::of(spec.standing()) {
            Some(Section::Active) => board.active.push(spec),
            Some(Section::Ready) => board.ready.push(spec),
            // Where nothing else is to be said, it is a gate whose approval lapsed.
            Some(Section::Attention) | None => board.attention.push(spec),
        }
    }
    Ok(board)
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
            State::Queued | State::InProgress | State::Verifying | State::Landing => {
                Some(Self::Active)
            }
            State::Paused
            | State::Parked
            | State::Conflict
            | State::Failed
            | State::NeedsAttention => Some(Self::Attention),
            State::Pending
            | State::Blocked
            | State::Completed
            | State::Cancelled
            | State::Stale => None,
        }
    }
}
