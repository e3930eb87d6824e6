//! `chant merge`: lands results that wait: for their turn, for a checkout that is clean, for a person who resolved a conflict.

use chant_spec::SpecId;

use crate::error::{Code, Error, Result};
use crate::journal::{Journal, RunRecord, RunState, Step};
use crate::project::Project;
use crate::query::{Filter, list};
use crate::run::Report;
use crate::run::queue::{self, Attendance, Preview, Which};
use crate::run::{Run, Surroundings};

/// The runs whose results wait to land, oldest first.
pub fn waiting(project: &Project) -> Result<Vec<RunRecord>> {
    let Some(journal) = Journal::open_existing(&project.state_dir(), &project.project_key())?
    else {
        return Ok(Vec::new());
    };
    Ok(journal.all_latest()?.into_iter().filter(waits).collect())
}

/// Those whose specs have one of these labels.
pub fn waiting_with(project: &Project, labels: &[String]) -> Result<Vec<RunRecord>> {
    let filter = Filter {
        labels: labels.to_vec(),
        ..Filter::default()
    };
    let specs = list(project, &filter)?;
    let mut runs = waiting(project)?;
    runs.retain(|run| specs.iter().any(|spec| spec.id == run.spec));
    Ok(runs)
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

/// Keeps of the runs those that a person had to resolve a conflict of; refuses where one is still open.
pub fn resolved(runs: Vec<RunRecord>) -> Vec<RunRecord> {
    let conflicts = |run: &RunRecord| run.state == RunState::Conflict;
    runs.into_iter().filter(conflicts).collect()
}

/// What [`merge`] would do, with nothing touched.
pub fn preview(project: &Project, runs: &[RunRecord]) -> Result<Vec<Preview>> {
    queue::preview(project, runs)
}

/// Lands waiting runs: those first that were not checked to their end, or that a person has changed since, are checked.
pub fn merge(
    project: &Project,
    runs: &[RunRecord],
    attendance: Attendance<'_>,
) -> Result<Vec<Report>> {
    let Attendance {
        control,
        tell,
        guard,
        hands_back,
    } = attendance;
    let (mut reports, mut finished) = (Vec::new(), Vec::new());
    for run in runs {
        if queue::waits(run) {
            finished.push(run.id.clone());
            continue;
        }
        still_open(project, run)?;
        let mut sink = |event: &crate::event::Event| tell(&run.id, event);
        let outside = Surroundings {
            control,
            sink: &mut sink,
            guard: guard.clone(),
        };
        let record = Run::finish_first(project, run, outside)?.drive()?;
        if record.state == RunState::Finished {
            finished.push(record.id);
        } else {
            reports.push(Report::of(record));
        }
    }
    let attendance = Attendance {
        control,
        tell,
        guard,
        hands_back,
    };
    reports.extend(queue::land(project, attendance, Which::Runs(&finished))?);
    Ok(reports)
}

/// A conflict that git still holds open in the run's worktree is for the person to resolve.
fn still_open(project: &Project, run: &RunRecord) -> Result<()> {
    let folder = &run.facts.worktree;
    if run.state != RunState::Conflict || !folder.join(".git").exists() {
        return Ok(());
    }
    let there = project.repo().at(folder);
    let open = there.unresolved()?;
    if open.is_empty() || crate::run::go_together(&there, &run.facts.main)? {
        return Ok(());
    }
    let spec = &run.spec;
    Err(Error::new(
        Code::Conflict,
        format!(
            "{spec}: git still holds a conflict open in {}: {}",
            folder.display(),
            open.join(", ")
        ),
    )
    .hint(format!(
        "resolve it, `git add` the files there, then: chant merge --continue {spec}"
    )))
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
