//! A run: one attempt at one spec, as a saga.
//!
//! The driver here knows the order of the steps and nothing else: it writes a step down, takes it, and goes
//! where the step says. Each step is in a file of its own and may be repeated. A run that was ended at any
//! instruction goes on from the step in the journal when its spec is worked (or merged) again.

mod admit;
mod agent;
mod asked;
mod bound;
mod boundary;
mod by_hand;
mod collect;
mod contradiction;
mod ears;
mod handover;
pub(crate) mod idle;
pub(crate) mod join;
mod judge;
pub(crate) mod kept;
mod land;
mod landed;
mod left_open;
mod person;
mod place;
mod prove;
pub(crate) mod provision;
pub mod queue;
mod ready;
mod refused;
mod report;
mod result;
mod secrets;
mod start;
mod suite;
mod together;
mod unlisted;
mod unresolved;
mod verify;
pub(crate) mod worktree;

pub(crate) use admit::may_begin;
pub(crate) use collect::with_local_files;
pub(crate) use handover::folder;
pub use handover::{Handover, Touched};
pub(crate) use join::go_together;
pub(crate) use left_open::LeftOpen;
pub(crate) use place::choose_place;
pub use report::{Report, Tried};
pub(crate) use start::input_record;
pub(crate) use together::check_together;

use std::path::PathBuf;
use std::sync::mpsc::TryRecvError;

use chant_agent::AgentConfig;
use chant_agent::redact::Redactor;
use chant_os::file::Appender;
use chant_os::lock::Lock;
use chant_os::ports::Ports;
use chant_spec::{Document, SpecId};

use crate::error::Result;
use crate::event::Event;
pub use crate::event::{Sink, Surroundings};
use crate::journal::Wish;
use crate::journal::{Journal, Phase, RunRecord, RunState, Step, run_dir, write_event};
use crate::order::Until;
use crate::project::Project;

/// Where a step leads.
pub(crate) enum Flow {
    /// The next step.
    Next,
    /// Back to an earlier one.
    Back(Step),
    /// The run ends here, or waits here, for this reason.
    End(RunState, String),
}

/// A claimed run, ready to be driven.
pub struct Run<'a, 's> {
    project: &'a Project,
    journal: Journal,
    record: RunRecord,
    /// The spec when the run began.
    start: Document,
    agent: AgentConfig,
    outside: Surroundings<'s>,
    log: Appender,
    /// Whether an agent's process already ran, so that its session can be gone on with.
    resumed: bool,
    /// How far this process drives it.
    until: Until,
    /// Whether a result that contradicts the main branch may go back to its agent.
    hands_back: bool,
    /// The run's own network ports, held as long as this process drives it.
    ports: Option<Ports>,
    _claim: Lock,
}

impl Run<'_, '_> {
    /// Takes steps until the run is over or has to wait. Errors leave it where it is: it may be repeated.
    pub fn drive(mut self) -> Result<RunRecord> {
        let outcome = self.announce().and_then(|()| self.steps());
        self.over(outcome)
    }

    /// The same for a run that is announced already.
    pub(crate) fn go_on(mut self) -> Result<RunRecord> {
        let outcome = self.steps();
        self.over(outcome)
    }

    fn over(mut self, outcome: Result<()>) -> Result<RunRecord> {
        if let Err(error) = &outcome {
            self.record.reason.clone_from(&error.message);
            // The first error is the one to report; the journal may be what failed.
            let _ = self.journal.save(&self.record);
        }
        outcome?;
        Ok(self.record)
    }

    fn steps(&mut self) -> Result<()> {
        // In conflict a person may be at work there just now; before its end, the agent.
        let is_ours = self.record.state != RunState::Conflict && self.record.step > Step::Agent;
        if self.resumed && is_ours {
            self.remove_stale_locks()?;
        }
        loop {
            if self.wants_to_stop() {
                return self.end(
                    RunState::Paused,
                    "interrupted; `chant work` goes on from here",
                );
            }
            let step = self.record.step;
            if self.until == Until::Finished && step == Step::Land {
                return self.finish();
            }
            self.begin_step(step)?;
            chant_os::crash::point(&format!("{}:before", step.name()));
            let flow = self.take(step)?;
            chant_os::crash::point(&format!("{}:after", step.name()));
            if self.follow(flow)? {
                return Ok(());
            }
        }
    }

    /// Goes where a step leads. Says whether the run is over, or waits.
    fn follow(&mut self, flow: Flow) -> Result<bool> {
        let (state, reason) = match flow {
            Flow::Next => match self.record.step.next() {
                Some(next) => {
                    self.go_to(next);
                    return Ok(false);
                }
                None => (RunState::Completed, String::new()),
            },
            Flow::Back(earlier) => {
                self.go_to(earlier);
                return Ok(false);
            }
            Flow::End(state, reason) => (state, reason),
        };
        self.end(state, &reason)?;
        Ok(true)
    }

    fn take(&mut self, step: Step) -> Result<Flow> {
        match step {
            Step::Worktree => self.make_worktree(),
            Step::Provision => self.provision(),
            Step::Agent => self.run_agent(),
            Step::Collect => self.collect(),
            Step::Judge => self.judge(),
            Step::Verify => self.verify(),
            Step::Land => self.land(),
            Step::Checkout => self.checkout(),
            Step::Record => self.attest(),
            Step::Clean => self.clean(),
        }
    }

    fn announce(&mut self) -> Result<()> {
        let event = Event::RunStarted {
            run: self.record.id.clone(),
            spec: self.record.spec.clone(),
            title: crate::landing::title(&self.start, &self.record.spec),
            attempt: self.record.attempt,
            agent: self.record.facts.agent.clone(),
            branch: self.record.facts.branch.clone(),
            resumed: self.resumed,
        };
        self.emit(&event)
    }

    /// Writes the step down, and what the step before it found out. That an agent is started, and that it has ended, is on
    /// the disk at once, because it costs money; any other step is found out, or taken again, by its probe.
    fn begin_step(&mut self, step: Step) -> Result<()> {
        self.enter(step);
        if matches!(step, Step::Agent | Step::Collect) {
            self.journal.save(&self.record)?;
        } else {
            self.journal.save_lightly(&self.record)?;
        }
        self.tell_step()
    }

    fn enter(&mut self, step: Step) {
        self.record.phase = Phase::Started;
        self.record.reason = String::new();
        self.record.state = match step {
            Step::Verify => RunState::Verifying,
            Step::Land | Step::Checkout | Step::Record | Step::Clean => RunState::Landing,
            _ => RunState::InProgress,
        };
    }

    fn tell_step(&mut self) -> Result<()> {
        let name = self.record.step.name().to_owned();
        self.emit(&Event::Step { name })
    }

    fn go_to(&mut self, step: Step) {
        self.record.step = step;
        self.record.phase = Phase::Waiting;
    }

    fn end(&mut self, state: RunState, reason: &str) -> Result<()> {
        let (state, reason) = self.by_hand(state, reason);
        let gives_up = matches!(state, RunState::Failed | RunState::NeedsAttention);
        if gives_up && let Some(name) = kept::keep_local_files(self.project, &self.record)? {
            self.note(format!("what the run wrote below .chant is kept at {name}"))?;
            self.record.facts.kept = Some(name);
        }
        let reason = self.wished(state).unwrap_or(reason);
        let reason = &*Redactor::of_user().text(&reason);
        self.record.state = state;
        reason.clone_into(&mut self.record.reason);
        if state.is_over() {
            self.record.ended_at = Some(chant_os::clock::now().to_string());
        }
        // What is on a branch of its own or on the main branch already is found there.
        if matches!(state, RunState::Finished | RunState::Completed) {
            self.journal.save_lightly(&self.record)?;
        } else {
            self.journal.save(&self.record)?;
        }
        if gives_up {
            self.give_worktree_back()?;
        } else if matches!(state, RunState::Conflict | RunState::Paused) {
            self.hand_over_worktree()?;
        }
        if state == RunState::Completed && self.file_says_completed() {
            self.journal.put_aside_lightly(&self.record.spec)?;
        }
        if state == RunState::Completed {
            self.complete_drivers()?;
        }
        self.emit(&Event::Ended {
            state: state.name().to_owned(),
            reason: reason.to_owned(),
        })?;
        // A result that another process lands was finished before, and its log was on the disk then.
        let is_on_disk = state == RunState::Completed && self.record.facts.result_ref.is_some();
        if !is_on_disk {
            self.log.sync()?;
        }
        Ok(())
    }

    /// A person goes on in the worktree with git's own commands: they find what chant committed there as committed.
    fn hand_over_worktree(&self) -> Result<()> {
        let facts = &self.record.facts;
        let Some(collected) = facts.collected.as_deref() else {
            return Ok(());
        };
        if !facts.worktree.join(".git").exists() {
            return Ok(());
        }
        let there = self.project.repo().at(&facts.worktree);
        let is_there = there
            .resolve("HEAD")?
            .is_some_and(|tip| tip.as_str() == collected);
        if is_there && !there.is_merging() {
            there.settle_index()?;
        }
        Ok(())
    }

    /// The reason of a run that a person stopped. A wish that came too late to stop it is nobody's any more.
    fn wished(&mut self, state: RunState) -> Option<String> {
        let wish = Wish::take(&self.dir()).filter(|_| state == RunState::Paused)?;
        let reason = wish.reason(&self.record.spec);
        self.record.facts.wish = Some(wish);
        Some(reason)
    }

    /// What a person made by hand is never given up: where it does not hold it stays theirs, in their worktree.
    fn by_hand(&mut self, state: RunState, reason: &str) -> (RunState, String) {
        match &mut self.record.facts.takeover {
            Some(takeover)
                if matches!(
                    state,
                    RunState::Failed | RunState::NeedsAttention | RunState::Conflict
                ) =>
            {
                takeover.refused = Some(reason.to_owned());
                self.record.step = Step::Collect;
                let by = crate::one_line(&takeover.by);
                let told = format!("taken over by {by}, and not accepted yet: {reason}");
                (RunState::Paused, told)
            }
            _ => (state, reason.to_owned()),
        }
    }

    /// The last member's landing completes its driver. That this fails takes nothing away from the landing.
    fn complete_drivers(&mut self) -> Result<()> {
        let Ok(spec) = SpecId::parse(&self.record.spec) else {
            return Ok(());
        };
        match crate::driver::complete_after(self.project, &spec, &mut self.outside) {
            Ok(drivers) => drivers.iter().try_for_each(|driver| match &driver.failed {
                None => self.note(driver.sentence()),
                Some(_) => self.warn(driver.sentence()),
            }),
            Err(error) => self.warn(format!("a driver could not be completed: {error}")),
        }
    }

    /// Whether the checkout's spec is the finished one, so that its file alone tells its status.
    fn file_says_completed(&self) -> bool {
        let path = self
            .project
            .repo()
            .root()
            .join(&self.record.facts.spec_path);
        chant_os::file::read_regular(&path, u64::MAX)
            .ok()
            .and_then(|bytes| Document::parse(bytes).ok())
            .is_some_and(|document| document.frontmatter().status == chant_spec::Status::Completed)
    }

    pub(crate) fn wants_to_stop(&self) -> bool {
        match self.outside.control.try_recv() {
            Ok(_) => true,
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => false,
        }
    }

    fn emit(&mut self, event: &Event) -> Result<()> {
        let event = event.without_secrets();
        write_event(&mut self.log, &event)?;
        (self.outside.sink)(&event);
        Ok(())
    }

    pub(crate) fn note(&mut self, text: impl Into<String>) -> Result<()> {
        self.emit(&Event::Note { text: text.into() })
    }

    fn warn(&mut self, text: impl Into<String>) -> Result<()> {
        self.emit(&Event::Warning { text: text.into() })
    }

    /// The run's own folder: prompt, events, transcript, check output, record.
    fn dir(&self) -> PathBuf {
        run_dir(self.project, &self.record.id)
    }
}
