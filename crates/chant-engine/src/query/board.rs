//! How a project stands, and what to do next.

use std::collections::BTreeMap;

use chant_spec::status::State;
use serde::Serialize;

use super::list::all;
use super::spec::{Spec, natural_order};
use crate::error::Result;
use crate::project::Project;

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
    /// Whether git knows nothing of chant here.
    pub silent: bool,
}

/// Sums up a project.
pub fn board(project: &Project) -> Result<Board> {
    let mut specs = all(project, |_| true)?;
    let before = specs.len();
    specs.retain(|spec| !spec.archived);
    let mut board = Board {
        project: project.name(),
        total: specs.len(),
        archived: before - specs.len(),
        counts: BTreeMap::new(),
        active: Vec::new(),
        attention: Vec::new(),
        ready: Vec::new(),
        silent: project.silent(),
    };
    specs.sort_by(|a, b| natural_order(&a.id, &b.id));
    for spec in specs {
        *board
            .counts
            .entry(spec.standing().as_str().to_owned())
            .or_default() += 1;
        match spec.standing() {
            State::Ready => board.ready.push(spec),
            State::Queued | State::InProgress | State::Verifying | State::Landing => {
                board.active.push(spec)
            }
            State::Paused
            | State::Parked
            | State::Conflict
            | State::Failed
            | State::NeedsAttention => {
                board.attention.push(spec);
            }
            State::Pending
            | State::Blocked
            | State::Completed
            | State::Cancelled
            | State::Stale => {}
        }
    }
    Ok(board)
}
