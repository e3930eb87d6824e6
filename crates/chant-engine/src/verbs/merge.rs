//! `chant merge`: lands results that wait: for their turn, for a checkout that is clean, for a person who resolved a conflict.

use chant_spec::{SpecId, State};

use crate::error::{Code, Error, Result};
use crate::journal::{Journal, RunRecord, RunState, Step};
use crate::project::Project;
use crate::query::{Filter, list};
use crate::run::queue::{self, Attendance, Preview, Which};
use crate::run::{LeftOpen, Report, Run, Surroundings};

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
        found => Err(nothing_waits(project, id, found.as_ref())?),
    }
}

/// Why nothing of a spec waits to land, and what to do instead.
fn nothing_waits(project: &Project, id: &SpecId, run: Option<&RunRecord>) -> Result<Error> {
    let state = project.show(id)?.standing();
    let refused = |code, why: String, hint: String| Ok(Error::new(code, why).hint(hint));
    if let Some(run) = run {
        let branch = &run.facts.branch;
        match run.state {
            RunState::Failed | RunState::NeedsAttention => {
                let (status, reason) = (state.is_so(), &run.reason);
                return refused(
                    Code::WrongStatus,
                    format!("{id} {status}: {reason}"),
                    format!("`chant work {id}` tries again; what the run did is on {branch}"),
                );
            }
            RunState::Paused if run.facts.takeover.is_some() => {
                return refused(
                    Code::NothingToDo,
                    format!("{id} is in a person's hands, so nothing of it waits to land"),
                    format!("accept what was made by hand: chant finalize {id}"),
                );
            }
            _ => {}
        }
    }
    let hint = match state {
        State::Completed | State::Stale => format!("see what it changed: chant show {id}"),
        State::Cancelled => format!("make it pending again: chant reset {id}"),
        State::InProgress | State::Verifying | State::Landing | State::Queued => {
            format!("follow it: chant log -f {id}")
        }
        State::Paused | State::Parked | State::Ready => format!("go on with it: chant work {id}"),
        State::Blocked => format!("see what is in the way: chant show {id}"),
        _ => "`chant status` lists what waits".to_owned(),
    };
    refused(
        Code::NothingToDo,
        format!(
            "{id} has no result that waits to land: it {}",
            state.is_so()
        ),
        hint,
    )
}

/// Keeps of the runs those that contradict the main branch.
pub fn resolved(runs: Vec<RunRecord>) -> Vec<RunRecord> {
    let conflicts = |run: &RunRecord| run.state == RunState::Conflict;
    runs.into_iter().filter(conflicts).collect()
}

/// What [`merge`] would do, with nothing touched.
pub fn preview(project: &Project, runs: &[RunRecord]) -> Result<Vec<Preview>> {
    queue::preview(project, runs)
}

/// A result that waited may have been looked at, and its worktree goes when it lands. What another process works just now is
/// left to that.
fn keep_what_came_later(
    project: &Project,
    run: &RunRecord,
    outside: Surroundings<'_>,
) -> Result<()> {
    match Run::resume(project, run, outside) {
        Ok(run) => run.keep_what_came_later(),
        Err(error) if matches!(error.code, Code::SpecLocked | Code::WrongStatus) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Lands waiting runs: those first that were not checked to their end, or that a person has changed since, are checked. One
/// in whose worktree a person is not done keeps none of the others from landing.
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
            let mut sink = |event: &crate::event::Event| tell(&run.id, event);
            let outside = Surroundings {
                control,
                sink: &mut sink,
                guard: guard.clone(),
            };
            keep_what_came_later(project, run, outside)?;
            finished.push(run.id.clone());
            continue;
        }
        if let Some(open) = left_open(project, run)? {
            if runs.len() == 1 {
                return Err(open.error(run, &format!("chant merge --continue {}", run.spec)));
            }
            reports.push(Report::of(RunRecord {
                reason: open.sentence(),
                ..run.clone()
            }));
            continue;
        }
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

/// What a person has begun in the worktree of a run in conflict, and has to end first.
fn left_open(project: &Project, run: &RunRecord) -> Result<Option<LeftOpen>> {
    if run.state != RunState::Conflict {
        return Ok(None);
    }
    match LeftOpen::find(project, run)? {
        Some(LeftOpen::Conflict { .. })
            if crate::run::go_together(
                &project.repo().at(&run.facts.worktree),
                &run.facts.main,
            )? =>
        {
            Ok(None)
        }
        found => Ok(found),
    }
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
