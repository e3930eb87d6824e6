//! The project's own suite (`checks:` in the settings): what passed before a change to the code passes after it.
//!
//! A spec with a `proof:` has the suite in its proof. Here it is run for every other code spec. Specs of other types are left
//! alone: a reproduction is there to make the suite fail.

use chant_git::Oid;
use chant_spec::{Check, Kind};

use super::{Flow, Run};
use crate::bench::{Bench, Place, Stopped};
use crate::error::Result;
use crate::event::Event;
use crate::journal::{CheckRecord, RunState};
use crate::landing::known;

/// A person asked to stop, or the suite stands as told.
pub(super) type Told<T> = std::result::Result<T, Stopped>;

impl Run<'_, '_> {
    /// Runs the suite on what would land and, where something fails, on what it would land on.
    pub(super) fn suite(&mut self) -> Result<Option<Flow>> {
        if !self.has_a_suite_to_keep()? {
            return Ok(None);
        }
        match self.compare_suites()? {
            Ok(None) => Ok(None),
            Ok(Some(reason)) => Ok(Some(Flow::End(RunState::Failed, reason))),
            Err(Stopped) => Ok(Some(Flow::End(
                RunState::Paused,
                "interrupted while the suite ran".to_owned(),
            ))),
        }
    }

    /// What changes nothing outside chant's own folder can break nothing.
    pub(super) fn has_a_suite_to_keep(&self) -> Result<bool> {
        let front = self.start.frontmatter();
        let no_suite = self.project.config().checks.is_empty();
        if no_suite || front.proof.is_some() || front.kind != Kind::Code {
            return Ok(false);
        }
        let Some(landing) = &self.record.facts.landing else {
            return Ok(false);
        };
        let (onto, tree): (Oid, Oid) = (known(Some(&landing.onto))?, known(Some(&landing.tree))?);
        let own = format!("{}{}/", self.project.prefix_text(), crate::DOT_CHANT);
        let changes = self.project.repo().diff(&onto, &tree)?;
        Ok(changes.iter().any(|change| !change.path.starts_with(&own)))
    }

    fn compare_suites(&mut self) -> Result<Told<Option<String>>> {
        let Some(landing) = self.record.facts.landing.clone() else {
            return Ok(Ok(None));
        };
        let (onto, tree): (Oid, Oid) = (
            known(Some(&landing.onto))?,
            known(Some(&landing.full_tree))?,
        );
        let (guard, run) = (self.outside.guard.clone(), self.record.id.clone());
        let bench = self.bench(&guard, &run);
        let place = bench.place(&tree, &onto)?;
        for (number, command) in self.project.config().checks.iter().enumerate() {
            let log = format!("suite-{}", number + 1);
            let record = match suite_check(&bench, &place, &log, command)? {
                Ok(record) => record,
                Err(Stopped) => return Ok(Err(Stopped)),
            };
            if record.passed {
                self.tell(record)?;
                continue;
            }
            let before = bench.place(&self.project.repo().tree_of(&onto)?, &onto)?;
            let log = format!("{log}-before");
            let Ok(earlier) = suite_check(&bench, &before, &log, command)? else {
                return Ok(Err(Stopped));
            };
            if earlier.passed {
                let reason = format!(
                    "the suite passed before and fails now: {command}: {}",
                    record.outcome
                );
                self.tell(record)?;
                return Ok(Ok(Some(reason)));
            }
            self.note(format!(
                "the suite tells nothing: {command} fails, as it did before"
            ))?;
        }
        Ok(Ok(None))
    }

    fn tell(&mut self, record: CheckRecord) -> Result<()> {
        self.emit(&Event::Check {
            name: record.name.clone(),
            passed: record.passed,
            outcome: record.outcome.clone(),
        })?;
        self.record.facts.checks.push(record);
        Ok(())
    }
}

pub(super) fn suite_check(
    bench: &Bench<'_>,
    place: &Place,
    log: &str,
    command: &str,
) -> Result<Told<CheckRecord>> {
    let check = Check {
        run: command.to_owned(),
        env: crate::prove::nothing_compiled_by_time(),
        ..Check::default()
    };
    Ok(bench
        .run(place, log, &check)?
        .map(|outcome| CheckRecord::of(&check, outcome)))
}
