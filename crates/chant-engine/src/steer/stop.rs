//! Stopping a run that any process may drive, and having its claim afterwards.

use std::time::Duration;

use chant_os::clock::Stopwatch;
use chant_os::lock::Lock;
use chant_spec::SpecId;

use crate::claim::MARKER;
use crate::claim::{self, Turn};
use crate::error::{Code, Error, Result};
use crate::journal::Wish;
use crate::journal::run_dir;
use crate::journal::{Journal, RunRecord, RunState};
use crate::project::Project;

/// How often the claim is tried while a run comes to its end.
const POLL: Duration = Duration::from_millis(10);

/// An agent is given a grace, then its tree is killed; no run takes as long as this to end.
const PATIENCE: Duration = Duration::from_mins(1);

/// A spec that nobody works any more, and nobody else will until this is dropped.
#[derive(Debug)]
pub(crate) struct Held {
    /// The journal, for what is done next.
    pub(crate) journal: Journal,
    /// The spec's last run, as it stands now.
    pub(crate) run: Option<RunRecord>,
    /// Whether a living process was stopped for it.
    pub(crate) stopped: bool,
    _claim: Lock,
    _turn: Lock,
}

/// Stops whoever works the spec, for `wish`, and waits until nobody does.
pub(crate) fn stop(project: &Project, id: &SpecId, wish: &Wish) -> Result<Held> {
    let (state_dir, key, spec) = (project.state_dir(), project.project_key(), id.as_str());
    let journal = Journal::open(&state_dir, &key)?;
    let turn = claim::steering(&state_dir, &key, spec)?;
    let since = Stopwatch::start();
    let mut asked = false;
    let claim = loop {
        match claim::try_hold(&state_dir, &key, spec, wish.what.command())? {
            Turn::Ours(claim) => break claim,
            Turn::Worker(pid) if !asked => asked = ask(project, &journal, spec, wish, pid)?,
            Turn::Worker(_) | Turn::Busy => {}
        }
        if since.elapsed() >= PATIENCE {
            return Err(still_held(spec));
        }
        std::thread::sleep(POLL);
    };
    let mut held = Held {
        run: journal.latest(spec)?,
        journal,
        stopped: asked,
        _claim: claim,
        _turn: turn,
    };
    held.settle(project, wish)?;
    Ok(held)
}

/// Leaves the wish where the run's end finds it, then interrupts its process. A process that has the claim and no run
/// yet is asked when it has one.
fn ask(project: &Project, journal: &Journal, spec: &str, wish: &Wish, pid: u32) -> Result<bool> {
    let Some(run) = journal.latest(spec)?.filter(|run| !run.state.is_over()) else {
        return Ok(false);
    };
    wish.leave(&run_dir(project, &run.id))?;
    // Looked at again: between the note and the signal the process may have gone on to another spec.
    if !claim::is_held(&project.state_dir(), &project.project_key(), spec) {
        return Ok(false);
    }
    Ok(chant_os::signal::interrupt(pid))
}

fn still_held(spec: &str) -> Error {
    Error::new(
        Code::SpecLocked,
        format!(
            "{spec} was asked to stop, and its process has not ended after {} s",
            PATIENCE.as_secs()
        ),
    )
    .hint(format!(
        "look at what it does with `chant log -f {spec}`, then repeat the command"
    ))
}

impl Held {
    /// Writes down what the run's own process could not, because it was killed or is long gone.
    fn settle(&mut self, project: &Project, wish: &Wish) -> Result<()> {
        let Some(run) = &mut self.run else {
            return Ok(());
        };
        // The run's end has taken it where it read it.
        Wish::take(&run_dir(project, &run.id));
        let abandoned = matches!(
            run.state,
            RunState::InProgress | RunState::Verifying | RunState::Landing
        ) && run.step < crate::journal::Step::Land;
        if abandoned {
            chant_os::tree::end_marked(MARKER, &run.id);
            run.state = RunState::Paused;
        }
        if abandoned || (run.state == RunState::Paused && run.facts.wish.is_none()) {
            run.reason = wish.reason(&run.spec);
            run.facts.wish = Some(wish.clone());
            self.journal.save(run)?;
        }
        Ok(())
    }
}
