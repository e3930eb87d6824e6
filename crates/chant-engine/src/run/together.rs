//! The checks of several runs in one place, on the tree that they make together.
//!
//! Each run's checks passed on its own tree before. What is asked here is whether they hold next to each other, so a
//! check that several of them name word for word is run once.

use chant_git::Oid;
use chant_spec::{Check, Ending};

use super::Run;
use super::suite::{Told, suite_check};
use crate::bench::{Place, Stopped};
use crate::error::Result;
use crate::event::Event;
use crate::journal::CheckRecord;

/// Runs the checks of `members` on `tree`, which would land on `onto`. Why it must not land, if it must not.
pub(crate) fn check_together(
    runs: &mut [Run<'_, '_>],
    members: &[usize],
    onto: &Oid,
    tree: &Oid,
) -> Result<Told<Option<String>>> {
    let asks = |at: &usize| runs[*at].has_own_checks();
    let suite = suite_keeper(runs, members)?;
    let Some(first) = members.iter().copied().find(asks).or(suite) else {
        return Ok(Ok(None));
    };
    let guard = runs[first].outside.guard.clone();
    let run = runs[first].record.id.clone();
    let place = runs[first].bench(&guard, &run).place(tree, onto)?;
    let mut passed: Vec<Check> = Vec::new();
    for at in members {
        match runs[*at].check_beside(&place, &run, &mut passed)? {
            Ok(None) => {}
            failed => return Ok(failed),
        }
    }
    match suite {
        Some(at) => runs[at].suite_beside(&place, &run, onto),
        None => Ok(Ok(None)),
    }
}

/// The last run that has a suite to keep.
fn suite_keeper(runs: &[Run<'_, '_>], members: &[usize]) -> Result<Option<usize>> {
    for at in members.iter().rev() {
        if runs[*at].has_a_suite_to_keep()? {
            return Ok(Some(*at));
        }
    }
    Ok(None)
}

impl Run<'_, '_> {
    /// Checks about a defect are not run where the defect is not there.
    fn has_own_checks(&self) -> bool {
        let ending = self.record.facts.ending;
        let about_nothing = ending.is_some_and(|ending| ending != Ending::Reproduced);
        !self.start.frontmatter().verify.is_empty() && !about_nothing
    }

    fn check_beside(
        &mut self,
        place: &Place,
        marker: &str,
        passed: &mut Vec<Check>,
    ) -> Result<Told<Option<String>>> {
        if !self.has_own_checks() {
            return Ok(Ok(None));
        }
        let checks = self.start.frontmatter().verify.clone();
        let guard = self.outside.guard.clone();
        for (number, check) in checks.iter().enumerate() {
            // One that asks which spec it is about is another one for each.
            if passed.contains(check) && !check.run.contains("CHANT_") {
                continue;
            }
            let log = format!("together-{}", number + 1);
            let Ok(outcome) = self.bench(&guard, marker).run(place, &log, check)? else {
                return Ok(Err(Stopped));
            };
            let record = CheckRecord::of(check, outcome);
            self.emit(&Event::Check {
                name: record.name.clone(),
                passed: record.passed,
                outcome: record.outcome.clone(),
            })?;
            if !record.passed {
                let (spec, name) = (&self.record.spec, &record.name);
                return Ok(Ok(Some(format!(
                    "check of {spec} failed: {name}: {}",
                    record.outcome
                ))));
            }
            passed.push(check.clone());
        }
        Ok(Ok(None))
    }

    fn suite_beside(
        &mut self,
        place: &Place,
        marker: &str,
        onto: &Oid,
    ) -> Result<Told<Option<String>>> {
        let guard = self.outside.guard.clone();
        for (number, command) in self.project.config().checks.iter().enumerate() {
            let log = format!("suite-together-{}", number + 1);
            let bench = self.bench(&guard, marker);
            let Ok(record) = suite_check(&bench, place, &log, command)? else {
                return Ok(Err(Stopped));
            };
            if record.passed {
                continue;
            }
            let before = bench.place(&self.project.repo().tree_of(onto)?, onto)?;
            let Ok(earlier) = suite_check(&bench, &before, &format!("{log}-before"), command)?
            else {
                return Ok(Err(Stopped));
            };
            if earlier.passed {
                return Ok(Ok(Some(format!(
                    "the suite passed before and fails now: {command}: {}",
                    record.outcome
                ))));
            }
        }
        Ok(Ok(None))
    }
}
