//! What an agent's process is spending while it works, against the budgets it takes from. Pure but for the stopwatch.

use std::time::Duration;

use chant_agent::{AgentEvent, Bill};
use chant_os::clock::Stopwatch;
use chant_spec::Usd;

use super::{Account, Level, Reading, Shares, Spent, priced, tightest};
use crate::config::Spending;

/// Counts along.
#[derive(Debug)]
pub(crate) struct Meter<'a> {
    accounts: Vec<Account>,
    spending: &'a Spending,
    shares: Shares,
    bill: Bill,
    clock: Stopwatch,
    told: Level,
    /// From which level on the agent is stopped.
    bound: Level,
    reached: Option<(Reading, Stopwatch)>,
}

/// How long an agent may go on after it told what spent the budget: most tell it as the last thing they do.
const LAST_WORDS: Duration = Duration::from_millis(250);

impl<'a> Meter<'a> {
    /// For a process that begins now. Where a person allowed to go over the budget, only far over it is too far.
    pub(crate) fn start(
        accounts: Vec<Account>,
        spending: &'a Spending,
        model: Option<&str>,
        over_budget: bool,
    ) -> Self {
        Self {
            accounts,
            spending,
            shares: spending.into(),
            bill: Bill {
                model: model.map(str::to_owned),
                ..Bill::default()
            },
            clock: Stopwatch::start(),
            told: Level::Within,
            bound: if over_budget {
                Level::Over
            } else {
                Level::Reached
            },
            reached: None,
        }
    }

    /// Takes note of what the agent tells.
    pub(crate) fn note(&mut self, event: &AgentEvent) {
        self.bill.note(event);
    }

    /// What to warn of, once for each level.
    pub(crate) fn warning(&mut self) -> Option<String> {
        let reading = self.reading()?;
        if reading.level <= self.told {
            return None;
        }
        self.told = reading.level;
        Some(reading.sentence())
    }

    /// Whether the agent has to stop.
    pub(crate) fn is_spent(&mut self) -> bool {
        if self.reached.is_none() {
            let bound = self.bound;
            let reached = self.reading().filter(|reading| reading.level >= bound);
            self.reached = reached.map(|reading| (reading, Stopwatch::start()));
        }
        let since = self.reached.as_ref();
        since.is_some_and(|(_, since)| since.elapsed() >= LAST_WORDS)
    }

    /// The budget that made the agent stop.
    pub(crate) fn into_reached(self) -> Option<Reading> {
        self.reached.map(|(reading, _)| reading)
    }

    fn reading(&self) -> Option<Reading> {
        if self.accounts.is_empty() {
            return None;
        }
        tightest(&self.accounts, self.spent(), self.shares)
    }

    fn spent(&self) -> Spent {
        let (usd, _) = priced(&self.bill, &self.spending.prices);
        Spent {
            usd: Usd::from_dollars(usd.unwrap_or(0.0)),
            tokens: self.bill.usage.input.saturating_add(self.bill.usage.output),
            time: self.clock.elapsed(),
        }
    }
}
