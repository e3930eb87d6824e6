//! Where checks run: everything that runs a check goes through a [`Bench`].
//!
//! A check never runs where somebody works. It runs in a [`Place`]: a worktree of exactly the tree that is to be proven,
//! taken from a pool that keeps what git ignores, so that build tools stay warm. Its processes are owned and ended as one
//! tree, and its time, its output and the number of its processes are limited. What it changes is noticed, said, and
//! undone.
//!
//! Deliberately not here: which checks there are, and what follows from what came of them.

mod bisect;
mod bounds;
mod kept;
mod missing;
mod outcome;
mod place;
mod plan;
pub(crate) mod pool;
mod process;
mod stranger;

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::mpsc::Receiver;

use chant_agent::Control;
use chant_git::Oid;
use chant_os::tree::Guard;
use chant_spec::{Check, SpecId};

use crate::error::Result;
use crate::event::Surroundings;
use crate::project::Project;
use crate::sandbox;

pub(crate) use bisect::{first_unlike, main_line, most_looks};
pub(crate) use bounds::Bounds;
pub(crate) use outcome::{Ended, Outcome};
pub(crate) use place::{LOCK, Place};
pub(crate) use plan::{Plan, name_of};
pub(crate) use process::attend;

/// A check was cut short by a person.
#[derive(Debug)]
pub(crate) struct Stopped;

/// How checks are run.
pub(crate) struct Bench<'a> {
    /// The project whose trees are checked.
    pub(crate) project: &'a Project,
    /// How to start a guard.
    pub(crate) guard: &'a Guard,
    /// A person's wish to stop.
    pub(crate) control: &'a Receiver<Control>,
    /// The marker of the checks' processes: the run's id.
    pub(crate) run: &'a str,
    /// The folder for logs; it exists.
    pub(crate) logs: PathBuf,
    /// Whether places are pristine and used once, in place of warm ones.
    pub(crate) cold: bool,
    /// What a check finds in its environment besides the user's own and where it is.
    pub(crate) env: Vec<(OsString, OsString)>,
    /// The file of the spec that is proven, from the repository's root.
    pub(crate) spec_file: Option<String>,
    /// What keeps commands from the user's files; `None` where nothing does, because the user wants it so or the system can not.
    pub(crate) bounds: Option<Bounds>,
}

impl<'a> Bench<'a> {
    /// For checks of what is on the main branch, which no single agent made: warm, within the bounds of the usual agent.
    pub(crate) fn of_main(
        project: &'a Project,
        outside: &'a Surroundings<'_>,
        run: &'a str,
        logs: PathBuf,
    ) -> Result<Self> {
        let (agent, bounds) = sandbox::usual_bounds(project.config())?;
        let chant = &outside.guard.program;
        Ok(Self {
            project,
            guard: &outside.guard,
            control: outside.control,
            run,
            logs,
            cold: false,
            env: Vec::new(),
            spec_file: None,
            bounds: Bounds::of_agent(project, &agent, &bounds, chant),
        })
    }

    /// The same for the checks of one spec, whose path is from the project's root.
    pub(crate) fn about(mut self, spec: &SpecId, path: &str) -> Self {
        self.env
            .push(("CHANT_SPEC_ID".into(), spec.as_str().into()));
        self.spec_file = Some(self.project.path_from_repo(path));
        self
    }
}

impl Bench<'_> {
    /// A worktree of exactly `tree`. `parent` is the commit that the tree would land on.
    pub(crate) fn place(&self, tree: &Oid, parent: &Oid) -> Result<Place> {
        Place::take(self.project, self.run, self.cold, tree, parent)
    }

    /// Runs a check as often as it says and compares what happened with what it expects. `log` names its files below the
    /// folder for logs.
    pub(crate) fn run(
        &self,
        place: &Place,
        log: &str,
        check: &Check,
    ) -> Result<std::result::Result<Outcome, Stopped>> {
        let plan = Plan::of(self.project, check)?;
        let warm = place.is_warm();
        let mut outcome: Option<Outcome> = None;
        for _ in 0..plan.times {
            let Ok(trial) = self.once(place, log, &plan)? else {
                return Ok(Err(Stopped));
            };
            let mut next = Outcome::of(&plan, trial, warm);
            next.notes.extend(place.restore()?);
            outcome = Some(match outcome {
                None => next,
                Some(before) => before.and(next),
            });
        }
        let mut outcome = outcome.expect("a check is run at least once").summed_up();
        if !outcome.passed {
            let said = format!("{} {}", check.run, outcome.tail);
            let missing = missing::only_in_checkout(self.project, place, &said);
            outcome.notes.extend(missing);
            let bounds = self.bounds.iter();
            let denied = bounds.flat_map(|bounds| bounds.denied(place, &outcome.output));
            outcome.notes.extend(denied.collect::<Vec<_>>());
        }
        let log = self.logs.join(format!("{log}.log"));
        chant_os::file::replace(&log, &outcome.output)?;
        Ok(Ok(outcome))
    }
}
