//! What of the user's is in the way of a landing; it waits until that is out of the way, and nothing of it is touched.

use std::path::Path;

use chant_git::{BranchName, Brought, Oid, RepoPath};

use super::Queue;
use super::batch::Batch;
use crate::error::Result;
use crate::landing::{checkout, known};

impl Queue<'_, '_, '_> {
    /// A person is moving the branch in steps, and git could not end that if it moved meanwhile.
    pub(super) fn leave_to_rebase(&mut self, branch: &BranchName, folder: &Path) {
        for at in self.open(branch) {
            self.flows[at] = Some(self.runs[at].waits_for_rebase(folder));
        }
    }

    /// Lets those wait that changes of the user's are in the way of. Says whether there are any.
    pub(super) fn leave_obstructed(
        &mut self,
        branch: &BranchName,
        batch: &mut Batch,
    ) -> Result<bool> {
        let mut found = false;
        for planned in &batch.planned {
            let files = self.runs[planned.at]
                .candidate()
                .silent_obstacles(&planned.landing)?;
            if !files.is_empty() {
                self.flows[planned.at] = Some(self.runs[planned.at].waits_for_checkout(&files));
                found = true;
            }
        }
        if found {
            return Ok(true);
        }
        let Some(last) = batch.planned.last() else {
            return Ok(false);
        };
        let tree: Oid = known(Some(&last.landing.tree))?;
        let Some(checkout) = checkout::of_branch(self.project.repo(), branch.as_str())? else {
            return Ok(false);
        };
        let files =
            match checkout.would_bring_along(&batch.tip, &tree, &self.may_replace(batch)?)? {
                Brought::Done => return Ok(false),
                Brought::InTheWay { files } => files,
            };
        let mut obstructed = batch.changing(self.runs, &files)?;
        if obstructed.is_empty() {
            obstructed = batch.members();
        }
        for at in obstructed {
            self.flows[at] = Some(self.runs[at].waits_for_checkout(&files));
        }
        Ok(true)
    }

    pub(super) fn may_replace(&self, batch: &Batch) -> Result<Vec<(RepoPath, Oid)>> {
        let mut files = Vec::new();
        for at in batch.members() {
            files.extend(self.runs[at].candidate().may_replace()?);
        }
        Ok(files)
    }
}
