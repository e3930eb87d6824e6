//! The last steps: the main branch moves, and its checkout follows.

use chant_git::Oid;

use super::{Flow, Run};
use crate::attest;
use crate::error::Result;
use crate::event::Event;
use crate::journal::{RunState, Step};
use crate::landing::{Candidate, Landed, known};

impl Run<'_, '_> {
    /// Moves the main branch by compare-and-swap. Probe: it contains the landing's commit.
    pub(super) fn land(&mut self) -> Result<Flow> {
        let Some(mut landing) = self.record.facts.landing.clone() else {
            return Ok(Flow::Back(Step::Verify));
        };
        if landing.parents.is_empty() {
            // Planned by a chant that did not write down what the commit goes on from.
            return Ok(Flow::Back(Step::Verify));
        }
        if landing.commit.is_none() {
            self.record.facts.outputs = self.candidate().output_records(&landing)?;
            landing.commit = Some(self.candidate().commit(&landing)?.to_string());
            self.record.facts.landing = Some(landing.clone());
            self.journal.save(&self.record)?;
            chant_os::crash::point("land:committed");
        }
        let landed = self.candidate().land(&landing)?;
        match landed {
            Landed::Done(commit) => {
                if self.record.facts.again && self.record.facts.outputs.is_empty() {
                    self.note("nothing had to change: what it left still holds")?;
                }
                let commit = commit.map(|oid| oid.to_string());
                self.emit(&Event::Landed {
                    branch: self.record.facts.main.clone(),
                    commit,
                })?;
                Ok(Flow::Next)
            }
            Landed::Moved => {
                self.note(format!(
                    "{} moved meanwhile; the result is checked again on what it is now",
                    self.record.facts.main
                ))?;
                self.record.facts.landing = None;
                Ok(Flow::Back(Step::Verify))
            }
            Landed::InTheWay(files) => Ok(self.waits(&files)),
        }
    }

    /// The result waits on its branch. The next attempt plans anew: the main branch may have moved by then.
    fn waits(&mut self, files: &[String]) -> Flow {
        self.record.facts.landing = None;
        self.go_to(Step::Verify);
        Flow::End(
            RunState::Landing,
            format!(
                "your uncommitted changes to {} are in the way; commit or move them, then `chant merge {}` (the result waits on {})",
                files.join(", "),
                self.record.spec,
                self.record.facts.branch
            ),
        )
    }

    /// Shows the landing in the checkout of the main branch.
    pub(super) fn checkout(&mut self) -> Result<Flow> {
        let Some(landing) = self.record.facts.landing.clone() else {
            return Ok(Flow::Next);
        };
        let left = self.candidate().bring_along(&landing)?;
        if !left.is_empty() {
            self.warn(format!(
                "landed, but the checkout still has its own version of {}; compare with `git diff HEAD`",
                left.join(", ")
            ))?;
        }
        Ok(Flow::Next)
    }

    /// Attests what landed. Repeatable: the second time says the same.
    pub(super) fn attest(&mut self) -> Result<Flow> {
        let Some(landing) = self.record.facts.landing.clone() else {
            return Ok(Flow::Next);
        };
        let commit: Oid = known(landing.commit.as_deref())?;
        let recorded = attest::record(&attest::Landed {
            candidate: self.candidate(),
            commit: &commit,
            landing: &landing,
        })?;
        if let Some(because) = recorded.unsigned_because {
            self.warn(format!("the attestation is not signed: {because}"))?;
        }
        Ok(Flow::Next)
    }

    fn candidate(&self) -> Candidate<'_> {
        Candidate {
            project: self.project,
            run: &self.record,
            start: &self.start,
        }
    }
}
