//! The one place where a user's checkout is touched: after its branch moved, index and files follow.
//!
//! A landing moves the branch first; then HEAD shows the new commit while index and files still show the old. This module
//! does what `git read-tree -m -u old new` does, and closes three gaps of that command:
//!
//! * it overwrites ignored files that stand in the way: here they count as the user's, like any other ([`survey`]);
//! * it refuses a file that already is what it shall become, and one whose content is known to be safe elsewhere (the spec
//!   the user wrote, which has just landed): here these are settled one by one ([`plan`]);
//! * killed while it writes, it leaves files that it then takes for the user's changes: here a note is written before the
//!   first file is touched ([`intent`]), and a repetition recognises what the first attempt left;
//! * killed while it holds the index, it leaves a lock that could be anybody's: here git works on a copy of the index, under a
//!   lock that a successor knows as chant's ([`held`]).
//!
//! Everything is looked at before anything is touched: either the whole change comes along, or nothing does and the files
//! in the way are named.

mod apply;
mod held;
mod intent;
mod plan;
mod survey;

use crate::{Oid, Repo, RepoPath, Result};
use intent::Intent;
use plan::Plan;

/// Whether a checkout followed its branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Brought {
    /// Index and files show the new commit now, with whatever the user had changed elsewhere.
    Done,
    /// Uncommitted changes of the user's stand in the way; nothing was touched.
    InTheWay {
        /// The files, from the repository's root.
        files: Vec<String>,
    },
}

impl Repo {
    /// Takes index and files of this work tree from `old` to `new` (commits or trees). What the user has changed elsewhere,
    /// staged or not, tracked or not, stays byte for byte. A file in the way that has exactly the content `may_replace`
    /// names for it is replaced; any other makes this [`Brought::InTheWay`].
    ///
    /// Two processes where there is nothing to do, three as a rule, up to seven.
    ///
    /// Crash: may be killed anywhere and repeated with the same arguments; once done, repeating it does nothing.
    pub fn bring_along(
        &self,
        old: &Oid,
        new: &Oid,
        may_replace: &[(RepoPath, Oid)],
    ) -> Result<Brought> {
        let intent = Intent::new(self, old, new);
        let plan = Plan::make(self, (old, new), may_replace, intent.is_noted())?;
        if !plan.in_the_way.is_empty() {
            return Ok(Brought::InTheWay {
                files: plan.in_the_way,
            });
        }
        if plan.is_empty() {
            intent.fulfilled()?;
            return Ok(Brought::Done);
        }
        intent.note()?;
        chant_os::crash::point("bring-along:noted");
        let brought = apply::apply(self, &plan, (old, new))?;
        intent.fulfilled()?;
        Ok(brought)
    }

    /// What [`Repo::bring_along`] would answer; touches nothing. Two processes, up to five.
    pub fn would_bring_along(
        &self,
        old: &Oid,
        new: &Oid,
        may_replace: &[(RepoPath, Oid)],
    ) -> Result<Brought> {
        let resumed = Intent::new(self, old, new).is_noted();
        let plan = Plan::make(self, (old, new), may_replace, resumed)?;
        Ok(if plan.in_the_way.is_empty() {
            Brought::Done
        } else {
            Brought::InTheWay {
                files: plan.in_the_way,
            }
        })
    }
}
