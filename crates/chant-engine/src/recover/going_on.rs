//! What can go on without anybody being asked: it was asked for before, and something cut it off or held it up.
//!
//! A run that a person paused, took over or interrupted is theirs to go on with; so is a conflict, and what spent a budget,
//! but for a day's: that is another's tomorrow. Nothing that was never
//! asked for is in here.

use std::time::Duration;

use chant_spec::SpecId;

use crate::claim;
use crate::error::{Code, Error, Result};
use crate::journal::{Journal, RunRecord, RunState, Step};
use crate::order::Order;
use crate::project::Project;
use crate::room::room;
use crate::run::Report;
use crate::run::{Run, Surroundings};

use crate::query::left::is_due;

/// What can go on, and what will be able to.
#[derive(Debug, Default)]
pub struct Going {
    /// Runs that nobody drives and that can go on now: cut off, due, or waiting to land.
    pub now: Vec<RunRecord>,
    /// How long until the first of the others is due; none where nothing waits for its time.
    pub later: Option<Duration>,
}

/// Finds what can go on. One look into the journal.
pub fn going_on(project: &Project) -> Result<Going> {
    let (state_dir, key) = (project.state_dir(), project.project_key());
    let mut going = Going::default();
    let Some(journal) = Journal::open_existing(&state_dir, &key)? else {
        return Ok(going);
    };
    for run in journal.all_latest()? {
        if run.state.is_over() || claim::is_held(&state_dir, &key, &run.spec) {
            continue;
        }
        match run.state {
            // What has landed is only tidied up, whoever interrupted that.
            RunState::Paused if (run.step as usize) > Step::Land as usize => going.now.push(run),
            RunState::Paused if run.facts.budget_renews.is_none() => {}
            RunState::Conflict => {}
            RunState::Parked if is_due(&run) => going.now.push(run),
            RunState::Parked | RunState::Paused => match wait_of(&run) {
                Duration::ZERO => going.now.push(run),
                wait => {
                    going.later = Some(going.later.map_or(wait, |other| other.min(wait)));
                }
            },
            _ => going.now.push(run),
        }
    }
    // What only has to land comes first: others may depend on it.
    going
        .now
        .sort_by_key(|run| std::cmp::Reverse(run.step as usize));
    Ok(going)
}

/// How long until a limit, or what a day may cost, is renewed.
fn wait_of(run: &RunRecord) -> Duration {
    let until = match run.state {
        RunState::Parked => run.facts.parked.as_ref().map(|parked| parked.until),
        _ => run
            .facts
            .budget_renews
            .as_deref()
            .and_then(|at| at.parse().ok()),
    };
    let left = until.map(|until| until.duration_since(chant_os::clock::now()));
    left.and_then(|left| left.try_into().ok())
        .unwrap_or(Duration::ZERO)
}

/// Whether an agent or a check has still to work on a run; else it only has to land.
pub fn is_being_made(run: &RunRecord) -> bool {
    let state = matches!(
        run.state,
        RunState::InProgress | RunState::Verifying | RunState::Parked
    );
    state && (run.step as usize) < Step::Land as usize
}

/// Goes on with one run, up to where it lands or waits. `None` where another process was faster.
pub fn go_on(
    project: &Project,
    run: &RunRecord,
    outside: Surroundings<'_>,
) -> Result<Option<Report>> {
    let mut outside = outside;
    let id =
        SpecId::parse(&run.spec).map_err(|error| Error::new(Code::Internal, error.to_string()))?;
    let _room = room(project, &id, &Order::default(), &mut outside)?;
    match Run::resume(project, run, outside) {
        Ok(run) => Ok(Some(Report::of(run.drive()?))),
        Err(error) if error.code == Code::SpecLocked => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether a living process works this spec.
pub fn is_driven(project: &Project, spec: &str) -> bool {
    claim::is_held(&project.state_dir(), &project.project_key(), spec)
}

/// A number that changes when the file of a spec did, be it in its place. A look at each file's times.
pub fn pulse_of_files(project: &Project) -> u64 {
    use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
    let files = std::fs::read_dir(project.dot_chant().join("specs"));
    let seen = files.into_iter().flatten().flatten().map(|file| {
        let found = file.metadata().ok();
        let found = found.map(|found| (found.len(), found.modified().ok()));
        BuildHasherDefault::<DefaultHasher>::default().hash_one((file.file_name(), found))
    });
    // In whichever order they come.
    seen.fold(0, u64::wrapping_add)
}

/// A number that changes when anything changed that could make something go on: a run, or a spec's file. A few looks at
/// files' times, no process.
pub fn pulse(project: &Project) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let state = project.state_dir();
    let watched = [
        state.join("journal.db"),
        state.join("journal.db-wal"),
        project.dot_chant().join("specs"),
        project.dot_chant().join("config.md"),
        project.repo().common_dir().join("HEAD"),
        project.repo().common_dir().join("logs/HEAD"),
        project.repo().git_dir().join("index"),
    ];
    let mut hasher = DefaultHasher::new();
    for path in watched {
        let seen = path.metadata().ok();
        let seen = seen.map(|found| (found.len(), found.modified().ok()));
        seen.hash(&mut hasher);
    }
    hasher.finish()
}
