//! Budgets: what a spec, a label or a day may cost, and what has been spent.
//!
//! The arithmetic is pure and is here and in `meter`; what was spent is read from the journal in `ledger`, where every process
//! of an agent that ran has left a [`Stint`]. Whether a run is ended is decided by the run. Limits that others set, and that
//! pass by themselves, are in `limits`.

mod admit;
pub mod cost;
mod ledger;
mod meter;
mod stint;

use std::iter::Sum;
use std::ops::Add;
use std::time::Duration;

use chant_spec::{Budget, Usd};
use jiff::Timestamp;
use jiff::tz::TimeZone;

pub(crate) use admit::{accounts, admit};
pub(crate) use ledger::Ledger;
pub(crate) use meter::Meter;
pub(crate) use stint::{cut_off, priced};

/// What was spent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spent {
    /// Money, as far as it is known.
    pub usd: Usd,
    /// Tokens, read and written.
    pub tokens: u64,
    /// The time agents worked.
    pub time: Duration,
}

impl Add for Spent {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            usd: self.usd + other.usd,
            tokens: self.tokens.saturating_add(other.tokens),
            time: self.time.saturating_add(other.time),
        }
    }
}

impl Sum for Spent {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), Add::add)
    }
}

/// At which shares of a budget something happens, in hundredths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shares {
    /// A warning.
    pub(crate) warn: u32,
    /// The end, whoever allowed to go over the budget.
    pub(crate) stop: u32,
}

/// Whose budget it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Whose {
    /// One spec's, all attempts together.
    Spec,
    /// A label's.
    Label(String),
    /// Today's.
    Day,
}

impl Whose {
    /// The setting that holds it.
    fn setting(&self) -> String {
        match self {
            Self::Spec => "budgets.spec".to_owned(),
            Self::Label(label) => format!("budgets.labels.{label}"),
            Self::Day => "budgets.day".to_owned(),
        }
    }
}

/// A budget and what was taken from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) whose: Whose,
    pub(crate) budget: Budget,
    pub(crate) spent: Spent,
}

/// How far a budget is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// Nothing to say.
    Within,
    /// Worth a warning.
    Near,
    /// Spent: a person is asked.
    Reached,
    /// So far over that nobody is asked any more.
    Over,
}

/// How an account stands, by the measure that is used the most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reading {
    pub(crate) whose: Whose,
    pub(crate) level: Level,
    /// Hundredths of the budget.
    pub(crate) share: u32,
    /// `$5.02 of $5.00`.
    amounts: String,
}

impl Account {
    /// How it stands with `more` taken from it; none where nothing is limited.
    pub(crate) fn reading(&self, more: Spent, shares: Shares) -> Option<Reading> {
        let spent = self.spent + more;
        let Budget { usd, tokens, time } = self.budget;
        let measures = [
            usd.map(|limit| {
                let share = share(spent.usd.micros().into(), limit.micros().into());
                (share, format!("{} of {limit}", spent.usd))
            }),
            tokens.map(|limit| {
                let share = share(spent.tokens.into(), limit.into());
                (share, format!("{} of {limit} tokens", spent.tokens))
            }),
            time.map(|limit| {
                let share = share(spent.time.as_millis(), limit.as_millis());
                let minutes = |time: Duration| time.as_secs_f64() / 60.0;
                (
                    share,
                    format!(
                        "{:.1} of {:.1} minutes",
                        minutes(spent.time),
                        minutes(limit)
                    ),
                )
            }),
        ];
        let (share, amounts) = measures
            .into_iter()
            .flatten()
            .max_by_key(|(share, _)| *share)?;
        let level = match share {
            share if share >= shares.stop.max(100) => Level::Over,
            100.. => Level::Reached,
            share if share >= shares.warn => Level::Near,
            _ => Level::Within,
        };
        Some(Reading {
            whose: self.whose.clone(),
            level,
            share,
            amounts,
        })
    }
}

impl Reading {
    /// As a sentence.
    pub(crate) fn sentence(&self) -> String {
        let Self { share, amounts, .. } = self;
        let whose = match &self.whose {
            Whose::Spec => "the budget of this spec".to_owned(),
            Whose::Label(label) => format!("the budget of the label {label}"),
            Whose::Day => "today's budget".to_owned(),
        };
        if self.level >= Level::Reached {
            format!("{whose} is spent: {amounts}")
        } else {
            format!("{share} % of {whose} is spent: {amounts}")
        }
    }

    /// When it may go on without anybody: a day's budget is another's with the next day.
    pub(crate) fn renews(&self, now: Timestamp) -> Option<Timestamp> {
        let is_due = self.whose == Whose::Day && self.level >= Level::Reached;
        let today = now.to_zoned(TimeZone::system());
        let tomorrow = today.tomorrow().and_then(|day| day.start_of_day()).ok();
        tomorrow.filter(|_| is_due).map(|day| day.timestamp())
    }

    /// What lets `spec` go on.
    pub(crate) fn way_on(&self, spec: &str) -> String {
        let setting = self.whose.setting();
        if self.whose == Whose::Day {
            return format!(
                "it goes on tomorrow: chant watch; or now: raise `{setting}` in the settings, or, as long as not too much is spent, chant work {spec} --over-budget"
            );
        }
        match self.level {
            Level::Over => format!("raise `{setting}` in the settings, then: chant work {spec}"),
            _ => format!("chant work {spec} --over-budget, or raise `{setting}` in the settings"),
        }
    }
}

/// Hundredths; a budget of nothing is spent before anything was.
fn share(spent: u128, limit: u128) -> u32 {
    if limit == 0 {
        return if spent == 0 { 100 } else { u32::MAX };
    }
    u32::try_from(spent.saturating_mul(100) / limit).unwrap_or(u32::MAX)
}

/// The account that is used the most.
pub(crate) fn tightest(accounts: &[Account], more: Spent, shares: Shares) -> Option<Reading> {
    accounts
        .iter()
        .filter_map(|account| account.reading(more, shares))
        .max_by_key(|reading| (reading.level, reading.share))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHARES: Shares = Shares {
        warn: 80,
        stop: 120,
    };

    fn spent(dollars: f64, tokens: u64, minutes: u64) -> Spent {
        Spent {
            usd: Usd::from_dollars(dollars),
            tokens,
            time: Duration::from_mins(minutes),
        }
    }

    fn account(budget: &[(&str, &str)]) -> Account {
        let mut account = Account {
            whose: Whose::Spec,
            budget: Budget::default(),
            spent: spent(1.0, 100, 1),
        };
        for (key, text) in budget {
            assert_eq!(account.budget.set(key, text), Ok(()));
        }
        account
    }

    fn level(account: &Account, more: Spent) -> Option<Level> {
        account.reading(more, SHARES).map(|reading| reading.level)
    }

    #[test]
    fn each_share_of_a_budget_has_its_level() {
        let five = account(&[("usd", "5")]);
        for (more, expect) in [
            (0.0, Level::Within),
            (2.99, Level::Within),
            (3.0, Level::Near),
            (3.99, Level::Near),
            (4.0, Level::Reached),
            (4.99, Level::Reached),
            (5.0, Level::Over),
        ] {
            assert_eq!(level(&five, spent(more, 0, 0)), Some(expect), "{more}");
        }
    }

    #[test]
    fn the_measure_that_is_used_the_most_speaks() {
        let three = account(&[("usd", "100"), ("tokens", "1000"), ("minutes", "10")]);
        let reading = |more| {
            three
                .reading(more, SHARES)
                .map(|reading| reading.sentence())
        };
        let expect = "90 % of the budget of this spec is spent: 900 of 1000 tokens";
        assert_eq!(reading(spent(1.0, 800, 1)).as_deref(), Some(expect));
        let expect = "the budget of this spec is spent: 11.0 of 10.0 minutes";
        assert_eq!(reading(spent(1.0, 800, 10)).as_deref(), Some(expect));
    }

    #[test]
    fn without_a_budget_there_is_nothing_to_say_and_one_of_nothing_is_spent() {
        assert_eq!(level(&account(&[]), spent(1e6, 0, 0)), None);
        let mut none = account(&[("usd", "0")]);
        none.spent = Spent::default();
        assert_eq!(level(&none, Spent::default()), Some(Level::Reached));
    }
}
