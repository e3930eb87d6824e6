//! What other commands of the clone, or a person, do to the specs that were asked for here.

use chant_spec::Status;

use super::event::Elsewhere;
use super::supervise::Supervisor;
use super::task::Stage;
use crate::claim;
use crate::error::Result;
use crate::journal::{RunRecord, RunState};
use crate::queue;

impl Supervisor<'_> {
    /// Specs that another command works: whether they are over there.
    pub(super) fn look_elsewhere(&mut self) -> Result<()> {
        if self.count(Stage::Elsewhere) == 0 {
            return Ok(());
        }
        let project = self.project;
        for at in 0..self.tasks.len() {
            let spec = self.tasks[at].spec.clone();
            if self.tasks[at].stage != Stage::Elsewhere
                || claim::is_held(&project.state_dir(), &project.project_key(), &spec)
            {
                continue;
            }
            let latest = self.journal.latest(&spec)?;
            let waits = latest
                .as_ref()
                .is_none_or(|run| run.state == RunState::Finished);
            let me = self.asker.id();
            if waits
                && queue::others_ask(project, &self.journal, &spec, me)?
                && !self.is_done(&spec)?
            {
                continue;
            }
            self.settle_elsewhere(at, latest)?;
        }
        Ok(())
    }

    /// A spec that another command, or a person, brought to its end meanwhile.
    pub(super) fn is_over_by_now(&mut self, at: usize) -> Result<bool> {
        let status = self.roll.get(&self.tasks[at].spec);
        let status = status.map(|entry| entry.node.status.clone());
        match status {
            Some(Status::Completed) if !self.ask.order.again => {
                self.over_elsewhere(at, "completed", "")?;
            }
            Some(Status::Cancelled) => {
                self.over_elsewhere(at, "cancelled", "it was cancelled meanwhile")?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn over_elsewhere(&mut self, at: usize, status: &str, reason: &str) -> Result<()> {
        if status == "completed" {
            self.summary.landed += 1;
        }
        self.summary.elsewhere.push(Elsewhere {
            id: self.tasks[at].spec.clone(),
            status: status.to_owned(),
            reason: reason.to_owned(),
        });
        self.over(at, status, reason)
    }

    fn is_done(&mut self, spec: &str) -> Result<bool> {
        self.read_roll()?;
        Ok(self.roll.is_completed(spec))
    }

    fn settle_elsewhere(&mut self, at: usize, latest: Option<RunRecord>) -> Result<()> {
        let is_new = |run: &RunRecord| Some(&run.id) != self.tasks[at].earlier.as_ref();
        let fresh = latest
            .as_ref()
            .filter(|run| is_new(run) || self.tasks[at].run.is_some())
            .filter(|run| waits_for_somebody(run));
        let end = fresh.map(|run| (run.state.name().to_owned(), run.reason.clone()));
        self.read_roll()?;
        let over = match end {
            Some((status, reason)) => {
                self.over_elsewhere(at, &status, &reason)?;
                true
            }
            None => self.is_over_by_now(at)?,
        };
        if over {
            return self.reload();
        }
        // Whoever had it has left it as it was: it is ours.
        self.set_stage(at, Stage::Blocked);
        if let Some(run) = latest.filter(|run| !run.state.is_over()) {
            self.tasks[at].run = Some(run.id.clone());
            self.by_run.insert(run.id.clone(), at);
            self.go_on_with(at, &run)?;
        }
        self.reconsider(vec![at]);
        Ok(())
    }

    /// Whether a living command works what a blocked task waits for.
    pub(super) fn others_work_what_is_missing(&self) -> Result<bool> {
        let mut theirs: Vec<String> = Vec::new();
        for asked in queue::asked(self.project)? {
            if asked.alive && !self.by_spec.contains_key(&asked.spec) {
                theirs.push(asked.spec);
            }
        }
        if theirs.is_empty() {
            return Ok(false);
        }
        let blocked = self.tasks.iter();
        let blocked = blocked.filter(|task| task.stage == Stage::Blocked);
        Ok(blocked
            .flat_map(|task| self.roll.unfinished(&task.spec))
            .any(|missing| theirs.contains(&missing)))
    }
}

/// Whether a run that another command had is at its end, or where a person or a budget wants it to be. One that only stopped
/// with its command is still asked for here.
fn waits_for_somebody(run: &RunRecord) -> bool {
    let facts = &run.facts;
    let is_held = facts.wish.is_some() || facts.takeover.is_some() || facts.budget_spent.is_some();
    match run.state {
        RunState::Conflict => true,
        RunState::Paused => is_held,
        state => state.is_over(),
    }
}
