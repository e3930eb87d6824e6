//! Limits that pass: a used-up plan and an overloaded provider park a run, which goes on by itself when its time has come.
//!
//! Owns when a parked run goes on and whether another may be started meanwhile. It reads the journal and decides; it
//! starts nothing. Money and time that a person set as a limit are in `budget`.

mod parked;

pub(crate) use parked::{Refusal, Rules, Verdict, park};

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::budget::{self, Ledger, Level, Spent};
use crate::error::{Code, Error, Result};
use crate::journal::{Journal, Parked, Renewal, RunRecord, RunState};
use crate::order::Order;
use crate::project::Project;

/// Whether something may be started now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// Nothing is in its way.
    Now,
    /// It would be refused; it may succeed from then on.
    Wait {
        /// When to ask again.
        until: Timestamp,
        /// Why, as a sentence.
        why: String,
    },
    /// Only a person can let it go on.
    Ask {
        /// Why, as a sentence.
        why: String,
        /// When it may go on without being asked: what a day may cost is another day's tomorrow.
        renews: Option<Timestamp>,
    },
}

/// The limits of one project at one moment, for a scheduler that asks about many specs.
#[derive(Debug)]
pub struct Outlook<'a> {
    project: &'a Project,
    parked: Vec<RunRecord>,
    /// What runs came to know of agents that others then took the place of.
    passed: Vec<Renewal>,
    ledger: Ledger,
    now: Timestamp,
}

impl<'a> Outlook<'a> {
    /// Reads the journal: the parked runs, and what was spent where a budget asks for it. Free where nothing ever ran.
    pub fn at(project: &'a Project, now: Timestamp) -> Result<Self> {
        let journal = Journal::open_existing(&project.state_dir(), &project.project_key())?;
        let over = journal
            .as_ref()
            .map_or(Ok(Vec::new()), Journal::newest_refused)?;
        let passed = over.into_iter().flat_map(|run| run.facts.refused);
        Ok(Self {
            project,
            parked: parked_runs(journal.as_ref())?,
            passed: passed.filter(|renewal| renewal.at > now).collect(),
            ledger: Ledger::read(journal.as_ref(), &project.config().spending, now)?,
            now,
        })
    }

    /// Whether `spec`, which has these labels, may be started, or may go on, with `agent`.
    pub fn may_start(&self, spec: &str, labels: &[String], agent: &str) -> Start {
        let own = self.parked.iter().find(|run| run.spec == spec);
        let own = own.and_then(|run| run.facts.parked.as_ref());
        if let Some(parked) = own.filter(|parked| !parked.is_due(self.now)) {
            return parked.wait(parked.until, self.now);
        }
        let refused = self.refusals(agent).max_by_key(|(at, _)| *at);
        if let Some((at, parked)) = refused {
            return parked.wait(at, self.now);
        }
        self.budgets(spec, labels)
    }

    fn budgets(&self, spec: &str, labels: &[String]) -> Start {
        let spending = &self.project.config().spending;
        let mut accounts = self.ledger.shared(labels, spending);
        if !spending.spec.is_empty() {
            accounts.push(self.ledger.own(spec, spending.spec));
        }
        match budget::tightest(&accounts, Spent::default(), spending.into()) {
            Some(reading) if reading.level >= Level::Reached => Start::Ask {
                why: reading.sentence(),
                renews: reading.renews(self.now),
            },
            _ => Start::Now,
        }
    }

    /// How long until another day begins, where what today may cost is spent.
    pub fn day_renews_in(&self) -> Option<Duration> {
        match self.budgets("", &[]) {
            Start::Ask {
                renews: Some(at), ..
            } => at.duration_since(self.now).try_into().ok(),
            _ => None,
        }
    }

    /// The parked runs whose time has come. Each goes on with the agent that [`agent_of`] names.
    pub fn due(&self) -> impl Iterator<Item = &RunRecord> {
        self.parked.iter().filter(|run| is_due(run, self.now))
    }

    /// When the next of the others may go on.
    pub fn next_due(&self) -> Option<Timestamp> {
        let waiting = self.parked.iter().filter(|run| !is_due(run, self.now));
        waiting
            .filter_map(|run| run.facts.parked.as_ref())
            .map(|parked| parked.until)
            .min()
    }

    /// Until when an agent is known to be refused; none where it is not. No run waits for what only a run that is over came to
    /// know, but one that has another agent begins with that.
    pub(crate) fn refused_until(&self, agent: &str) -> Option<Timestamp> {
        let of_agent = |renewal: &&Renewal| same_account(self.project, &renewal.agent, agent);
        let passed = self
            .passed
            .iter()
            .filter(of_agent)
            .map(|renewal| renewal.at);
        self.refusals(agent).map(|(at, _)| at).chain(passed).max()
    }

    /// Until when `agent`, or another one of its account, is refused, and by which run that is known.
    fn refusals(&self, agent: &str) -> impl Iterator<Item = (Timestamp, &Parked)> {
        let parked = self
            .parked
            .iter()
            .filter_map(|run| run.facts.parked.as_ref());
        parked.flat_map(move |parked| {
            let of_agent = parked
                .renewals
                .iter()
                .filter(move |renewal| same_account(self.project, &renewal.agent, agent));
            of_agent
                .map(|renewal| renewal.at)
                .filter(|at| *at > self.now)
                .map(move |at| (at, parked))
        })
    }
}

/// Whether `spec` may be started with `agent` now. For more than one question at once, see [`Outlook`].
pub fn may_start(
    project: &Project,
    spec: &str,
    labels: &[String],
    agent: &str,
    now: Timestamp,
) -> Result<Start> {
    Ok(Outlook::at(project, now)?.may_start(spec, labels, agent))
}

/// When the next parked run may go on; a moment that has passed where one may already.
pub fn next_due(project: &Project) -> Result<Option<Timestamp>> {
    let journal = Journal::open_existing(&project.state_dir(), &project.project_key())?;
    let parked = parked_runs(journal.as_ref())?;
    Ok(parked
        .iter()
        .filter_map(|run| run.facts.parked.as_ref())
        .map(|parked| parked.until)
        .min())
}

/// Whether this is a parked run whose time has come.
pub fn is_due(run: &RunRecord, now: Timestamp) -> bool {
    let parked = run.facts.parked.as_ref();
    run.state == RunState::Parked && parked.is_none_or(|parked| parked.is_due(now))
}

/// The agent that a run goes on with.
pub fn agent_of(run: &RunRecord) -> &str {
    let substitute = run
        .facts
        .parked
        .as_ref()
        .and_then(|parked| parked.with.as_deref());
    substitute.unwrap_or(&run.facts.agent)
}

fn parked_runs(journal: Option<&Journal>) -> Result<Vec<RunRecord>> {
    let mut runs = journal.map_or(Ok(Vec::new()), Journal::all_latest)?;
    runs.retain(|run| run.state == RunState::Parked);
    Ok(runs)
}

fn same_account(project: &Project, one: &str, other: &str) -> bool {
    let account = |name: &str| {
        let entry = project
            .config()
            .agents
            .iter()
            .find(|agent| agent.name == name);
        entry.and_then(|agent| agent.account.as_deref())
    };
    one == other || account(one).is_some_and(|of_one| Some(of_one) == account(other))
}

/// Refuses to go on with a parked run before its time, unless that was asked for.
pub(crate) fn admit(record: &RunRecord, order: &Order, now: Timestamp) -> Result<()> {
    let other_agent = order
        .agent
        .as_ref()
        .is_some_and(|agent| *agent != record.facts.agent);
    if order.now || other_agent || is_due(record, now) {
        return Ok(());
    }
    let spec = &record.spec;
    let parked = record.facts.parked.as_ref();
    let sentence = parked.map_or_else(String::new, |parked| {
        parked.sentence(now, &TimeZone::system())
    });
    let until = parked.map(|parked| parked.until.to_string());
    Err(Error::new(Code::Parked, format!("{spec} is parked {sentence}"))
        .hint(format!(
            "it goes on then: chant watch; or at once: chant work {spec} --now, or with --agent NAME"
        ))
        .detail("parked_until", until))
}

/// Lets another agent go on with a parked run where the settings name any for that.
pub(crate) fn with_substitute(project: &Project, parked: Parked, now: Timestamp) -> Result<Parked> {
    let config = project.config();
    if config.spending.fallback.is_empty() {
        return Ok(parked);
    }
    let mut candidates = config
        .defaults
        .agent
        .as_deref()
        .map_or_else(Vec::new, crate::config::names);
    candidates.extend_from_slice(&config.spending.fallback);
    let outlook = Outlook::at(project, now)?;
    let own = parked.renewals.clone();
    let renewed = |agent: &str| {
        let by_this = own
            .iter()
            .filter(|renewal| same_account(project, &renewal.agent, agent))
            .map(|renewal| renewal.at);
        by_this.chain(outlook.refused_until(agent)).max()
    };
    Ok(parked.or_with(&candidates, renewed, now))
}
