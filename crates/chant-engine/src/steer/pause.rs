//! `chant pause`: a run stops where it is; its work stays, and `chant work` goes on with it.

use chant_spec::SpecId;
use chant_spec::status::{Action, State, allowed};
use serde::Serialize;

use super::stop::{Held, stop};
use crate::claim;
use crate::error::{Code, Error, Result};
use crate::journal::{Journal, RunRecord, RunState};
use crate::journal::{What, Wish};
use crate::person::Name;
use crate::project::Project;

/// A run that stands still.
#[derive(Debug, Clone, Serialize)]
pub struct Paused {
    /// The spec.
    pub id: String,
    /// The run.
    pub run: String,
    /// How the spec stood.
    pub was: State,
    /// Whether it had stopped before.
    pub already: bool,
    /// The step it goes on with.
    pub step: &'static str,
    /// Whether the agent's own session can go on; otherwise the next agent is told what was done.
    pub session: bool,
    /// Who has it in hand, where a person took it over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taken_over_by: Option<String>,
    /// Where its work is.
    pub worktree: String,
    /// Its branch.
    pub branch: String,
}

/// Stops the run of a spec.
pub fn pause(project: &Project, id: &SpecId, by: &Name) -> Result<Paused> {
    let was = project.show(id)?.state;
    allowed(was, Action::Pause).map_err(|refusal| refusal.of(id.as_str()))?;
    let held = stop(project, id, &Wish::new(What::Pause, by))?;
    paused(id, was, held)
}

/// Stops every run that a living process drives. One that ended by itself meanwhile is none of them.
pub fn pause_all(project: &Project, by: &Name) -> Result<Vec<Paused>> {
    let (state_dir, key) = (project.state_dir(), project.project_key());
    let Some(journal) = Journal::open_existing(&state_dir, &key)? else {
        return Ok(Vec::new());
    };
    let mut all = Vec::new();
    for run in journal.all_latest()? {
        if run.state.is_over() || !claim::is_held(&state_dir, &key, &run.spec) {
            continue;
        }
        let Ok(id) = SpecId::parse(&run.spec) else {
            continue;
        };
        match pause(project, &id, by) {
            Ok(paused) => all.push(paused),
            Err(error) if error.code == Code::WrongStatus => {}
            Err(error) => return Err(error),
        }
    }
    Ok(all)
}

fn paused(id: &SpecId, was: State, held: Held) -> Result<Paused> {
    match held.run {
        Some(run) if run.state == RunState::Paused => Ok(Paused {
            id: id.to_string(),
            was,
            already: was == State::Paused && !held.stopped,
            step: run.step.name(),
            session: run.facts.session.is_some(),
            taken_over_by: run.facts.takeover.map(|takeover| takeover.by),
            worktree: run.facts.worktree.display().to_string(),
            branch: run.facts.branch,
            run: run.id,
        }),
        Some(run) => Err(ended_by_itself(&run)),
        None => Err(Error::new(
            Code::WrongStatus,
            format!("nobody works {id} in this clone"),
        )
        .hint(format!("chant work {id}"))),
    }
}

fn ended_by_itself(run: &RunRecord) -> Error {
    let (spec, state) = (&run.spec, run.state.shown());
    Error::new(
        Code::WrongStatus,
        format!("{spec} ended by itself before it could be paused: it is {state}"),
    )
    .hint(format!("chant show {spec}"))
}
