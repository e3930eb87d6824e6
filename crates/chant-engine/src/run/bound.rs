//! An agent's sitting within its bounds: the folder for its temporary files, what it may write of git's, and what is put back
//! after it.

use std::path::{Path, PathBuf};

use chant_os::confine::Confine;

use super::Run;
use crate::error::Result;
use crate::sandbox::{self, Site, Ties};

/// The bounds of one sitting. Its folder for temporary files goes with it.
pub(super) struct Bound {
    /// What keeps the processes in bounds; `None` where nothing does.
    pub(super) confine: Option<Confine>,
    /// What of git's folder a commit in the worktree writes.
    pub(super) git: Vec<PathBuf>,
    /// Where temporary files go.
    pub(super) temp: PathBuf,
    /// What the agent's own settings said before.
    settings: Vec<(PathBuf, Option<Vec<u8>>)>,
    run: String,
}

impl Bound {
    /// What to tell of an agent that changed what its own program starts by itself: it needs its folder, and this is in it.
    pub(super) fn changed_settings(&self) -> Vec<String> {
        let now = |path: &Path| sandbox::small_file(path);
        let changed = self.settings.iter().filter(|(path, was)| now(path) != *was);
        changed
            .map(|(path, _)| {
                format!(
                    "{} changed while the agent ran; look at it before you use the agent yourself, for it can name programs to start",
                    path.display()
                )
            })
            .collect()
    }
}

impl Drop for Bound {
    fn drop(&mut self) {
        sandbox::remove_temp(&self.run);
    }
}

impl Run<'_, '_> {
    /// Makes ready what bounds the agent for one sitting.
    pub(super) fn bind(&mut self, program: &Path) -> Result<Bound> {
        sandbox::check_permissions(&self.agent)?;
        sandbox::check_network(&self.agent, &self.outside.guard.program)?;
        if let Some(text) = sandbox::missing(&self.agent) {
            self.warn(text)?;
        }
        let git = self.parts_of_git()?;
        let temp = sandbox::make_temp(&self.record.id)?;
        let talk = sandbox::make_talk(&self.agent, &self.dir())?;
        let site = Site {
            worktree: &self.record.facts.worktree,
            git: &git,
            temp: &temp,
            talk: talk.as_deref(),
            program,
        };
        let confine = sandbox::confinement(self.project, &self.agent, &site);
        Ok(Bound {
            settings: sandbox::own_settings(&self.agent),
            confine,
            git,
            run: self.record.id.clone(),
            temp,
        })
    }

    /// The parts of git's own folder that a commit in the worktree writes to. Neither settings nor hooks are among them, and of the
    /// branches only those beside the run's own: with its prefix, other runs'.
    fn parts_of_git(&self) -> Result<Vec<PathBuf>> {
        let common = self.project.repo().common_dir();
        let branch = PathBuf::from(format!("refs/heads/{}", self.record.facts.branch));
        let beside = branch.parent().unwrap_or(&branch);
        let own = [common.join(beside), common.join("logs").join(beside)];
        for folder in &own {
            // A rule needs something to hold on to; git removes folders of branches that are empty.
            chant_os::file::create_dir_all(folder)?;
        }
        let shared = ["objects", "reftable", "lfs", "rr-cache"].map(|part| common.join(part));
        let worktree = sandbox::own_folder(&self.record.facts.worktree.join(".git"));
        let parts = shared.into_iter().chain(own).chain(worktree);
        Ok(parts.filter(|part| part.exists()).collect())
    }

    /// What ties the worktree to the repository, as it was before the agent's first sitting.
    pub(super) fn ties(&self) -> Result<Ties> {
        Ties::of(&self.dir(), &self.record.facts.worktree)
    }

    /// Puts back what an agent did to the files by which git finds the repository, before git is run there again.
    pub(super) fn tie_again(&mut self) -> Result<()> {
        for path in self.ties()?.put_back()? {
            self.warn(format!(
                "{} was changed by the agent, and is put back: it says where git's own folder is",
                path.display()
            ))?;
        }
        Ok(())
    }
}
