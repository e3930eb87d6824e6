//! `chant merge`: lands branches that wait, because of a dirty checkout or a conflict.

use chant_spec::SpecId;

use super::work::Report;
use crate::error::{Code, Error, Result};
use crate::journal::{Journal, RunRecord, RunState, Step};
use crate::project::Project;
use crate::run::{Run, Surroundings};

/// The runs whose results wait to land, oldest first.
pub fn waiting(project: &Project) -> Result<Vec<RunRecord>> {
    let Some(journal) = Journal::open_existing(&project.state_dir(), &project.project_key())?
    else {
        return Ok(Vec::new());
    };
    Ok(journal.all_latest()?.into_iter().filter(waits).collect())
}

/// The waiting run of one spec; says what to do where it has none.
pub fn waiting_run(project: &Project, id: &SpecId) -> Result<RunRecord> {
    let found = Journal::open_existing(&project.state_dir(), &project.project_key())?
        .map(|journal| journal.latest(id.as_str()))
        .transpose()?
        .flatten();
    match found {
        Some(run) if waits(&run) => Ok(run),
        Some(run) if run.state == RunState::Failed => Err(Error::new(
            Code::WrongStatus,
            format!("{id} failed: {}", run.reason),
        )
        .hint(format!(
            "`chant work {id}` tries again; what the run did is on {}",
            run.facts.branch
        ))),
        _ => Err(Error::new(
            Code::NothingToDo,
            format!("{id} has no result that waits to land"),
        )
        .hint("`chant status` lists what waits")),
    }
}

/// Lands one waiting run.
pub fn merge(project: &Project, run: &RunRecord, outside: Surroundings<'_>) -> Result<Report> {
    Ok(Report::of(Run::resume(project, run, outside)?.drive()?))
}

fn waits(run: &RunRecord) -> bool {
    let past_the_agent = matches!(
        run.step,
        Step::Verify | Step::Land | Step::Checkout | Step::Record | Step::Clean
    );
    matches!(
        run.state,
        RunState::Finished | RunState::Landing | RunState::Conflict | RunState::Verifying
    ) || (run.state == RunState::Paused && past_the_agent)
}
