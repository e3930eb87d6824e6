//! `chant finalize`: what a person made by hand goes the way of every result.

use std::path::PathBuf;

use chant_spec::SpecId;
use chant_spec::status::{Action, allowed};
use serde::Serialize;

use crate::error::{Code, Error, Result};
use crate::journal::Journal;
use crate::person::Name;
use crate::person::person_only;
use crate::project::Project;
use crate::run::Report;
use crate::run::folder;
use crate::run::{Run, Surroundings};

/// What came of it.
#[derive(Debug, Clone, Serialize)]
pub struct Finalized {
    /// The run.
    #[serde(flatten)]
    pub report: Report,
    /// Why it was not accepted; the worktree is the person's still.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// Whether that was because it contradicts the main branch, and nobody has merged that in the worktree yet.
    pub conflicts: bool,
    /// Where it was made.
    pub worktree: PathBuf,
}

/// Collects, judges, checks and lands what lies in the worktree that a person took over.
pub fn finalize(
    project: &Project,
    id: &SpecId,
    by: Option<&Name>,
    outside: Surroundings<'_>,
) -> Result<Finalized> {
    person_only("finalize a run")?;
    let state = project.show(id)?.state;
    allowed(state, Action::Finalize).map_err(|refusal| refusal.of(id.as_str()))?;
    let found = Journal::open_existing(&project.state_dir(), &project.project_key())?
        .map(|journal| journal.latest(id.as_str()))
        .transpose()?
        .flatten()
        .filter(|run| run.facts.takeover.is_some() && !run.state.is_over());
    let run = found.ok_or_else(|| {
        Error::new(
            Code::WrongStatus,
            format!("{id} was not taken over, so there is nothing of yours to accept"),
        )
        .hint(format!("go on with it by hand: chant takeover {id}"))
    })?;
    let record = Run::finalize(project, &run, by.map(Name::as_str), outside)?.drive()?;
    let refused = record
        .facts
        .takeover
        .as_ref()
        .and_then(|it| it.refused.clone());
    let facts = &record.facts;
    let conflicts = refused.is_some()
        && facts.conflict.is_some()
        && !project.repo().at(&facts.worktree).is_merging();
    Ok(Finalized {
        conflicts,
        worktree: folder(project, &record.facts),
        refused,
        report: Report::of(record),
    })
}
