//! The thread that lands what is finished, so that the scheduler hears its runs meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

use chant_agent::Control;
use chant_os::tree::Guard;

use crate::error::{Code, Error, Result};
use crate::event::{Event, Stamped};
use crate::project::Project;
use crate::run::Report;
use crate::run::queue::{self, Attendance, Which};

/// So long after a landing another may follow at once.
const REST: Duration = Duration::from_secs(1);

/// What the landing tells.
pub(super) enum Told {
    /// Something happened in the landing of a run.
    Event { run: String, what: Box<Stamped> },
    /// A run landed, or did not.
    Done {
        run: String,
        /// None where another process has it.
        result: Result<Option<Box<Report>>>,
    },
}

/// The thread, and what it is to land.
pub(super) struct Lander {
    runs: Sender<String>,
    control: Sender<Control>,
    told: Receiver<Told>,
    /// Nothing more is to be begun.
    stopped: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    /// How many runs it was given and has said nothing final of.
    open: usize,
}

impl Lander {
    /// Starts the thread; it costs nothing while there is nothing to land.
    pub(super) fn start(project: &Project, guard: &Guard) -> Result<Self> {
        let (runs, to_land) = mpsc::channel();
        let (control, wishes) = mpsc::channel();
        let (tell, told) = mpsc::channel();
        let stopped = Arc::new(AtomicBool::new(false));
        let (project, guard, ended) = (project.clone(), guard.clone(), Arc::clone(&stopped));
        let thread = std::thread::Builder::new()
            .name("landing".to_owned())
            .spawn(move || land_all(&project, &guard, &to_land, (&wishes, &ended), &tell))
            .map_err(|error| {
                Error::new(Code::Internal, format!("failed to start a thread: {error}"))
            })?;
        Ok(Self {
            runs,
            control,
            told,
            stopped,
            thread: Some(thread),
            open: 0,
        })
    }

    /// Hands over a finished run.
    pub(super) fn land(&mut self, run: &str) {
        // The thread ends only when this value does.
        if self.runs.send(run.to_owned()).is_ok() {
            self.open += 1;
        }
    }

    /// How many are not over.
    pub(super) fn open(&self) -> usize {
        self.open
    }

    /// What it has told since the last time.
    pub(super) fn told(&mut self) -> Vec<Told> {
        let told: Vec<Told> = self.told.try_iter().collect();
        let done = told.iter().filter(|told| matches!(told, Told::Done { .. }));
        self.open -= done.count();
        told
    }

    /// Passes on a wish to stop.
    pub(super) fn stop(&self, how: Control) {
        self.stopped.store(true, Ordering::SeqCst);
        let _ = self.control.send(how);
    }
}

impl Drop for Lander {
    fn drop(&mut self) {
        let (closed, _) = mpsc::channel();
        self.runs = closed;
        if let Some(thread) = self.thread.take() {
            // It told what went wrong, or panicked and said so.
            let _ = thread.join();
        }
    }
}

fn land_all(
    project: &Project,
    guard: &Guard,
    to_land: &Receiver<String>,
    (wishes, stopped): (&Receiver<Control>, &AtomicBool),
    tell: &Sender<Told>,
) {
    let mut opened = None;
    while let Some(first) = next(to_land, &mut opened) {
        // What was finished meanwhile lands together.
        let runs: Vec<String> = std::iter::once(first).chain(to_land.try_iter()).collect();
        let result = if stopped.load(Ordering::SeqCst) {
            Err(Error::new(Code::Interrupted, "it waits to land"))
        } else {
            renew(project, &mut opened)
                .and_then(|project| land(project, guard, wishes, tell, &runs))
        };
        for run in runs {
            let result = match &result {
                Ok(reports) => Ok(reports.iter().find(|report| report.run == run)),
                Err(error) => Err(error.clone()),
            };
            let result = result.map(|report| report.cloned().map(Box::new));
            let _ = tell.send(Told::Done { run, result });
        }
    }
}

/// The next that is to land. Git's processes of the last landing wait for it a little; then they are let go.
fn next(to_land: &Receiver<String>, opened: &mut Option<Project>) -> Option<String> {
    if opened.is_some() {
        match to_land.recv_timeout(REST) {
            Ok(run) => return Some(run),
            Err(RecvTimeoutError::Timeout) => *opened = None,
            Err(RecvTimeoutError::Disconnected) => return None,
        }
    }
    to_land.recv().ok()
}

/// The project as its settings are now. What one remembers of git's objects grows with every landing, so that is forgotten.
fn renew<'p>(project: &Project, opened: &'p mut Option<Project>) -> Result<&'p Project> {
    let now = match opened.take() {
        Some(before) => before.renewed()?,
        None => Project::open(project.root())?,
    };
    Ok(opened.insert(now))
}

/// Lands runs.
fn land(
    project: &Project,
    guard: &Guard,
    wishes: &Receiver<Control>,
    tell: &Sender<Told>,
    runs: &[String],
) -> Result<Vec<Report>> {
    let mut pass_on = |run: &str, event: &Event| {
        let what = Box::new(Stamped {
            at: chant_os::clock::now().to_string(),
            event: event.clone(),
        });
        let run = run.to_owned();
        let _ = tell.send(Told::Event { run, what });
    };
    let attendance = Attendance {
        control: wishes,
        tell: &mut pass_on,
        guard: guard.clone(),
        hands_back: true,
    };
    queue::land(project, attendance, Which::Runs(runs))
}
