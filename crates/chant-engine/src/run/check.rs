//! Running one check: a command in a clean worktree, with limits, its whole process tree owned.

use std::path::Path;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use chant_agent::Control;
use chant_os::clock::Stopwatch;
use chant_os::tree::{Exit, Guard, Job, Next, Running, Stdin};
use chant_spec::{Check, Expect};
use regex::bytes::Regex;

use crate::error::{Code, Error, Result};
use crate::journal::CheckRecord;

/// How long a check may take where it does not say.
const DEFAULT_LIMIT: Duration = Duration::from_mins(20);

/// How much of a check's output is kept for `matches` and for its log.
const KEPT_OUTPUT: usize = 4 << 20;

/// Where and how checks run.
pub(super) struct Bench<'a> {
    /// The clean worktree.
    pub worktree: &'a Path,
    /// The project's folder in it.
    pub project: &'a Path,
    /// How to start a guard.
    pub guard: &'a Guard,
    /// The environment.
    pub env: &'a [(std::ffi::OsString, std::ffi::OsString)],
    /// The run's folder: logs go there.
    pub run_dir: &'a Path,
    /// The run's id, the marker of its processes.
    pub run: &'a str,
    /// A person's wish to stop.
    pub control: &'a Receiver<Control>,
}

/// A check was cut short by a person.
pub(super) struct Stopped;

impl Bench<'_> {
    /// Runs a check and compares what happened with what was expected.
    pub(super) fn run(
        &self,
        number: usize,
        check: &Check,
    ) -> Result<std::result::Result<CheckRecord, Stopped>> {
        let name = check.name.clone().unwrap_or_else(|| check.run.clone());
        let pattern = match check.matches.as_deref().map(Regex::new) {
            None => None,
            Some(Ok(pattern)) => Some(pattern),
            Some(Err(error)) => {
                return Err(Error::new(
                    Code::SpecInvalid,
                    format!("check {name:?}: matches: {error}"),
                ));
            }
        };
        for _ in 0..check.repeat.unwrap_or(1).max(1) {
            let Ok(end) = self.once(number, check)? else {
                return Ok(Err(Stopped));
            };
            if let Some(problem) = verdict(check, pattern.as_ref(), &end) {
                return Ok(Ok(record(name, check, false, problem)));
            }
        }
        let outcome = if expects_failure(check) {
            "fails, as expected"
        } else {
            "passes"
        };
        Ok(Ok(record(name, check, true, outcome.to_owned())))
    }

    fn once(&self, number: usize, check: &Check) -> Result<std::result::Result<End, Stopped>> {
        let limit = match check.timeout.as_deref() {
            None => DEFAULT_LIMIT,
            Some(text) => crate::config::parse_duration(text).ok_or_else(|| {
                Error::new(
                    Code::SpecInvalid,
                    format!(
                        "check {:?}: {text:?} is not a time like 90s or 10m",
                        check.run
                    ),
                )
            })?,
        };
        let dir = check
            .cwd
            .as_ref()
            .map_or_else(|| self.project.to_owned(), |cwd| self.project.join(cwd));
        if !dir.starts_with(self.worktree) {
            return Err(Error::new(
                Code::SpecInvalid,
                format!("check {:?}: cwd leaves the repository", check.run),
            ));
        }
        let mut env = self.env.to_vec();
        env.extend(
            check
                .env
                .iter()
                .map(|(key, value)| (key.into(), value.into())),
        );
        let job = Job {
            program: "/bin/sh".into(),
            args: vec!["-c".into(), check.run.clone().into()],
            dir,
            env,
            stdin: Stdin::Null,
            marker: ("CHANT_RUN_ID".to_owned(), self.run.to_owned()),
            exit_file: self.run_dir.join(format!("check-{number}.exit.json")),
            grace: Duration::from_secs(2),
            grace2: Duration::from_secs(2),
        };
        let mut running = Running::start(self.guard, &job)?;
        let watch = Stopwatch::start();
        let mut output = Vec::new();
        let exit = loop {
            match running.next(Duration::from_millis(100)) {
                Next::Line(_, line) => keep(&mut output, &line.bytes),
                Next::Ended(exit) => break Some(exit),
                Next::Timeout => {}
            }
            if self.control.try_recv().is_ok() {
                running.kill();
                return Ok(Err(Stopped));
            }
            if watch.elapsed() > limit {
                running.kill();
                break None;
            }
        };
        chant_os::file::replace(&self.run_dir.join(format!("check-{number}.log")), &output)?;
        Ok(Ok(End {
            exit,
            output,
            limit,
        }))
    }
}

struct End {
    /// `None` where it took too long.
    exit: Option<Exit>,
    output: Vec<u8>,
    limit: Duration,
}

fn keep(output: &mut Vec<u8>, line: &[u8]) {
    if output.len() < KEPT_OUTPUT {
        output.extend_from_slice(line);
        output.push(b'\n');
    }
}

/// What is wrong, if anything.
fn verdict(check: &Check, pattern: Option<&Regex>, end: &End) -> Option<String> {
    let last = last_line(&end.output);
    let failed = match &end.exit {
        None => return Some(format!("took longer than {} s", end.limit.as_secs())),
        Some(Exit::Code(0)) => None,
        Some(Exit::Code(127)) => return Some(format!("command not found{last}")),
        Some(Exit::Code(code)) => Some(format!("exit {code}")),
        Some(Exit::Signal(signal)) => Some(format!("ended by signal {signal}")),
        Some(Exit::NotStarted(why)) => return Some(format!("could not start: {why}")),
        Some(Exit::Lost) => return Some("its process was lost".to_owned()),
    };
    match (expects_failure(check), failed) {
        (false, Some(how)) => return Some(format!("{how}{last}")),
        (true, None) => return Some("passes, but is expected to fail".to_owned()),
        _ => {}
    }
    match pattern {
        Some(pattern) if !pattern.is_match(&end.output) => Some(format!(
            "its output does not match {:?}{last}",
            pattern.as_str()
        )),
        _ => None,
    }
}

fn expects_failure(check: &Check) -> bool {
    check.expect == Expect::Fail
}

fn last_line(output: &[u8]) -> String {
    let text = String::from_utf8_lossy(output);
    text.lines()
        .rev()
        .find(|line| !line.trim().is_empty())
        .map_or_else(String::new, |line| {
            format!(": {}", crate::one_line(line.trim()))
        })
}

fn record(name: String, check: &Check, passed: bool, outcome: String) -> CheckRecord {
    CheckRecord {
        name,
        run: check.run.clone(),
        passed,
        outcome,
    }
}
