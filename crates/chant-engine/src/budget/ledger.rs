//! What was spent so far, read from the journal, for the budgets that are set.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use chant_spec::Budget;

use super::{Account, Shares, Spent, Whose, stint};
use crate::config::Spending;
use crate::error::Result;
use crate::journal::Stint;
use crate::journal::{Journal, RunRecord, RunState};

/// All that was spent, for questions about many specs. Holds nothing where no budget needs it.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    runs: Vec<RunRecord>,
    today: Option<Date>,
    zone: Option<TimeZone>,
}

impl Ledger {
    /// Reads what the budgets of a day and of labels need.
    pub(crate) fn read(
        journal: Option<&Journal>,
        spending: &Spending,
        now: Timestamp,
    ) -> Result<Self> {
        let needed =
            !spending.day.is_empty() || !spending.labels.is_empty() || !spending.spec.is_empty();
        let Some(journal) = journal.filter(|_| needed) else {
            return Ok(Self::default());
        };
        let zone = TimeZone::system();
        Ok(Self {
            runs: journal.paid()?,
            today: Some(now.to_zoned(zone.clone()).date()),
            zone: Some(zone),
        })
    }

    /// The same without what the process of this run has told so far: its own meter knows that.
    pub(super) fn beside(mut self, run: &str) -> Self {
        for own in self.runs.iter_mut().filter(|known| known.id == run) {
            own.facts.at_work = None;
        }
        self
    }

    /// The accounts that a spec with these labels takes from, its own left out. What is at work now is counted as far as its
    /// agents have told.
    pub(crate) fn shared(&self, labels: &[String], spending: &Spending) -> Vec<Account> {
        let mut accounts = Vec::new();
        for (label, budget) in spending
            .labels
            .iter()
            .filter(|(label, _)| labels.contains(label))
        {
            let of_label = self
                .runs
                .iter()
                .filter(|run| run.facts.labels.contains(label));
            accounts.push(Account {
                whose: Whose::Label(label.clone()),
                budget: *budget,
                spent: of_label
                    .flat_map(with_work)
                    .map(|stint| stint.spent())
                    .sum(),
            });
        }
        if !spending.day.is_empty() {
            accounts.push(Account {
                whose: Whose::Day,
                budget: spending.day,
                spent: self.spent_today(),
            });
        }
        accounts
    }

    /// The account of one spec.
    pub(crate) fn own(&self, spec: &str, budget: Budget) -> Account {
        let runs: Vec<&RunRecord> = self.runs.iter().filter(|run| run.spec == spec).collect();
        own(&runs, budget)
    }

    fn spent_today(&self) -> Spent {
        let (Some(today), Some(zone)) = (self.today, &self.zone) else {
            return Spent::default();
        };
        let of_today = |stint: &Stint| {
            let at = stint.at.parse::<Timestamp>();
            at.is_ok_and(|at| at.to_zoned(zone.clone()).date() == today)
        };
        let stints = self.runs.iter().flat_map(with_work);
        stints.filter(of_today).map(|stint| stint.spent()).sum()
    }
}

/// A spec's account: its attempts since it was last completed. What is made again begins anew.
pub(super) fn own(runs: &[&RunRecord], budget: Budget) -> Account {
    let completed = runs
        .iter()
        .rposition(|run| run.state == RunState::Completed);
    let since = completed.map_or(0, |at| at + 1);
    Account {
        whose: Whose::Spec,
        budget,
        spent: runs[since..].iter().map(|run| spent_by(run)).sum(),
    }
}

/// A run's stints, and what is at work for it.
fn with_work(run: &RunRecord) -> Vec<Stint> {
    let mut stints = stint::of_run(run);
    stints.extend(run.facts.at_work.clone());
    stints
}

/// What a run took.
fn spent_by(run: &RunRecord) -> Spent {
    stint::of_run(run).iter().map(Stint::spent).sum()
}

impl From<&Spending> for Shares {
    fn from(spending: &Spending) -> Self {
        Self {
            warn: spending.warn,
            stop: spending.stop,
        }
    }
}
