//! Whose turn it is to land: one process at a time moves the main branch and its checkout.
//!
//! The turn is an OS lock below the state directory, so a process that dies gives it back. Others' commits and pushes do not
//! ask for it; they are what the compare-and-swap is for.
//!
//! Before the branch moves, a note says from where to where. It goes when the checkout has followed. Whoever has the next
//! turn and finds one brings the checkout along for the one who was cut off.

use std::path::PathBuf;
use std::time::Duration;

use chant_git::{BranchName, Brought, Oid, RepoPath};
use chant_os::lock::{Attempt, Lock};
use serde::{Deserialize, Serialize};

use super::checkout;
use crate::error::{Code, Error, Result};
use crate::project::Project;

/// How often a turn that another has is asked for.
const PAUSE: Duration = Duration::from_millis(5);

/// A note larger than this is none of chant's.
const LARGEST: u64 = 64 << 20;

/// The right to land, for as long as the value lives.
#[derive(Debug)]
pub(crate) struct Turn {
    _lock: Lock,
}

/// A move of the main branch that its checkout has to follow.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Move {
    /// The branch.
    pub(crate) branch: BranchName,
    /// Where it was.
    pub(crate) from: Oid,
    /// Where it goes.
    pub(crate) to: Oid,
    /// Files of the checkout that may be replaced where they hold just this: what they hold is on record.
    pub(crate) may_replace: Vec<(String, Oid)>,
}

impl Turn {
    /// Waits for the turn, and finishes what the last one to have it could not. `None` where `gives_up` says so first.
    pub(crate) fn take(
        project: &Project,
        mut gives_up: impl FnMut() -> bool,
    ) -> Result<Option<Self>> {
        let path = project.state_dir().join("locks").join("landing");
        let (pid, now) = (std::process::id(), chant_os::clock::now());
        let note = format!("process {pid} since {now}");
        loop {
            if let Attempt::Acquired(lock) = Lock::try_acquire(&path, &note)? {
                let turn = Self { _lock: lock };
                turn.finish_earlier(project)?;
                return Ok(Some(turn));
            }
            if gives_up() {
                return Ok(None);
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// Whether a checkout may still be one landing behind.
    pub(crate) fn is_owed(project: &Project) -> bool {
        note_of(project).exists()
    }

    /// Writes down what is about to happen. It is on disk when this returns.
    #[expect(clippy::unused_self, reason = "only who has the turn may do it")]
    pub(crate) fn announce(&self, project: &Project, coming: &Move) -> Result<()> {
        let bytes = serde_json::to_vec(coming)
            .map_err(|error| Error::new(Code::Internal, error.to_string()))?;
        Ok(chant_os::file::replace(&note_of(project), &bytes)?)
    }

    /// Shows a move in the checkout of its branch, and forgets the note. Repeatable. Returns the files it had to leave.
    pub(crate) fn show(&self, project: &Project, moved: &Move) -> Result<Vec<String>> {
        let mut left = Vec::new();
        if let Some(checkout) = checkout::of_branch(project.repo(), moved.branch.as_str())? {
            let may_replace = moved
                .may_replace
                .iter()
                .map(|(path, oid)| Ok((path.parse()?, oid.clone())))
                .collect::<Result<Vec<(RepoPath, Oid)>>>()?;
            let brought = checkout.bring_along(&moved.from, &moved.to, &may_replace)?;
            if let Brought::InTheWay { files } = brought {
                left = files;
            }
        }
        self.forget(project)?;
        Ok(left)
    }

    /// Takes the note back.
    #[expect(clippy::unused_self, reason = "only who has the turn may do it")]
    pub(crate) fn forget(&self, project: &Project) -> Result<()> {
        match chant_os::file::remove_file(&note_of(project)) {
            Err(error) if error.is_not_found() => Ok(()),
            other => Ok(other?),
        }
    }

    /// The branch may have moved, and its checkout not followed.
    fn finish_earlier(&self, project: &Project) -> Result<()> {
        let path = note_of(project);
        if !path.exists() {
            return Ok(());
        }
        let bytes = chant_os::file::read_regular(&path, LARGEST)?;
        // Written in one piece: one that can not be read is of another version, and its checkout is looked at by nobody.
        let Ok(moved) = serde_json::from_slice::<Move>(&bytes) else {
            return self.forget(project);
        };
        let now = project.repo().branch_oid(&moved.branch)?;
        match now {
            Some(now) if project.repo().is_ancestor(&moved.to, &now)? => {
                self.show(project, &moved).map(drop)
            }
            _ => self.forget(project),
        }
    }
}

fn note_of(project: &Project) -> PathBuf {
    project.state_dir().join("landing.json")
}
