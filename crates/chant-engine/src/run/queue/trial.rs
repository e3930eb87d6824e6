//! Whether a batch holds what its runs' checks ask for: all of them on its last tree, and where that fails, which run it is.

use chant_git::{Gathering, Oid};

use super::batch::Batch;
use super::{Queue, interrupted};
use crate::bench::Stopped;
use crate::error::Result;
use crate::journal::RunState;
use crate::landing::known;
use crate::run::{Flow, check_together};

impl Queue<'_, '_, '_> {
    /// Checks a batch and takes out of it what must not land. `false` where nothing of it may land now.
    pub(super) fn verify(&mut self, batch: &mut Batch, made: &Gathering<'_>) -> Result<bool> {
        if let [one] = batch.planned.as_slice() {
            if self.runs[one.at].has_verified(&one.landing) {
                return Ok(true);
            }
            // It remembers that this tree was checked, even where it does not land now.
            made.store(&batch.made()?)?;
            let (at, landing) = (one.at, one.landing.clone());
            return Ok(match self.runs[at].check_landing(landing)? {
                Flow::Next => true,
                flow => {
                    self.flows[at] = Some(flow);
                    false
                }
            });
        }
        match self.try_all(batch)? {
            Ok(None) => Ok(true),
            Ok(Some(culprit)) => {
                let at = batch.planned[culprit.place].at;
                self.flows[at] = Some(Flow::End(RunState::Failed, culprit.reason));
                batch.planned.truncate(culprit.place);
                Ok(!batch.planned.is_empty())
            }
            Err(Stopped) => {
                self.end_all(interrupted);
                Ok(false)
            }
        }
    }

    /// Tries the whole batch; where it fails, finds the shortest beginning of it that does. The last run of that is the
    /// culprit: without it, the others in front of it hold.
    fn try_all(&mut self, batch: &Batch) -> Result<std::result::Result<Option<Culprit>, Stopped>> {
        let first = &batch.planned[0];
        let mut holds = usize::from(self.runs[first.at].has_verified(&first.landing));
        let mut fails = batch.planned.len();
        let mut why = match self.try_first(batch, fails)? {
            Ok(None) => return Ok(Ok(None)),
            Ok(Some(why)) => why,
            Err(Stopped) => return Ok(Err(Stopped)),
        };
        while fails - holds > 1 {
            let middle = usize::midpoint(holds, fails);
            match self.try_first(batch, middle)? {
                Ok(None) => holds = middle,
                Ok(Some(reason)) => {
                    fails = middle;
                    why = reason;
                }
                Err(Stopped) => return Ok(Err(Stopped)),
            }
        }
        let place = fails - 1;
        let before: Vec<&str> = batch.planned[..place]
            .iter()
            .map(|planned| self.runs[planned.at].record().spec.as_str())
            .collect();
        Ok(Ok(Some(Culprit {
            place,
            reason: told(&why, &before),
        })))
    }

    /// Runs the checks of the first `count` runs on the tree that they make together. Why it fails, if it does.
    fn try_first(
        &mut self,
        batch: &Batch,
        count: usize,
    ) -> Result<std::result::Result<Option<String>, Stopped>> {
        let planned = &batch.planned[..count];
        let members: Vec<usize> = planned.iter().map(|planned| planned.at).collect();
        let tree: Oid = known(Some(&planned[count - 1].landing.full_tree))?;
        check_together(self.runs, &members, &batch.tip, &tree)
    }
}

/// The run that a batch fails by.
struct Culprit {
    place: usize,
    reason: String,
}

/// What failed, and together with what.
fn told(why: &str, before: &[&str]) -> String {
    const SHOWN: usize = 3;
    let shown = before.len().saturating_sub(SHOWN);
    let names = before[shown..].join(", ");
    match (before.len(), shown) {
        (0, _) => why.to_owned(),
        (_, 0) => format!("together with {names}, which landed before it: {why}"),
        (_, more) => format!("together with {names} and {more} more that landed before it: {why}"),
    }
}
