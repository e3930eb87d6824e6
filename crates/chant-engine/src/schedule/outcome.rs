//! What came of a run, and what follows from it.

use jiff::Timestamp;

use super::event::{Event, Refused, Stop, Waiting};
use super::lander::Told;
use super::seam::{Ending, Update, What};
use super::supervise::Supervisor;
use super::task::Stage;
use crate::claim;
use crate::error::{Code, Error, Result};
use crate::event::{Event as RunEvent, Stamped};
use crate::journal::{RunRecord, RunState, Step};
use crate::limits::Outlook;
use crate::queue;
use crate::run::Report;
use crate::run::queue::waits as waits_to_land;
use crate::steer::retry::{self, Next};

/// A job that was killed is submitted so often; then a person has to look.
const SUBMISSIONS: u32 = 3;

/// States that are no good end.
const BAD: [&str; 3] = ["failed", "needs_attention", "conflict"];

impl Supervisor<'_> {
    pub(super) fn hear(&mut self, update: Update) -> Result<()> {
        let Some(&at) = self.by_run.get(&update.run) else {
            return Ok(());
        };
        match update.what {
            What::Event(what) => self.pass_on(at, update.run, *what),
            What::Ended(ending) => return self.made(at, &update.run, &ending),
        }
        Ok(())
    }

    fn pass_on(&mut self, at: usize, run: String, what: Stamped) {
        let spec = self.tasks[at].spec.clone();
        self.tell(&Event::Run { run, spec, what });
    }

    /// A job is over: the journal says what came of the run.
    fn made(&mut self, at: usize, run: &str, ending: &Ending) -> Result<()> {
        if self.tasks[at].stage != Stage::Running {
            return Ok(());
        }
        self.leave(at);
        // What it spent, or was refused, counts for those that come.
        self.outlook = Outlook::at(self.project, chant_os::clock::now())?;
        let Some(record) = self.journal.run(run)? else {
            return self.never_began(at, ending);
        };
        let (record, is_between) = self.of_several(at, record)?;
        let cut_off = is_between || (!record.state.is_over() && !record.state.waits());
        let is_killed =
            ending.exit.is_none() && self.stopping.is_none_or(|how| how == Stop::Finish);
        if cut_off && is_killed && self.tasks[at].attempt < SUBMISSIONS {
            self.make_ready(at);
            return Ok(());
        }
        if cut_off && (is_between || !waits_to_land(&record)) {
            let error = error_of(ending);
            if error.code == Code::SpecLocked {
                self.release(at);
                self.set_stage(at, Stage::Elsewhere);
                return Ok(());
            }
            let reason = match error.message.as_str() {
                "" => "its process was ended; `chant work` goes on from there".to_owned(),
                message => message.to_owned(),
            };
            let mut report = Report::of(record);
            if ending.exit != Some(i32::from(Code::Interrupted.exit())) {
                report.exit = 1;
            }
            report.reason = reason;
            return self.over_with(at, report);
        }
        self.go_on_with(at, &record)
    }

    /// The run that stands for several attempts, where the job made such; and whether it was ended between two of them.
    fn of_several(&mut self, at: usize, record: RunRecord) -> Result<(RunRecord, bool)> {
        if record.facts.series.is_none() {
            return Ok((record, false));
        }
        match self.journal.latest(&record.spec)? {
            Some(latest) if latest.facts.series == record.facts.series => {
                self.by_run.insert(latest.id.clone(), at);
                self.tasks[at].run = Some(latest.id.clone());
                Ok((latest, false))
            }
            _ => {
                let between = record.state == RunState::Finished;
                Ok((record, between))
            }
        }
    }

    /// Its places are free.
    pub(super) fn leave(&mut self, at: usize) {
        let candidate = self.tasks[at].candidate.clone();
        self.load.leave(&candidate);
        self.tasks[at].places = None;
        // Whoever waits for a place may have one now.
        self.load.look_again();
    }

    /// What follows for a run that is where this record says.
    pub(super) fn go_on_with(&mut self, at: usize, record: &RunRecord) -> Result<()> {
        let waits = waits_to_land(record);
        match record.state {
            RunState::Finished if self.ask.no_merge => {
                self.over_with(at, Report::of(record.clone()))
            }
            RunState::Conflict if self.tasks[at].begun => {
                self.over_with(at, Report::of(record.clone()))
            }
            state if state.is_over() => self.over_or_again(at, record),
            RunState::Paused if self.tasks[at].begun => {
                self.over_with(at, Report::of(record.clone()))
            }
            RunState::Parked => self.park(at, record),
            // A run that was cut off goes on when there is a place; whether it may is asked as of any other.
            _ if waits => self.land(at, &record.id),
            _ if self.tasks[at].begun => {
                self.make_ready(at);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// An attempt is over. Another follows where the settings, or the spec, say so.
    fn over_or_again(&mut self, at: usize, record: &RunRecord) -> Result<()> {
        let task = &self.tasks[at];
        let is_alone = record.facts.series.is_none();
        let next = if task.begun && is_alone && self.stopping.is_none() {
            retry::after(self.project, record, task.retries)?
        } else {
            Next::Nothing
        };
        let left = match next {
            Next::Nothing => return self.over_with(at, Report::of(record.clone())),
            Next::Person(record) => return self.over_with(at, Report::of(*record)),
            Next::Again(left) => left,
        };
        let text = retry::told(record, left);
        let note = Stamped {
            at: chant_os::clock::now().to_string(),
            event: RunEvent::Note { text },
        };
        self.pass_on(at, record.id.clone(), note);
        let task = &mut self.tasks[at];
        task.retries += 1;
        (task.run, task.attempt) = (None, 0);
        self.make_ready(at);
        Ok(())
    }

    fn land(&mut self, at: usize, run: &str) -> Result<()> {
        let project = self.project;
        let spec = self.tasks[at].spec.clone();
        let me = self.asker.id();
        if !self.tasks[at].begun
            && (claim::is_held(&project.state_dir(), &project.project_key(), &spec)
                || queue::others_ask(project, &self.journal, &spec, me)?)
        {
            self.set_stage(at, Stage::Elsewhere);
            return Ok(());
        }
        self.tasks[at].begun = true;
        self.set_stage(at, Stage::Landing);
        self.lander.land(run);
        let run = run.to_owned();
        self.tell(&Event::Finished { run, spec });
        Ok(())
    }

    fn park(&mut self, at: usize, record: &RunRecord) -> Result<()> {
        self.release(at);
        let Some(parked) = &record.facts.parked else {
            return self.over_with(at, Report::of(record.clone()));
        };
        self.goes_on_with(at, crate::limits::agent_of(record));
        self.set_stage(at, Stage::Parked(parked.until));
        let why = vec![record.reason.clone()];
        self.tell_waiting(at, why, Some(parked.until.to_string()));
        Ok(())
    }

    pub(super) fn hear_landing(&mut self, told: Told) -> Result<()> {
        match told {
            Told::Event { run, what } => {
                if let Some(&at) = self.by_run.get(&run) {
                    self.note_landed(at, &run, &what.event);
                    self.pass_on(at, run, *what);
                }
                Ok(())
            }
            Told::Done { run, result } => {
                let Some(&at) = self.by_run.get(&run) else {
                    return Ok(());
                };
                match result {
                    Ok(Some(report)) => self.landed(at, &run, *report),
                    // Another command lands it.
                    Ok(None) => {
                        self.set_stage(at, Stage::Elsewhere);
                        Ok(())
                    }
                    Err(error) => self.not_landed(at, &run, &error),
                }
            }
        }
    }

    fn note_landed(&mut self, at: usize, run: &str, event: &RunEvent) {
        if let RunEvent::Landed { branch, commit } = event {
            let event = Event::Landed {
                run: run.to_owned(),
                spec: self.tasks[at].spec.clone(),
                branch: branch.clone(),
                commit: commit.clone(),
            };
            self.tell(&event);
        }
    }

    fn landed(&mut self, at: usize, run: &str, report: Report) -> Result<()> {
        if report.landed() {
            let spec = self.tasks[at].spec.clone();
            self.over_with(at, report)?;
            self.summary.landed += 1;
            self.roll.landed(&spec);
            let mut next = self.followers.get(&spec).cloned().unwrap_or_default();
            if let Some((driver, _)) = chant_spec::id::member(&spec) {
                next.extend(self.followers.get(driver).into_iter().flatten());
            }
            self.reconsider(next);
            return Ok(());
        }
        match self.journal.run(run)? {
            // A conflict was given back to the agent: the run goes on with its first half.
            Some(record)
                if record.state == RunState::InProgress
                    && (record.step as usize) < Step::Land as usize =>
            {
                self.release(at);
                self.keep_apart(at, &record);
                self.make_ready(at);
                Ok(())
            }
            Some(record) if record.state == RunState::Failed => self.over_or_again(at, &record),
            _ => self.over_with(at, report),
        }
    }

    fn not_landed(&mut self, at: usize, run: &str, error: &Error) -> Result<()> {
        let mut report = match self.journal.run(run)? {
            Some(record) => Report::of(record),
            None => return self.refuse(at, error),
        };
        report.reason.clone_from(&error.message);
        report.exit = error.code.exit();
        self.over_with(at, report)
    }

    /// Its run never came to be: what the job said is why.
    fn never_began(&mut self, at: usize, ending: &Ending) -> Result<()> {
        let error = error_of(ending);
        let is_interrupted = error.code == Code::Interrupted || ending.exit.is_none();
        if error.code == Code::SpecLocked {
            self.release(at);
            self.set_stage(at, Stage::Elsewhere);
            return Ok(());
        }
        if is_interrupted && self.stopping.is_none() && self.tasks[at].attempt < SUBMISSIONS {
            self.release(at);
            self.make_ready(at);
            return Ok(());
        }
        // Another command may have worked it between our look and our start.
        self.set_stage(at, Stage::Elsewhere);
        self.read_roll()?;
        if self.is_over_by_now(at)? {
            return Ok(());
        }
        self.refuse(at, &error)
    }

    pub(super) fn refused(&mut self, at: usize, error: &Error) {
        // What is told of it is told again by the summary; the journal had no part in it.
        let _ = self.refuse(at, error);
    }

    fn refuse(&mut self, at: usize, error: &Error) -> Result<()> {
        let spec = self.tasks[at].spec.clone();
        self.summary.refused.push(Refused {
            id: spec,
            code: error.code.name().to_owned(),
            reason: error.message.clone(),
            hint: error.hint.clone(),
        });
        self.over(at, "failed", &error.message)
    }

    /// It can not go on now without a person. What another day lets go on stays asked for: whoever watches then begins it.
    pub(super) fn give_up(&mut self, at: usize, why: String, renews: Option<Timestamp>) {
        let until = renews.map(|at| at.to_string());
        self.tell_waiting(at, vec![why.clone()], until.clone());
        let id = self.tasks[at].spec.clone();
        if until.is_some() {
            self.asker.leave(&id);
        }
        self.summary.waiting.push(Waiting {
            id,
            blocked_by: vec![why],
            until,
        });
        self.release(at);
        self.set_stage(at, Stage::Over);
    }

    fn over_with(&mut self, at: usize, report: Report) -> Result<()> {
        let (state, reason) = (report.status, report.reason.clone());
        self.summary.runs.push(report);
        if state != "completed" {
            self.roll.failed(&self.tasks[at].spec);
            self.count_for_person()?;
        }
        self.over(at, state, &reason)
    }

    pub(super) fn over(&mut self, at: usize, state: &str, reason: &str) -> Result<()> {
        self.release(at);
        self.set_stage(at, Stage::Over);
        self.is_fresh = false;
        let task = &self.tasks[at];
        let event = Event::Ended {
            run: task.run.clone(),
            spec: task.spec.clone(),
            state: state.to_owned(),
            reason: reason.to_owned(),
        };
        self.tell(&event);
        let spec = self.tasks[at].spec.clone();
        self.asker.done(&mut self.journal, &spec)?;
        if self.ask.fail_fast && BAD.contains(&state) && self.stopping.is_none() {
            self.failed_fast = Some(spec.clone());
            self.stop(Stop::Finish, Some(spec))?;
        }
        Ok(())
    }

    /// Its files are free for others.
    pub(super) fn release(&mut self, at: usize) {
        self.tasks[at].files = None;
        self.load.release(at);
    }
}

/// What a job said it ended with.
fn error_of(ending: &Ending) -> Error {
    let document: Option<serde_json::Value> = serde_json::from_str(&ending.said).ok();
    let error = document.as_ref().and_then(|document| document.get("error"));
    let Some(error) = error else {
        let message = ending.said.trim_start_matches("error: ").to_owned();
        return Error::new(Code::RunFailed, message);
    };
    let text = |key: &str| error.get(key).and_then(|value| value.as_str());
    let name = text("code").unwrap_or_default();
    let code = Code::ALL.iter().find(|code| code.name() == name);
    let made = Error::new(
        code.copied().unwrap_or(Code::RunFailed),
        text("message").unwrap_or_default(),
    );
    match text("hint") {
        Some(hint) => made.hint(hint),
        None => made,
    }
}
