//! What an agent's process is spending while it works, against the budgets it takes from. Pure but for the stopwatch.

use std::time::Duration;

use chant_agent::{AgentEvent, Bill};
use chant_os::clock::Stopwatch;
use chant_spec::Usd;

use jiff::Timestamp;

use super::{Account, Level, Reading, Shares, Spent, Whose, priced, tightest};
use crate::config::Spending;
use crate::error::Result;
use crate::journal::Stint;

/// Counts along.
#[derive(Debug)]
pub(crate) struct Meter<'a> {
    accounts: Vec<Account>,
    spending: &'a Spending,
    shares: Shares,
    bill: Bill,
    clock: Stopwatch,
    began: Timestamp,
    /// Since others were told what this process spends, and since they were asked; after how long they are asked again.
    passed_on: Option<Stopwatch>,
    asked: Stopwatch,
    rest: Duration,
    told: Level,
    /// From which level on the agent is stopped.
    bound: Level,
    reached: Option<(Reading, Stopwatch)>,
}

/// How long an agent may go on after it told what spent the budget: most tell it as the last thing they do.
const LAST_WORDS: Duration = Duration::from_millis(250);

/// How often runs that take from the same budget tell each other, and ask.
const PASS_ON: Duration = Duration::from_secs(1);

/// Asking may take this part of a run's time at most.
const ASKING: u32 = 50;

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
            began: chant_os::clock::now(),
            passed_on: None,
            asked: Stopwatch::start(),
            rest: PASS_ON,
            told: Level::Within,
            bound: if over_budget {
                Level::Over
            } else {
                Level::Reached
            },
            reached: None,
        }
    }

    /// Takes note of what the agent tells. What others have to know of it, if they take from the same budget: all that it told of
    /// money and tokens, and now and then that time goes by.
    pub(crate) fn note(&mut self, event: &AgentEvent) -> Option<Stint> {
        let before = self.spent();
        self.bill.note(event);
        let spent = self.spent();
        let is_shared = self.accounts.iter().any(|it| it.whose != Whose::Spec);
        let is_news = (before.usd, before.tokens) != (spent.usd, spent.tokens);
        let is_time = || {
            let since = self.passed_on.as_ref();
            since.is_none_or(|since| since.elapsed() >= PASS_ON)
        };
        if !is_shared || !(is_news || is_time()) {
            return None;
        }
        self.passed_on = Some(Stopwatch::start());
        let (usd, computed) = priced(&self.bill, &self.spending.prices);
        Some(Stint {
            at: self.began.to_string(),
            input_tokens: self.bill.usage.input,
            output_tokens: self.bill.usage.output,
            usd,
            computed,
            ms: u64::try_from(spent.time.as_millis()).unwrap_or(u64::MAX),
            ..Stint::default()
        })
    }

    /// Looks from time to time at what others have taken meanwhile from what they share with this run.
    pub(crate) fn look_at_others(&mut self, accounts: impl FnOnce() -> Result<Vec<Account>>) {
        let is_shared = self.accounts.iter().any(|it| it.whose != Whose::Spec);
        if !is_shared || self.asked.elapsed() < self.rest {
            return;
        }
        let watch = Stopwatch::start();
        // What can not be read now is read the next time.
        if let Ok(accounts) = accounts() {
            self.accounts = accounts;
        }
        self.rest = PASS_ON.max(watch.elapsed() * ASKING);
        self.asked = Stopwatch::start();
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
