//! The bounds of what is run in a place: those of a stranger's commands, or for the user's own, which run what an agent
//! wrote, those of the agent.

use std::path::{Path, PathBuf};

use chant_os::confine::Confine;
use chant_os::tree::Job;

use super::place::Place;
use super::stranger::Stranger;
use crate::error::Result;
use crate::project::Project;
use crate::sandbox::{self, Denials, Temp};

/// What a command in a place is kept to.
#[derive(Debug)]
pub(crate) struct Bounds {
    /// The program that confines.
    chant: PathBuf,
    whose: Whose,
}

#[derive(Debug)]
enum Whose {
    Stranger(Stranger),
    Agent {
        name: String,
        confine: Confine,
        /// The repository's own folder.
        git: PathBuf,
    },
}

impl Bounds {
    /// For commands that a stranger wrote. Makes a home for them in `folder`.
    pub(crate) fn of_stranger(folder: &Path, chant: &Path) -> Result<Self> {
        Ok(Self {
            chant: chant.to_owned(),
            whose: Whose::Stranger(Stranger::new(folder)?),
        })
    }

    /// For checks: they run what an agent wrote, so that what it could not do itself is not done by a test of its. `None` where
    /// the agent of this name is in no bounds either.
    pub(crate) fn of_agent(
        project: &Project,
        name: &str,
        bounds: &chant_agent::Bounds,
        chant: &Path,
    ) -> Option<Self> {
        Some(Self {
            chant: chant.to_owned(),
            whose: Whose::Agent {
                name: name.to_owned(),
                confine: sandbox::around(project, bounds)?,
                git: project.repo().common_dir().to_owned(),
            },
        })
    }

    /// A folder of this name for the temporary files of one command, where the usual one is out of bounds.
    pub(super) fn make_temp(&self, name: &str) -> Result<Option<Temp>> {
        match &self.whose {
            Whose::Agent { confine, .. } if confine.hidden.is_some() => Temp::make(name).map(Some),
            _ => Ok(None),
        }
    }

    /// The same job within the bounds. It may write in `place` and `temp` as well.
    pub(super) fn put(&self, job: Job, place: &Place, temp: Option<&Temp>) -> Job {
        let worktree = place.worktree();
        match &self.whose {
            Whose::Stranger(stranger) => {
                let env = stranger.environment(&job);
                let job = Job { env, ..job };
                let Some(mut confine) = stranger.confine.clone() else {
                    return job;
                };
                confine.write.push(worktree.to_owned());
                confine.wrap(&self.chant, job)
            }
            Whose::Agent { confine, git, .. } => {
                let mut confine = confine.clone();
                if confine.hidden.is_some() {
                    confine.write.push(worktree.to_owned());
                    confine
                        .write
                        .extend(temp.map(|temp| temp.path().to_owned()));
                    confine.write.extend(sandbox::parts_of_git(git, worktree));
                }
                confine.wrap(&self.chant, job)
            }
        }
    }

    /// What these bounds denied a command, as far as its output tells.
    pub(super) fn denied(&self, place: &Place, output: &[u8]) -> Vec<String> {
        let Whose::Agent { name, confine, git } = &self.whose else {
            return Vec::new();
        };
        let mut confine = confine.clone();
        confine.write.push(place.worktree().to_owned());
        let mut denials = Denials::new(name, place.worktree(), git, confine);
        denials.in_text(&String::from_utf8_lossy(output))
    }
}
