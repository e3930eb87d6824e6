//! Where a run ends that another process lands: its result is a ref, made once and never moved.

use chant_git::{Cas, Oid};

use super::Run;
use crate::error::{Code, Error, Result};
use crate::journal::RunState;
use crate::journal::result_ref;
use crate::landing::known;

impl Run<'_, '_> {
    /// Everything before the landing is done: the result gets its ref, and the run waits for its turn.
    pub(super) fn finish(&mut self) -> Result<()> {
        let name = result_ref(&self.record.id);
        let commit = self.result_commit()?;
        let reason = "chant: a run's result";
        let repo = self.project.repo();
        let mut swapped = repo.update_ref(&name, &commit, None, reason)?;
        if let Cas::Moved { now } = swapped {
            // An earlier process of this run was ended right after it, or a conflict was resolved since: the claim on
            // the spec says that it was no other run's.
            swapped = repo.update_ref(&name, &commit, now.as_ref(), reason)?;
        }
        if swapped != Cas::Done {
            return Err(taken(&name));
        }
        self.record.facts.result_ref = Some(name);
        chant_os::crash::point("finish:ref");
        self.end(RunState::Finished, "")
    }

    /// The run's tip; where git must know nothing of `.chant/`, a commit of the whole result on top of it.
    fn result_commit(&self) -> Result<Oid> {
        let repo = self.project.repo();
        let tip: Oid = known(self.record.facts.tip.as_deref())?;
        let whole: Oid = known(self.record.facts.result_tree.as_deref())?;
        if !self.record.facts.silent || repo.tree_of(&tip)? == whole {
            return Ok(tip);
        }
        let message = "a run's result, with the files that git ignores\n";
        Ok(repo.commit_tree_unsigned(&whole, &[tip], message)?)
    }
}

fn taken(name: &str) -> Error {
    Error::new(
        Code::SpecLocked,
        format!("another process made a result of this run: {name}"),
    )
    .hint("`chant status` says how it stands")
}
