//! `chant cancel`: a spec that is not wanted any more. What is at work on it is stopped first.

use chant_spec::status::{Action, State, allowed};
use chant_spec::{SpecId, Status, set_scalar};
use serde::Serialize;

use super::reset::put_run_aside;
use crate::driver::{self, Completed};
use crate::error::{Code, Error, Result};
use crate::index::SpecRef;
use crate::journal::{Journal, RunState, Step};
use crate::journal::{What, Wish};
use crate::person::Name;
use crate::project::Project;
use crate::query::dag;
use crate::record::{Recorded, record_spec_change};
use crate::steer;

/// What was done.
#[derive(Debug, Clone, Serialize)]
pub struct Cancelled {
    /// The spec.
    pub id: String,
    /// How it stood.
    pub was: State,
    /// The ref that keeps what an unfinished run had done, where it had done anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept: Option<String>,
    /// How it was recorded; absent where the spec was cancelled already.
    pub recorded: Option<Recorded>,
    /// The drivers whose last open member it was.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub drivers: Vec<Completed>,
}

/// What cancelling a spec would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coming {
    /// Nothing: it is cancelled.
    Nothing,
    /// It would be cancelled.
    Cancel,
    /// What works it now would be stopped first.
    StopAndCancel,
}

/// What [`cancel`] would do, with nothing touched; refuses what that would refuse.
pub fn preview(project: &Project, id: &SpecId) -> Result<Coming> {
    let was = project.show(id)?.state;
    allowed(was, Action::Cancel).map_err(|refusal| refusal.of(id.as_str()))?;
    Ok(match was {
        State::Cancelled => Coming::Nothing,
        State::InProgress | State::Verifying => Coming::StopAndCancel,
        _ => Coming::Cancel,
    })
}

/// Cancels a spec. An unfinished run is stopped and put aside; attempts that are over stay as they are.
pub fn cancel(project: &Project, found: &SpecRef, by: &Name) -> Result<Cancelled> {
    let id = &found.id;
    let was = project.show(id)?.state;
    allowed(was, Action::Cancel).map_err(|refusal| refusal.of(id.as_str()))?;
    let document = project.document(&found.path)?;
    if document.frontmatter().status == Status::Cancelled {
        return Ok(Cancelled {
            id: id.to_string(),
            was,
            kept: None,
            recorded: None,
            drivers: Vec::new(),
        });
    }
    let kept = stop_run(project, id, by)?;
    let bytes = set_scalar(&document, "status", Status::Cancelled.as_str())?;
    let recorded = record_spec_change(project, id, &bytes, &format!("chant({id}): cancel"))?;
    Ok(Cancelled {
        id: id.to_string(),
        was,
        kept,
        recorded: Some(recorded),
        drivers: driver::complete_if_free(project, id)?,
    })
}

fn stop_run(project: &Project, id: &SpecId, by: &Name) -> Result<Option<String>> {
    let (state_dir, key) = (project.state_dir(), project.project_key());
    let latest = Journal::open_existing(&state_dir, &key)?
        .map(|journal| journal.latest(id.as_str()))
        .transpose()?
        .flatten();
    if latest.is_none_or(|run| run.state.is_over()) {
        return Ok(None);
    }
    let held = steer::stop(project, id, &Wish::new(What::Cancel, by))?;
    match &held.run {
        Some(run) if run.state == RunState::Completed || run.step > Step::Land => Err(Error::new(
            Code::WrongStatus,
            format!("{id} landed before it could be cancelled"),
        )
        .hint(format!("see what it changed: chant show {id}"))),
        Some(run) if !run.state.is_over() => put_run_aside(project, &held.journal, id),
        _ => Ok(None),
    }
}

/// What depends on these specs, directly or not, and is neither done nor cancelled: in the order of the graph.
pub fn dependents(project: &Project, ids: &[SpecId]) -> Result<Vec<SpecId>> {
    let graph = dag(project, &[])?;
    let mut reached: Vec<&str> = ids.iter().map(SpecId::as_str).collect();
    let mut next = 0;
    while let Some(at) = reached.get(next).copied() {
        next += 1;
        for edge in graph.edges.iter().filter(|edge| edge.to == at) {
            if !reached.contains(&edge.from.as_str()) {
                reached.push(&edge.from);
            }
        }
    }
    let is_open = |id: &&str| {
        graph.specs.iter().any(|spec| {
            spec.id == **id
                && !matches!(
                    spec.status,
                    State::Completed | State::Cancelled | State::Stale
                )
        })
    };
    let found = reached.into_iter().skip(ids.len()).filter(is_open);
    Ok(found.filter_map(|id| SpecId::parse(id).ok()).collect())
}
