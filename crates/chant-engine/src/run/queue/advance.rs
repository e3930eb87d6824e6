//! The main branch moves to the end of a batch, once, if it is where it was when the batch was planned.

use chant_git::{BranchName, Cas, GitError, Oid};

use super::Queue;
use super::batch::Batch;
use crate::error::{Code, Error, Result};
use crate::journal::{RunRecord, RunState};
use crate::landing::Move;
use crate::run::Flow;

impl Queue<'_, '_, '_> {
    /// A branch never moves to what is not all there, whoever is to blame for that.
    pub(super) fn is_whole(&self, to: &Oid, tip: &Oid) -> Result<()> {
        if self.project.repo().is_whole(to, tip)? {
            return Ok(());
        }
        let said = format!(
            "objects that {} consists of are not in the repository",
            to.short()
        );
        Err(Error::new(Code::Internal, said)
            .hint("nothing landed; see `git fsck`, then try again: chant merge --all"))
    }

    /// The one moment in which results land.
    pub(super) fn move_branch(
        &mut self,
        branch: &BranchName,
        batch: &Batch,
        to: &Oid,
    ) -> Result<()> {
        for planned in &batch.planned {
            let record = self.runs[planned.at].record_mut();
            record.facts.landing = Some(planned.landing.clone());
        }
        let members = batch.members();
        self.runs[members[0]].save_with(members.iter().map(|at| self.runs[*at].record()))?;
        chant_os::crash::point("land:committed");
        if *to == batch.tip {
            return self.tell_landed(batch);
        }
        let coming = Move {
            branch: branch.clone(),
            from: batch.tip.clone(),
            to: to.clone(),
            may_replace: self
                .may_replace(batch)?
                .into_iter()
                .map(|(path, oid)| (path.to_string(), oid))
                .collect(),
        };
        self.turn.announce(self.project, &coming)?;
        chant_os::crash::point("land:announced");
        match self.swap(branch, batch, to)? {
            Swapped::Done => {}
            Swapped::Again => return self.turn.forget(self.project),
        }
        chant_os::crash::point("land:moved");
        self.tell_landed(batch)?;
        let left = self.turn.show(self.project, &coming)?;
        chant_os::crash::point("land:shown");
        self.tell_left(batch, &left)
    }

    fn swap(&mut self, branch: &BranchName, batch: &Batch, to: &Oid) -> Result<Swapped> {
        let reason = self.reason(batch);
        let swapped =
            self.project
                .repo()
                .update_ref(&branch.ref_name(), to, Some(&batch.tip), &reason);
        match swapped {
            Ok(Cas::Done) => Ok(Swapped::Done),
            Ok(Cas::Moved { .. }) => {
                for at in batch.members() {
                    self.runs[at].note(format!(
                        "{branch} moved meanwhile; the result is looked at again on what it is now"
                    ))?;
                }
                Ok(Swapped::Again)
            }
            Err(GitError::HookRefused { said, .. }) => {
                self.refused(batch, &said);
                Ok(Swapped::Again)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// A hook says no to a move, not to a run: of several, each is offered alone.
    fn refused(&mut self, batch: &Batch, said: &str) {
        if batch.planned.len() > 1 {
            self.most = 1;
            return;
        }
        for at in batch.members() {
            let spec = &self.runs[at].record().spec;
            let said = crate::one_line(said);
            let reason = format!(
                "a hook of the repository did not let it land: {said}; when it does: `chant merge {spec}`"
            );
            self.flows[at] = Some(Flow::End(RunState::Landing, reason));
        }
    }

    fn reason(&self, batch: &Batch) -> String {
        let runs: Vec<&RunRecord> = batch
            .members()
            .iter()
            .map(|at| self.runs[*at].record())
            .collect();
        if runs.iter().any(|run| run.facts.silent) {
            return "commit".to_owned();
        }
        let specs: Vec<&str> = runs.iter().map(|run| run.spec.as_str()).collect();
        match specs.as_slice() {
            [one] => format!("chant: land {one}"),
            [first, .., last] => format!("chant: land {} from {first} to {last}", specs.len()),
            [] => "chant".to_owned(),
        }
    }

    fn tell_landed(&mut self, batch: &Batch) -> Result<()> {
        for planned in &batch.planned {
            self.runs[planned.at].has_landed(planned.landing.clone())?;
            self.flows[planned.at] = Some(Flow::Next);
        }
        Ok(())
    }

    fn tell_left(&mut self, batch: &Batch, left: &[String]) -> Result<()> {
        if left.is_empty() {
            return Ok(());
        }
        for at in batch.changing(self.runs, left)? {
            self.runs[at].left_in_checkout(left)?;
        }
        Ok(())
    }
}

enum Swapped {
    Done,
    /// Nothing moved. What is still open is planned again.
    Again,
}
