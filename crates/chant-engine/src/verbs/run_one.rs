//! `chant run-one`: the first half of one run, for whoever schedules it. It never writes the main branch.
//!
//! The command is the same wherever it is run, and may be repeated: a run that was cut off goes on, one that is made
//! or over is told again, and nothing is paid for twice.

use chant_spec::SpecId;

use super::attempts;
use crate::error::Result;
use crate::journal::{Journal, RunState};
use crate::order::{Order, Until};
use crate::project::Project;
use crate::run::Report;
use crate::run::{Run, Surroundings};

/// Makes the result of run `run` of this spec, up to where it waits for its turn to land.
pub fn run_one(
    project: &Project,
    id: &SpecId,
    run: &str,
    order: &Order,
    outside: Surroundings<'_>,
) -> Result<Report> {
    if let Some(journal) = Journal::open_existing(&project.state_dir(), &project.project_key())?
        && let Some(record) = journal.run(run)?
        && record.facts.series.is_none()
        && (record.state.is_over() || record.state == RunState::Finished)
    {
        return Ok(Report::of(record));
    }
    let order = Order {
        run: Some(run.to_owned()),
        until: Until::Finished,
        ..order.clone()
    };
    let mut outside = outside;
    if let Some(best) = attempts::best(project, id, &order, &mut outside)? {
        let attempts = attempts::tried(project, &best)?;
        return Ok(Report {
            attempts,
            ..Report::of(best)
        });
    }
    Ok(Report::of(
        Run::start(project, id, &order, outside)?.drive()?,
    ))
}
