//! What becomes of a run whose agent was refused, or spends too much: further tries, another agent, or a rest.
//!
//! An overloaded provider is tried again from here, a few times. A used-up plan, and an overload that lasts, park the run:
//! its worktree and session are kept, its process ends, and whoever supervises takes it up again when its time has come.

use std::cell::RefCell;
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

use chant_agent::recording::Recorder;
use chant_agent::{AgentEvent, End, Outcome};
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::{Flow, Run};
use crate::agents;
use crate::budget::{self, Meter, Reading};
use crate::error::Result;
use crate::event::{Event, Stamped};
use crate::journal::RunState;
use crate::journal::Stint;
use crate::limits;

impl<'a> Run<'a, '_> {
    /// Runs the agent, and again where its provider was overloaded or out of reach.
    pub(super) fn served(&mut self, mut recorder: Option<&mut Recorder>) -> Result<Outcome> {
        let waits = self.project.config().spending.backoff.clone();
        let max = waits.len() as u64;
        for (tried, wait) in (1..).zip(waits) {
            let mut outcome = self.supervise(recorder.as_deref_mut())?;
            let End::Transient { reason } = &outcome.end else {
                return Ok(outcome);
            };
            let wait = wait + self.jitter(tried, wait);
            self.emit(&Event::Agent(AgentEvent::Retry {
                reason: reason.clone(),
                attempt: tried,
                max,
                delay_ms: u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
            }))?;
            if self.is_stopped_within(wait) {
                outcome.end = End::Interrupted;
                return Ok(outcome);
            }
            self.resumed = true;
        }
        self.supervise(recorder)
    }

    /// Up to a quarter more, so that runs that failed together do not come back together; the same for the same run.
    fn jitter(&self, tried: u64, wait: Duration) -> Duration {
        let hash = Sha256::digest(format!("{} {tried}", self.record.id).as_bytes());
        wait * u32::from(hash[0]) / (4 * 256)
    }

    /// Waits; true as soon as somebody wants the run to stop.
    fn is_stopped_within(&self, wait: Duration) -> bool {
        match self.outside.control.recv_timeout(wait) {
            Ok(_) => true,
            Err(RecvTimeoutError::Timeout) => false,
            Err(RecvTimeoutError::Disconnected) => {
                std::thread::sleep(wait);
                false
            }
        }
    }

    /// The agent will be refused until its limit is renewed.
    pub(super) fn park(
        &mut self,
        why: String,
        until: Option<Timestamp>,
        progressed: bool,
    ) -> Result<Flow> {
        let refusal = limits::Refusal {
            agent: self.record.facts.agent.clone(),
            why,
            until,
            progressed,
        };
        let now = chant_os::clock::now();
        let before = self.record.facts.parked.as_ref();
        let rules = limits::Rules {
            longest: self.project.config().spending.parked,
        };
        match limits::park(before, refusal, rules, now) {
            limits::Verdict::GiveUp(reason) => Ok(Flow::End(RunState::NeedsAttention, reason)),
            limits::Verdict::Park(parked) => {
                let is_ordered = self.record.facts.agent_why.starts_with(agents::ORDERED);
                let parked = if is_ordered {
                    parked
                } else {
                    limits::with_substitute(self.project, parked, now)?
                };
                let reason = parked.sentence(now, &chant_os::clock::zone());
                self.record.facts.parked = Some(parked);
                Ok(Flow::End(RunState::Parked, reason))
            }
        }
    }

    /// The run rests until a person lets it go on.
    pub(super) fn out_of_budget(&self) -> Flow {
        let sentence = self.record.facts.budget_spent.clone();
        Flow::End(RunState::Paused, sentence.unwrap_or_default())
    }

    /// Counts what the next process of the agent spends.
    pub(super) fn meter(&self) -> Result<RefCell<Meter<'a>>> {
        let accounts = budget::accounts(
            self.project,
            &self.journal,
            Some(&self.record.id),
            &self.record.spec,
            &self.start,
        )?;
        Ok(RefCell::new(Meter::start(
            accounts,
            &self.project.config().spending,
            self.agent.model.as_deref(),
            self.record.facts.over_budget,
        )))
    }

    /// Writes down what a process of the agent was.
    pub(super) fn note_outcome(
        &mut self,
        outcome: &Outcome,
        began: Timestamp,
        reached: Option<Reading>,
    ) {
        let prices = &self.project.config().spending.prices;
        let facts = &mut self.record.facts;
        facts.session = outcome.session.clone().or(facts.session.take());
        facts.model = outcome.model.clone().or(facts.model.take());
        // An agent that finished all the same has done its work; the warning was given.
        let stopped = outcome.end == End::Interrupted;
        let reached = reached.filter(|_| stopped);
        let renews = reached
            .as_ref()
            .and_then(|reading| reading.renews(chant_os::clock::now()));
        facts.budget_renews = renews.map(|at| at.to_string());
        facts.budget_spent = reached.map(|reading| reading.sentence());
        let model = facts.model.clone();
        let stint = Stint::of(began, &facts.agent, model.as_deref(), outcome, prices);
        self.count(stint);
    }

    /// Counts what a process had told before chant itself was ended with it.
    pub(super) fn count_cut_off(&mut self, events: &[Stamped]) {
        let facts = &self.record.facts;
        let from_before_stints = facts.stints.is_empty() && facts.cost_usd.is_some();
        if from_before_stints {
            return;
        }
        let (known, model) = (facts.stints.len(), facts.model.as_deref());
        let prices = &self.project.config().spending.prices;
        if let Some(stint) = budget::cut_off(events, &facts.agent, model, known, prices) {
            self.count(stint);
        }
    }

    /// Adds a process of the agent to what the run has cost.
    pub(super) fn count(&mut self, stint: Stint) {
        let facts = &mut self.record.facts;
        facts.input_tokens += stint.input_tokens;
        facts.output_tokens += stint.output_tokens;
        facts.cost_usd = match (facts.cost_usd, stint.usd) {
            (Some(a), Some(b)) => Some(a + b),
            (a, b) => a.or(b),
        };
        facts.stints.push(stint);
        facts.at_work = None;
    }
}
