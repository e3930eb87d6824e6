//! The first place that runs things: this machine. Each job is a process, `chant run-one`.
//!
//! Its standard input is its lifeline, so no job outlives the scheduler; its standard output is the run's events.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use chant_agent::Control;
use chant_git::FOUND_GIT;
use chant_os::crew::{Crew, Member, News};

use super::seam::{Capabilities, Ending, Executor, Job, Update, What};
use crate::error::Result;
use crate::event::Stamped;
use crate::project::Project;

/// A job prints only errors there.
const LARGEST_LOG: u64 = 1 << 20;

/// Processes of this machine.
#[derive(Debug)]
pub struct Local {
    /// The program: this one.
    program: PathBuf,
    /// Where the project is.
    root: PathBuf,
    /// What is known here and need not be found out by each.
    env: Vec<(OsString, OsString)>,
    /// Where error output goes.
    logs: PathBuf,
    crew: Crew,
    /// The last line of each job that was no event: the document it ended with.
    last: HashMap<String, String>,
}

impl Local {
    /// Processes of `program`, which is this one, in this project.
    pub fn new(project: &Project, program: PathBuf) -> Self {
        // What is wrong with git, where something is, each of them says itself.
        let git = project.repo().check_version().ok();
        let git = git.map(|version| (FOUND_GIT.into(), version.to_string().into()));
        Self {
            program,
            env: git.into_iter().collect(),
            root: project.root().to_owned(),
            logs: project.state_dir().join("jobs"),
            crew: Crew::default(),
            last: HashMap::new(),
        }
    }

    fn member(&self, job: &Job) -> Member {
        let mut args: Vec<OsString> = vec!["--json".into(), "run-one".into()];
        let mut option = |name: &str, value: Option<&str>| {
            if let Some(value) = value {
                args.push(format!("--{name}={value}").into());
            }
        };
        option("spec", Some(&job.spec));
        option("run", Some(&job.run));
        option("agent", job.order.agent.as_deref());
        option("model", job.order.model.as_deref());
        option("prompt", job.order.prompt.as_deref());
        let attempts = job.order.attempts.map(|number| number.to_string());
        option("attempts", attempts.as_deref());
        args.extend(job.order.cold.then(|| "--cold".into()));
        args.extend(job.order.again.then(|| "--again".into()));
        args.extend(job.order.now.then(|| "--now".into()));
        args.extend(job.order.over_budget.then(|| "--over-budget".into()));
        Member {
            program: self.program.clone(),
            args,
            env: self.env.clone(),
            dir: self.root.clone(),
            errors: self.logs(&job.run),
        }
    }

    fn update(&mut self, run: String, news: News) -> Option<Update> {
        let what = match news {
            News::Line(bytes) => {
                let Ok(event) = serde_json::from_slice::<Stamped>(&bytes) else {
                    let line = String::from_utf8_lossy(&bytes).into_owned();
                    self.last.insert(run, line);
                    return None;
                };
                What::Event(Box::new(event))
            }
            News::Ended(exit) => What::Ended(self.ending(&run, exit)),
        };
        Some(Update { run, what })
    }

    /// What a job said last: the error it ended with as JSON, else its error output.
    fn ending(&mut self, run: &str, exit: Option<i32>) -> Ending {
        let log = self.logs(run);
        let printed = chant_os::file::read_regular(&log, LARGEST_LOG).unwrap_or_default();
        if printed.is_empty() {
            // Nothing is lost with an empty file; if it stays, it is empty.
            let _ = chant_os::file::remove_file(&log);
        }
        let said = match self.last.remove(run) {
            Some(document) => document,
            None => String::from_utf8_lossy(&printed).trim().to_owned(),
        };
        Ending { exit, said }
    }
}

impl Executor for Local {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            places: None,
            ends_with_us: true,
            streams_events: true,
        }
    }

    fn submit(&mut self, job: &Job) -> Result<()> {
        if self.crew.has(&job.run) {
            return Ok(());
        }
        Ok(self.crew.start(&job.run, &self.member(job))?)
    }

    fn poll(&mut self, wait: Duration) -> Result<Vec<Update>> {
        let mut updates = Vec::new();
        let mut patience = wait;
        while let Some((run, news)) = self.crew.next(patience) {
            // What else is there already comes along.
            patience = Duration::ZERO;
            updates.extend(self.update(run, news));
        }
        Ok(updates)
    }

    fn cancel(&mut self, run: &str, how: Control) -> Result<()> {
        let word = match how {
            Control::Stop => "stop",
            Control::Kill => "kill",
            // Many at once are not attended.
            Control::Answer(_) => return Ok(()),
        };
        self.crew.tell(run, word);
        Ok(())
    }

    fn logs(&self, run: &str) -> PathBuf {
        self.logs.join(format!("{run}.log"))
    }
}
