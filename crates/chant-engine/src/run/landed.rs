//! The steps after the landing: the checkout shows it, it is attested, and worktree and branch go.
//!
//! Runs that landed together take each of these steps together, because git needs as long for one as for many: all notes
//! with one process, all refs that go with another. A run that lands alone takes them in the same way.

use chant_git::{BranchName, Oid};

use super::{Flow, Run, idle};
use crate::attest;
use crate::error::Result;
use crate::journal::{RunRecord, RunState, Step};
use crate::landing::{Turn, known};
use crate::run::kept::keep;

/// Takes the steps after the landing, each for all of these runs before the next. Errors leave them where they are.
pub(crate) fn wind_up(mut runs: Vec<Run<'_, '_>>) -> Result<Vec<RunRecord>> {
    let outcome = steps_together(&mut runs);
    if let Err(error) = &outcome {
        for run in &mut runs {
            run.record.reason.clone_from(&error.message);
            // The first error is the one to report; the journal may be what failed.
            let _ = run.journal.save(&run.record);
        }
    }
    outcome?;
    Ok(runs.into_iter().map(|run| run.record).collect())
}

fn steps_together(runs: &mut [Run<'_, '_>]) -> Result<()> {
    for step in [Step::Checkout, Step::Record, Step::Clean] {
        begin_together(runs, step)?;
        chant_os::crash::point(&format!("{}:before", step.name()));
        match step {
            Step::Checkout => runs.iter_mut().try_for_each(Run::show)?,
            Step::Record => attest(runs)?,
            _ => clean(runs)?,
        }
        chant_os::crash::point(&format!("{}:after", step.name()));
    }
    runs.iter_mut()
        .try_for_each(|run| run.end(RunState::Completed, ""))
}

/// Writes the step down for all of them at once.
fn begin_together(runs: &mut [Run<'_, '_>], step: Step) -> Result<()> {
    for run in &mut *runs {
        run.go_to(step);
        run.enter(step);
    }
    if let Some(first) = runs.first() {
        let records = runs.iter().map(|run| &run.record);
        first.journal.save_all_lightly(records)?;
    }
    runs.iter_mut().try_for_each(Run::tell_step)
}

/// Attests what landed. Repeatable: the second time says the same.
fn attest(runs: &mut [Run<'_, '_>]) -> Result<()> {
    let Some(project) = runs.first().map(|run| run.project) else {
        return Ok(());
    };
    let mut commits = Vec::with_capacity(runs.len());
    for run in &*runs {
        let landing = run.record.facts.landing.as_ref();
        let commit = landing.map(|landing| known(landing.commit.as_deref()));
        commits.push(commit.transpose()?);
    }
    let mut attested = Vec::new();
    let mut landed = Vec::new();
    for (at, (run, commit)) in runs.iter().zip(&commits).enumerate() {
        if let (Some(landing), Some(commit)) = (&run.record.facts.landing, commit) {
            attested.push(at);
            landed.push(attest::Landed {
                candidate: run.candidate(),
                commit,
                landing,
            });
        }
    }
    let recorded = attest::record(project, &landed)?;
    for (at, recorded) in attested.into_iter().zip(recorded) {
        if let Some(because) = recorded.unsigned_because {
            runs[at].warn(format!("the attestation is not signed: {because}"))?;
        }
    }
    Ok(())
}

/// Everything is reachable from the main branch, so worktrees, branches and results may go.
fn clean(runs: &[Run<'_, '_>]) -> Result<()> {
    let mut refs = Vec::new();
    for run in runs {
        run.remove_own_worktree()?;
        chant_os::crash::point("clean:worktree");
        refs.extend(
            run.own_branch()?
                .map(|(branch, at)| (branch.ref_name(), at)),
        );
        refs.extend(run.result()?);
    }
    let Some(first) = runs.first() else {
        return Ok(());
    };
    if refs.is_empty() {
        // They went before this process was there; whatever ended the one that deleted them may have ended its git.
        return Ok(first.project.repo().free_packed_refs()?);
    }
    if first.project.repo().delete_refs(&refs)? {
        return Ok(());
    }
    // Somebody has moved one of them; it alone is to stay, and its run says so.
    runs.iter().try_for_each(Run::drop_refs)
}

impl Run<'_, '_> {
    /// The step for a run that is driven alone.
    pub(super) fn checkout(&mut self) -> Result<Flow> {
        self.show().map(|()| Flow::Next)
    }

    /// The same.
    pub(super) fn attest(&mut self) -> Result<Flow> {
        attest(std::slice::from_mut(self)).map(|()| Flow::Next)
    }

    /// The same.
    pub(super) fn clean(&mut self) -> Result<Flow> {
        clean(std::slice::from_ref(self)).map(|()| Flow::Next)
    }

    /// Shows the landing in the checkout of the main branch. The queue has done so, if it was not cut off.
    fn show(&mut self) -> Result<()> {
        let Some(landing) = self.record.facts.landing.clone() else {
            return Ok(());
        };
        if Turn::is_owed(self.project) {
            // Who has the turn now shows it, or has done so when we get it.
            drop(Turn::take(self.project, || false)?);
        }
        let left = self.candidate().bring_back(&landing)?;
        if !left.is_empty() {
            self.left_in_checkout(&left)?;
        }
        Ok(())
    }

    fn remove_own_worktree(&self) -> Result<()> {
        let folder = &self.record.facts.worktree;
        if folder.exists() && !folder.join(".git").is_file() {
            // It was deleted by hand, and what is there now is somebody's.
            return self.give_worktree_back();
        }
        // Whatever was in it is in the landing: `collect` saw it after the last process had ended.
        if !idle::put(self.project, folder) {
            self.project.repo().remove_worktree(folder)?;
            if folder.exists() {
                chant_os::file::remove_tree(folder)?;
            }
        }
        Ok(())
    }

    /// The run's branch, if it is still there and nobody has it checked out. What silent mode leaves out of the landing is kept first.
    fn own_branch(&self) -> Result<Option<(BranchName, Oid)>> {
        let (repo, facts) = (self.project.repo(), &self.record.facts);
        let branch: BranchName = facts.branch.parse()?;
        let Some(tip) = repo.branch_oid(&branch)? else {
            return Ok(None);
        };
        if facts.silent && Some(tip.as_str()) != facts.collected.as_deref() {
            keep(repo, &self.record.spec, &tip, &known(Some(&facts.base))?)?;
        }
        Ok((!repo.is_checked_out(&branch)?).then_some((branch, tip)))
    }

    /// The ref of the run's result, if it is still there: what landed needs no name of its own.
    fn result(&self) -> Result<Option<(String, Oid)>> {
        let Some(name) = self.record.facts.result_ref.clone() else {
            return Ok(None);
        };
        let at = self.project.repo().ref_oid(&name)?;
        Ok(at.map(|at| (name, at)))
    }

    fn drop_refs(&self) -> Result<()> {
        let repo = self.project.repo();
        if let Some((branch, tip)) = self.own_branch()? {
            repo.delete_branch(&branch, &tip)?;
        }
        if let Some((name, at)) = self.result()? {
            repo.delete_ref(&name, &at)?;
        }
        Ok(())
    }
}
