//! `chant undo`: brings back what the last undoable command put away.

use chant_git::{BranchName, Oid};
use serde::{Deserialize, Serialize};

use crate::error::{Code, Error, Result};
use crate::journal::{Journal, RunState, UndoEntry};
use crate::project::Project;

/// What can be undone, as the journal holds it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Undoable {
    /// A reset: the run and its branch.
    Reset {
        /// The spec.
        spec: String,
        /// The run put aside.
        run: String,
        /// The state it had.
        state: String,
        /// The branch it had.
        branch: String,
        /// The ref that keeps the work.
        kept: Option<String>,
    },
    /// The result of a run that `chant cleanup` let go.
    Result {
        /// The ref's name.
        name: String,
        /// Where it was.
        at: String,
    },
    /// A branch that `chant cleanup` deleted.
    Branch {
        /// Its name.
        branch: String,
        /// Where it was.
        at: String,
    },
}

/// What `undo` did.
#[derive(Debug, Clone, Serialize)]
pub struct Undone {
    /// What was undone.
    pub what: String,
    /// When that had been done, RFC 3339.
    pub at: String,
}

/// What could be undone, newest first.
pub fn list(project: &Project) -> Result<Vec<Undone>> {
    let Some(journal) = Journal::open_existing(&project.state_dir(), &project.project_key())?
    else {
        return Ok(Vec::new());
    };
    Ok(journal
        .undoable()?
        .into_iter()
        .map(|entry| Undone {
            what: entry.what,
            at: entry.at,
        })
        .collect())
}

/// Undoes the last undoable command.
pub fn undo(project: &Project) -> Result<Undone> {
    let journal = Journal::open_existing(&project.state_dir(), &project.project_key())?;
    let entries = match &journal {
        Some(journal) => journal.undoable()?,
        None => Vec::new(),
    };
    let (Some(journal), Some(entry)) = (journal, entries.into_iter().next()) else {
        return Err(
            Error::new(Code::NothingToDo, "there is nothing to undo").hint(
                "`reset` and `cleanup` can be undone; landed commits are undone with `git revert`",
            ),
        );
    };
    bring_back(project, &journal, &entry)?;
    journal.mark_undone(entry.id)?;
    Ok(Undone {
        what: entry.what,
        at: entry.at,
    })
}

fn bring_back(project: &Project, journal: &Journal, entry: &UndoEntry) -> Result<()> {
    let undoable: Undoable = serde_json::from_value(entry.data.clone()).map_err(|error| {
        Error::new(
            Code::Internal,
            format!("failed to read what {:?} put away: {error}", entry.what),
        )
    })?;
    match undoable {
        Undoable::Branch { branch, at } => restore_branch(project, &branch, &at),
        Undoable::Result { name, at } => {
            let reason = "chant: undo";
            Ok(project.repo().set_ref(&name, &at.parse()?, reason)?)
        }
        Undoable::Reset {
            spec,
            run,
            state,
            branch,
            kept,
        } => {
            if journal.latest(&spec)?.is_some() {
                return Err(Error::new(
                    Code::WrongStatus,
                    format!("{spec} has been worked again since it was reset"),
                )
                .hint(kept.map_or_else(String::new, |kept| {
                    format!("what the earlier run did is at {kept}")
                })));
            }
            if let Some(kept) = &kept
                && let Some(oid) = project.repo().resolve(kept)?
            {
                restore_branch(project, &branch, oid.as_str())?;
            }
            let mut record = journal
                .runs_of(&spec)?
                .into_iter()
                .find(|record| record.id == run)
                .ok_or_else(|| {
                    Error::new(
                        Code::RunNotFound,
                        format!("the run {run} is not in the journal any more"),
                    )
                })?;
            // Its processes and worktree are gone: what was under way is a failed attempt with its work kept.
            record.state = match RunState::from_name(&state) {
                Some(state) if state.is_over() || state == RunState::Conflict => state,
                _ => RunState::Failed,
            };
            journal.save(&record)?;
            journal.take_up(&spec, &run)
        }
    }
}

fn restore_branch(project: &Project, branch: &str, at: &str) -> Result<()> {
    let (name, oid): (BranchName, Oid) = (branch.parse()?, at.parse()?);
    match project.repo().branch_oid(&name)? {
        Some(now) if now == oid => Ok(()),
        Some(_) => Err(Error::new(
            Code::Exists,
            format!("the branch {branch} exists again, with other commits"),
        )
        .hint(format!("look at both: git log {branch} {at}"))),
        None => Ok(project.repo().set_branch(&name, &oid, None)?),
    }
}
