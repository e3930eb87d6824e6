//! Running the test on one tree, as often as asked, and counting what it showed.

use std::collections::HashMap;

use chant_git::Oid;
use regex::bytes::Regex;

use super::seen::{Seen, reason};
use crate::bench::Bench;
use crate::error::Error;
use crate::proof::Plan;
use crate::proof::{Counts, Row, Side};

/// Why a proof ended before it was through.
pub(crate) enum Halt {
    /// A person stopped it.
    Stopped,
    /// Something failed that has nothing to do with the test.
    Failed(Error),
}

impl<E: Into<Error>> From<E> for Halt {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

pub(crate) type Step<T> = Result<T, Halt>;

/// What the runs on one tree showed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    pub(super) counts: Counts,
    /// The line that showed red first.
    pub(super) line: String,
    /// The first reason that it was neither.
    pub(super) why: String,
}

/// What the runs on one tree come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Colour {
    /// It failed for the stated reason, every time.
    Red,
    /// It passed, every time.
    Green,
    /// It showed nothing.
    Neither,
    /// Sometimes the one, sometimes the other.
    Mixed,
}

impl Tally {
    pub(super) fn colour(&self) -> Colour {
        match self.counts {
            Counts { red, runs, .. } if red == runs => Colour::Red,
            Counts { green, runs, .. } if green == runs => Colour::Green,
            Counts { neither, runs, .. } if neither == runs => Colour::Neither,
            _ => Colour::Mixed,
        }
    }

    fn add(&mut self, seen: Seen) {
        self.counts.runs += 1;
        match seen {
            Seen::Green => self.counts.green += 1,
            Seen::Red(line) => {
                self.counts.red += 1;
                if self.line.is_empty() {
                    self.line = line;
                }
            }
            Seen::Neither(why) => {
                self.counts.neither += 1;
                self.why = why.to_string();
            }
        }
    }

    /// What it means where the test has to fail.
    pub(super) fn as_red(&self) -> (bool, String) {
        match self.colour() {
            Colour::Red => (true, format!("fails, as it should: {}", self.line)),
            Colour::Green => (false, "passes".to_owned()),
            Colour::Neither => (false, format!("is not red: {}", self.why)),
            Colour::Mixed => (false, format!("fails only sometimes: {}", self.shown())),
        }
    }

    /// What it means where the test has to pass.
    pub(super) fn as_green(&self) -> (bool, String) {
        match self.colour() {
            Colour::Green => (true, "passes, as it should".to_owned()),
            Colour::Red => (false, format!("fails: {}", self.line)),
            Colour::Neither => (false, format!("does not pass: {}", self.why)),
            Colour::Mixed => (false, format!("passes only sometimes: {}", self.shown())),
        }
    }

    fn shown(&self) -> &str {
        if self.line.is_empty() {
            &self.why
        } else {
            &self.line
        }
    }
}

/// Where a proof's runs happen, and what they came to so far.
pub(crate) struct Lab<'a, 'b> {
    pub(super) bench: &'a Bench<'b>,
    pub(super) plan: &'a Plan,
    reason: Option<Regex>,
    /// What the trees lie on top of.
    onto: Oid,
    known: HashMap<Oid, (Side, Tally)>,
    pub(super) rows: Vec<Row>,
    told: &'a mut dyn FnMut(&Row) -> crate::Result<()>,
}

impl<'a, 'b> Lab<'a, 'b> {
    pub(crate) fn new(
        bench: &'a Bench<'b>,
        plan: &'a Plan,
        onto: &Oid,
        told: &'a mut dyn FnMut(&Row) -> crate::Result<()>,
    ) -> Self {
        Self {
            bench,
            plan,
            // The plan was checked when it was made.
            reason: plan
                .fails_with
                .as_deref()
                .and_then(|text| reason(text).ok()),
            onto: onto.clone(),
            known: HashMap::new(),
            rows: Vec::new(),
            told,
        }
    }

    /// Runs the test on a tree as often as the plan says, or until `enough`. A run that shows nothing is the last: what
    /// is broken is not mended by another try.
    pub(super) fn runs(
        &self,
        log: &str,
        tree: &Oid,
        enough: impl Fn(&Tally) -> bool,
    ) -> Step<Tally> {
        let command = self.plan.command();
        let place = self.bench.place(tree, &self.onto)?;
        let mut tally = Tally::default();
        while tally.counts.runs < self.plan.repeat {
            let Ok(outcome) = self.bench.run(&place, log, &command)? else {
                return Err(Halt::Stopped);
            };
            let seen = Seen::read(&outcome.ended, &outcome.output, self.reason.as_ref());
            tally.add(seen);
            if tally.counts.neither > 0 || enough(&tally) {
                break;
            }
        }
        Ok(tally)
    }

    /// Runs one side that has to be red or green, and writes its row.
    pub(super) fn side(
        &mut self,
        side: Side,
        tree: &Oid,
        judged: fn(&Tally) -> (bool, String),
    ) -> Step<Tally> {
        let earlier = self.known.get(tree).cloned();
        let tally = match &earlier {
            Some((_, tally)) => tally.clone(),
            None => self.runs(side.log(), tree, |_| false)?,
        };
        let (holds, found) = judged(&tally);
        self.tell(Row {
            side,
            tree: tree.to_string(),
            run: self.plan.run.clone(),
            holds,
            found,
            counts: tally.counts,
            same_as: earlier.map(|(side, _)| side),
        })?;
        self.known
            .entry(tree.clone())
            .or_insert_with(|| (side, tally.clone()));
        Ok(tally)
    }

    pub(super) fn tell(&mut self, row: Row) -> Step<()> {
        (self.told)(&row)?;
        self.rows.push(row);
        Ok(())
    }
}
