//! One trial of a check: its process tree, watched to its end or to a limit.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::mpsc::Receiver;
use std::time::Duration;

use chant_agent::Control;
use chant_os::clock::Stopwatch;
use chant_os::tree::{Exit, Job, Next, Running, Stdin};

use super::kept::Kept;
use super::outcome::{Ended, Trial};
use super::place::Place;
use super::plan::Plan;
use super::{Bench, Stopped};
use crate::error::Result;
use crate::sandbox::Temp;

/// How often a limit is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// How long what is killed may take to hand over its last output.
const LAST_WORDS: Duration = Duration::from_secs(15);

impl Bench<'_> {
    pub(super) fn once(
        &self,
        place: &Place,
        log: &str,
        plan: &Plan<'_>,
    ) -> Result<std::result::Result<Trial, Stopped>> {
        let dir = match folder(place.worktree(), plan.dir.as_str()) {
            Ok(dir) => dir,
            Err(why) => return Ok(Ok(Trial::not_begun(why))),
        };
        let temp = match &self.bounds {
            None => None,
            Some(bounds) => bounds.make_temp(&format!("{}-{log}", self.run))?,
        };
        let job = Job {
            program: "/bin/sh".into(),
            args: vec!["-c".into(), plan.check.run.clone().into()],
            dir,
            env: self.environment(place, plan, temp.as_ref()),
            stdin: Stdin::Null,
            marker: (crate::claim::MARKER.to_owned(), self.run.to_owned()),
            exit_file: self.logs.join(format!("{log}.exit.json")),
            grace: Duration::from_secs(2),
            grace2: Duration::from_secs(2),
        };
        let job = match &self.bounds {
            None => job,
            Some(bounds) => bounds.put(job, place, temp.as_ref()),
        };
        let running = Running::start(self.guard, &job)?;
        let most = self.project.config().limits.processes;
        Ok(attend(running, self.control, plan.limit, most))
    }

    fn environment(
        &self,
        place: &Place,
        plan: &Plan<'_>,
        temp: Option<&Temp>,
    ) -> Vec<(OsString, OsString)> {
        // It runs what an agent wrote.
        let named = &self.project.config().confinement.env_allow;
        let mut env = chant_agent::Environment::of_checks(named).kept;
        env.extend(self.env.iter().cloned());
        env.push(("CHANT".into(), "1".into()));
        env.push(("CHANT_WORKTREE".into(), place.worktree().into()));
        if let Some(file) = &self.spec_file {
            env.push(("CHANT_SPEC_FILE".into(), place.worktree().join(file).into()));
        }
        env.extend(temp.map(|temp| ("TMPDIR".into(), temp.path().into())));
        let own = plan.check.env.iter();
        env.extend(own.map(|(key, value)| (key.into(), value.into())));
        env
    }
}

/// Watches a tree to its end, or to a limit of time or of processes.
pub(crate) fn attend(
    mut running: Running,
    control: &Receiver<Control>,
    limit: Duration,
    most: usize,
) -> std::result::Result<Trial, Stopped> {
    let (watch, mut looked) = (Stopwatch::start(), Stopwatch::start());
    let mut kept = Kept::default();
    let ended = loop {
        match running.next(LOOK) {
            Next::Line(source, line) => kept.line(source, line),
            Next::Ended(exit) => break ended(exit),
            Next::Timeout => {}
        }
        if control.try_recv().is_ok() {
            end(&mut running, &mut kept);
            return Err(Stopped);
        }
        if watch.elapsed() > limit {
            end(&mut running, &mut kept);
            break Ended::TimedOut(limit);
        }
        if looked.elapsed() >= LOOK {
            looked = Stopwatch::start();
            if running.is_larger_than(most) {
                end(&mut running, &mut kept);
                break Ended::TooMany(most);
            }
        }
    };
    Ok(Trial {
        ended,
        cut: kept.cut(),
        output: kept.into_bytes(),
    })
}

/// Ends the tree and waits until it is gone: nothing may still write into the place.
fn end(running: &mut Running, kept: &mut Kept) {
    running.kill();
    let watch = Stopwatch::start();
    while watch.elapsed() < LAST_WORDS {
        match running.next(LOOK) {
            Next::Line(source, line) => kept.line(source, line),
            Next::Ended(_) => return,
            Next::Timeout => {}
        }
    }
}

fn ended(exit: Exit) -> Ended {
    match exit {
        Exit::Code(127) => Ended::NotFound,
        Exit::Code(code) => Ended::Exit(code),
        Exit::Signal(signal) => Ended::Signal(signal),
        Exit::NotStarted(why) => Ended::NotStarted(why),
        Exit::Lost => Ended::Lost,
    }
}

/// The folder of a check. Where the tree has a link there, it must not lead out.
fn folder(worktree: &Path, inside: &str) -> std::result::Result<PathBuf, String> {
    let dir = worktree.join(inside);
    let real = match dir.canonicalize() {
        Ok(real) if real.is_dir() => real,
        Ok(_) => return Err(format!("{inside} is not a folder")),
        Err(_) => return Err(format!("there is no folder {inside}")),
    };
    let top = worktree.canonicalize().unwrap_or_default();
    if real.starts_with(top) {
        Ok(real)
    } else {
        Err(format!("{inside} leads out of the repository"))
    }
}
