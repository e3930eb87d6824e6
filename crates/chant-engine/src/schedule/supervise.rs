//! The loop: starts what may start, hears what runs, lands what is finished, and ends when nothing of what was asked for
//! can go on without a person.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use chant_agent::Control;
use chant_os::clock::Stopwatch;
use chant_os::tree::Guard;

use super::ask::Ask;
use super::event::{Event, Stop, Summary, Waiting};
use super::lander::Lander;
use super::pick::{Candidate, Load};
use super::seam::Executor;
use super::seen::Seen;
use super::task::{Stage, Task};
use super::tidy::tidy;
use crate::error::Result;
use crate::journal::Journal;
use crate::limits::Outlook;
use crate::project::Project;
use crate::query::Roll;
use crate::queue::Asker;
use crate::room::Slots;

/// How long to listen to runs before looking at anything else. A person's wish waits no longer than this.
const TICK: Duration = Duration::from_millis(100);

/// The same while something lands: the next may depend on it.
const TICK_LANDING: Duration = Duration::from_millis(5);

/// What many runs need from outside.
pub struct Outside<'a> {
    /// What runs them.
    pub executor: &'a mut dyn Executor,
    /// A person's wish to stop, each more urgent than the last.
    pub control: &'a Receiver<Stop>,
    /// Who hears of it.
    pub sink: &'a mut dyn FnMut(&Event),
    /// How to start a guard process, for checks at landing.
    pub guard: Guard,
}

/// Works what is asked for until nothing of it can go on without a person.
pub fn work<'a>(project: &'a Project, ask: &'a Ask, outside: Outside<'a>) -> Result<Summary> {
    let mut supervisor = Supervisor::begin(project, ask, outside)?;
    while supervisor.goes_on()? || supervisor.finds_more()? {
        supervisor.turn()?;
    }
    supervisor.end()
}

/// That what another command left is put right, or could not be: either way this one goes on.
fn tell_tidied(tidied: Result<Vec<String>>, sink: &mut dyn FnMut(&Event)) {
    let text = match tidied {
        Ok(specs) if specs.is_empty() => return,
        Ok(specs) => format!(
            "{} had landed when chant was ended; what that left is tidied up now",
            specs.join(", ")
        ),
        Err(error) => format!(
            "what an ended command left could not be tidied up: {}",
            error.message
        ),
    };
    sink(&Event::Warning { text });
}

fn cancelled(id: String) -> Waiting {
    Waiting {
        blocked_by: vec![format!("is cancelled: chant reset {id}")],
        until: None,
        id,
    }
}

/// One command that works many specs.
pub(super) struct Supervisor<'a> {
    pub(super) project: &'a Project,
    pub(super) ask: &'a Ask,
    pub(super) outside: Outside<'a>,
    pub(super) journal: Journal,
    pub(super) asker: Asker,
    pub(super) roll: Roll,
    pub(super) seen: Seen,
    /// The agents that prompts name, as far as they were asked for since the specs were read.
    pub(super) prompts: RefCell<HashMap<String, Option<String>>>,
    pub(super) outlook: Outlook<'a>,
    pub(super) tasks: Vec<Task>,
    /// How many tasks are in each stage.
    pub(super) counts: HashMap<&'static str, usize>,
    /// The task of each spec, and of each run.
    pub(super) by_spec: HashMap<String, usize>,
    pub(super) by_run: HashMap<String, usize>,
    /// For each spec the tasks that may become ready with it.
    pub(super) followers: HashMap<String, Vec<usize>>,
    /// What could start now.
    pub(super) ready: Vec<Candidate>,
    /// What could, but for another command; looked at again with the next tick.
    pub(super) set_aside: Vec<Candidate>,
    pub(super) load: Load,
    pub(super) slots: Slots,
    pub(super) lander: Lander,
    pub(super) stopping: Option<Stop>,
    /// The spec that failed, where nothing more is to be started for that.
    pub(super) failed_fast: Option<String>,
    /// So many results wait for a person, where that is limited.
    pub(super) for_person: Option<usize>,
    /// Since the last start, and how long to wait after it.
    pub(super) pace: Option<(Stopwatch, Duration)>,
    pub(super) summary: Summary,
    ticked: Stopwatch,
    /// Nothing ended since all was read again.
    pub(super) is_fresh: bool,
    /// Something moved since how things stand was told.
    pub(super) moved: bool,
}

impl<'a> Supervisor<'a> {
    fn begin(project: &'a Project, ask: &'a Ask, outside: Outside<'a>) -> Result<Self> {
        let seen = Seen::of(project);
        let roll = Roll::load(project)?;
        let selection = ask.select(&roll);
        let chosen = selection
            .as_ref()
            .map_or(&[][..], |selection| &selection.specs);
        tell_tidied(tidy(project, &outside.guard, chosen), outside.sink);
        let selection = selection?;
        let asker = Asker::begin(project)?;
        let lander = Lander::start(project, &outside.guard)?;
        let mut supervisor = Self {
            journal: Journal::open(&project.state_dir(), &project.project_key())?,
            slots: Slots::new(&project.state_dir(), asker.id()),
            outlook: Outlook::at(project, chant_os::clock::now())?,
            summary: Summary {
                already: selection.already,
                waiting: selection.cancelled.into_iter().map(cancelled).collect(),
                ..Summary::default()
            },
            tasks: Vec::with_capacity(selection.specs.len()),
            project,
            ask,
            outside,
            asker,
            roll,
            seen,
            prompts: RefCell::default(),
            lander,
            counts: HashMap::new(),
            by_spec: HashMap::new(),
            by_run: HashMap::new(),
            followers: HashMap::new(),
            ready: Vec::new(),
            set_aside: Vec::new(),
            load: Load::default(),
            stopping: None,
            failed_fast: None,
            for_person: None,
            pace: None,
            ticked: Stopwatch::start(),
            is_fresh: false,
            moved: true,
        };
        supervisor.enter(&selection.specs, selection.note)?;
        Ok(supervisor)
    }

    /// Whether something of what was asked for can still happen without a person.
    fn goes_on(&self) -> Result<bool> {
        if self.count(Stage::Running) + self.lander.open() > 0 {
            return Ok(true);
        }
        if self.stopping.is_some() {
            return Ok(false);
        }
        let waits_elsewhere = self.tasks.iter().any(|task| {
            matches!(task.stage, Stage::Elsewhere | Stage::Parked(_)) && self.may_go_on(task)
        });
        let may_start = !(self.ready.is_empty() && self.set_aside.is_empty());
        Ok(waits_elsewhere
            || (may_start && !self.is_full_for_person())
            || (self.count(Stage::Blocked) > 0 && self.others_work_what_is_missing()?))
    }

    /// A last look before the end: what others did meanwhile may have freed something.
    fn finds_more(&mut self) -> Result<bool> {
        let all_over = self.count(Stage::Over) == self.tasks.len() && self.ask.coming.is_none();
        if self.stopping.is_some() || self.is_fresh || all_over {
            return Ok(false);
        }
        self.reload()?;
        self.is_fresh = true;
        self.goes_on()
    }

    fn may_go_on(&self, task: &Task) -> bool {
        match task.stage {
            Stage::Parked(_) => !self.ask.once && !self.is_full_for_person(),
            _ => true,
        }
    }

    fn turn(&mut self) -> Result<()> {
        self.hear_person()?;
        self.start_some()?;
        if std::mem::take(&mut self.moved) {
            self.tell_standing();
        }
        let wait = if self.lander.open() > 0 {
            TICK_LANDING
        } else {
            TICK
        };
        for update in self.outside.executor.poll(wait)? {
            self.hear(update)?;
        }
        for told in self.lander.told() {
            self.hear_landing(told)?;
        }
        if self.ticked.elapsed() >= TICK {
            self.ticked = Stopwatch::start();
            self.tick()?;
        }
        Ok(())
    }

    /// What may have changed without our doing.
    fn tick(&mut self) -> Result<()> {
        if self.journal.is_gone() {
            // What it knew is made again from the runs' folders; what we write from now on is seen by others.
            self.journal = Journal::open(&self.project.state_dir(), &self.project.project_key())?;
        }
        self.load.look_again();
        self.ready.append(&mut self.set_aside);
        self.look_elsewhere()?;
        self.wake_parked()?;
        if self.seen.has_changed(self.project) {
            self.reload()?;
        }
        Ok(())
    }

    /// Files of specs have changed: a person approved, corrected, cancelled or completed something.
    pub(super) fn reload(&mut self) -> Result<()> {
        let watch = Stopwatch::start();
        self.read_roll()?;
        self.seen.took(watch.elapsed());
        let again = |task: &Task| matches!(task.stage, Stage::Blocked | Stage::Ready);
        let open: Vec<usize> = (0..self.tasks.len())
            .filter(|&at| again(&self.tasks[at]))
            .collect();
        self.ready.clear();
        self.set_aside.clear();
        for &at in &open {
            self.set_stage(at, Stage::Blocked);
            if !self.is_over_by_now(at)? {
                self.renew(at)?;
            }
        }
        self.count_for_person()?;
        self.reconsider(open);
        self.take_in()
    }

    /// Reads all specs again, and notes in them what failed here, which no file says.
    pub(super) fn read_roll(&mut self) -> Result<()> {
        self.roll = Roll::load(self.project)?;
        self.prompts.borrow_mut().clear();
        for run in self.summary.runs.iter().filter(|run| !run.landed()) {
            self.roll.failed(&run.id);
        }
        Ok(())
    }

    fn hear_person(&mut self) -> Result<()> {
        while let Ok(how) = self.outside.control.try_recv() {
            // What a failure has stopped was stopped by no person: the first word of theirs is answered as well.
            let is_first = |now| how == now && self.failed_fast.is_some();
            if self.stopping.is_none_or(|now| how > now || is_first(now)) {
                self.stop(how, None)?;
            }
        }
        Ok(())
    }

    pub(super) fn stop(&mut self, how: Stop, failed: Option<String>) -> Result<()> {
        self.stopping = Some(how);
        self.tell(&Event::Stopping { how, failed });
        let control = match how {
            Stop::Finish => return Ok(()),
            Stop::Interrupt => Control::Stop,
            Stop::Kill => Control::Kill,
        };
        self.lander.stop(control);
        for task in &self.tasks {
            if let (Stage::Running, Some(run)) = (task.stage, &task.run) {
                self.outside.executor.cancel(run, control)?;
            }
        }
        Ok(())
    }

    pub(super) fn set_stage(&mut self, at: usize, stage: Stage) {
        let before = std::mem::replace(&mut self.tasks[at].stage, stage);
        *self.counts.entry(before.name()).or_default() -= 1;
        *self.counts.entry(stage.name()).or_default() += 1;
        self.moved = true;
    }

    pub(super) fn count(&self, stage: Stage) -> usize {
        self.counts.get(stage.name()).copied().unwrap_or(0)
    }

    pub(super) fn tell(&mut self, event: &Event) {
        (self.outside.sink)(event);
    }

    fn tell_standing(&mut self) {
        let ready = self.count(Stage::Ready);
        let (running, landing) = (self.count(Stage::Running), self.count(Stage::Landing));
        let over = self.count(Stage::Over);
        let event = Event::Standing {
            running,
            landing,
            ready,
            waiting: self.tasks.len() - ready - running - landing - over,
            over,
        };
        self.tell(&event);
    }
}
