//! The main branch moves: a run in the landing queue.

use std::collections::HashSet;
use std::path::Path;

use super::{Flow, Run, queue};
use crate::error::Result;
use crate::event::Event;
use crate::journal::{Landing, RunRecord, RunState, Step};
use crate::landing::Candidate;

impl Run<'_, '_> {
    /// Takes its turn in the landing queue, alone. Probe: the main branch contains the landing's commit.
    pub(super) fn land(&mut self) -> Result<Flow> {
        let project = self.project;
        let mut flows = queue::settle(project, std::slice::from_mut(self))?;
        Ok(flows.pop().unwrap_or(Flow::Next))
    }
}

/// What became of a run in the landing queue.
pub(crate) enum Settled<'a, 's> {
    /// It landed, or found that it had; the steps after that are left.
    Landed(Box<Run<'a, 's>>),
    /// It waits, is over, or goes back to its first half.
    Otherwise(Box<RunRecord>),
}

/// What the landing queue asks of a run.
impl Run<'_, '_> {
    pub(crate) fn record(&self) -> &RunRecord {
        &self.record
    }

    pub(crate) fn record_mut(&mut self) -> &mut RunRecord {
        &mut self.record
    }

    /// The run with what is needed to land it.
    pub(crate) fn candidate(&self) -> Candidate<'_> {
        Candidate {
            project: self.project,
            run: &self.record,
            start: &self.start,
        }
    }

    /// The branch it lands on.
    pub(crate) fn main(&self) -> &str {
        &self.record.facts.main
    }

    pub(crate) fn depends_on(&self, spec: &str) -> bool {
        self.start
            .frontmatter()
            .depends_on
            .iter()
            .any(|id| id == spec)
    }

    pub(crate) fn depends_on_any(&self, specs: &HashSet<String>) -> bool {
        self.start
            .frontmatter()
            .depends_on
            .iter()
            .any(|id| specs.contains(id))
    }

    /// A proof is about one change: what others change with it would speak for it.
    pub(crate) fn is_checked_alone(&self) -> bool {
        self.record.facts.plan.is_some()
    }

    /// Whether its checks have passed on exactly the tree that this would make.
    pub(crate) fn has_verified(&self, landing: &Landing) -> bool {
        self.record.facts.verified.as_deref() == Some(&landing.full_tree)
    }

    /// Writes down several runs at once.
    pub(crate) fn save_with<'r>(
        &self,
        runs: impl Iterator<Item = &'r RunRecord> + Clone,
    ) -> Result<()> {
        self.journal.save_all(runs)
    }

    /// A process that lands several runs begins with each.
    pub(crate) fn begin_landing(&mut self) -> Result<()> {
        self.announce()?;
        if self.record.step != Step::Land {
            return Ok(());
        }
        self.record.state = RunState::Landing;
        self.record.reason = String::new();
        let name = Step::Land.name().to_owned();
        self.emit(&Event::Step { name })
    }

    /// The result is on the main branch.
    pub(crate) fn has_landed(&mut self, landing: Landing) -> Result<()> {
        let commit = landing
            .commit
            .clone()
            .filter(|commit| *commit != landing.onto);
        self.record.facts.landing = Some(landing);
        self.record.facts.conflict = None;
        if self.record.facts.again && self.record.facts.outputs.is_empty() {
            self.note("nothing had to change: what it left still holds")?;
        }
        self.emit(&Event::Landed {
            branch: self.record.facts.main.clone(),
            commit,
        })
    }

    /// The result waits on its branch until the user's changes are out of its way.
    pub(crate) fn waits_for_checkout(&self, files: &[String]) -> Flow {
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

    /// The result waits on its branch until the user has ended their rebase.
    pub(crate) fn waits_for_rebase(&self, folder: &Path) -> Flow {
        Flow::End(
            RunState::Landing,
            format!(
                "{} is being rebased in {}; end that with `git rebase --continue` or `git rebase --abort`, then `chant merge {}` (the result waits on {})",
                self.main(),
                folder.display(),
                self.record.spec,
                self.record.facts.branch
            ),
        )
    }

    /// The user wrote something in the moment in which the branch moved.
    pub(crate) fn left_in_checkout(&mut self, files: &[String]) -> Result<()> {
        self.warn(format!(
            "landed, but the checkout still has its own version of {}; compare with `git diff HEAD`",
            files.join(", ")
        ))
    }
}

impl<'a, 's> Run<'a, 's> {
    /// A run had its turn in such a process. No agent is started here: where the run goes
    /// back to its first half, whoever schedules it goes on with it.
    pub(crate) fn after_landing(mut self, flow: Flow) -> Result<Settled<'a, 's>> {
        match flow {
            Flow::Back(step) if (step as usize) < Step::Land as usize => {
                self.go_to(step);
                self.record.state = RunState::InProgress;
                self.journal.save(&self.record)?;
                Ok(Settled::Otherwise(Box::new(self.record)))
            }
            flow => Ok(if self.follow(flow)? {
                Settled::Otherwise(Box::new(self.record))
            } else {
                Settled::Landed(Box::new(self))
            }),
        }
    }
}
