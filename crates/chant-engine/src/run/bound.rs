//! An agent's sitting within its bounds: the folder for its temporary files, what it may write of git's, and what is put back
//! after it.

use std::path::{Path, PathBuf};

use chant_os::confine::Confine;

use super::Run;
use crate::error::Result;
use crate::sandbox::{self, Site, Temp, Ties};

/// The bounds of one sitting. Its folder for temporary files goes with it.
pub(super) struct Bound {
    /// What keeps the processes in bounds; `None` where nothing does.
    pub(super) confine: Option<Confine>,
    /// What of git's folder a commit in the worktree writes.
    pub(super) git: Vec<PathBuf>,
    /// Where temporary files go.
    pub(super) temp: Temp,
    /// What the agent's own settings said before.
    settings: Vec<(PathBuf, Option<Vec<u8>>)>,
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

impl Run<'_, '_> {
    /// Makes ready what bounds the agent for one sitting.
    pub(super) fn bind(&mut self, program: &Path) -> Result<Bound> {
        sandbox::check_permissions(&self.agent)?;
        sandbox::check_network(&self.agent, &self.outside.guard.program)?;
        if let Some(text) = sandbox::missing(&self.agent) {
            self.warn(text)?;
        }
        let git = self.parts_of_git()?;
        let temp = Temp::make(&self.record.id)?;
        let talk = sandbox::make_talk(&self.agent, &self.dir())?;
        let site = Site {
            worktree: &self.record.facts.worktree,
            own: &self.own_files()?,
            git: &git,
            temp: temp.path(),
            talk: talk.as_deref(),
            program,
        };
        let confine = sandbox::confinement(self.project, &self.agent, &site);
        Ok(Bound {
            settings: sandbox::own_settings(&self.agent),
            confine,
            git,
            temp,
        })
    }

    /// The parts of git's own folder that a commit in the worktree writes to. Neither settings nor hooks are among them,
    /// and of the branches only those beside the run's own: with its prefix, other runs'.
    fn parts_of_git(&self) -> Result<Vec<PathBuf>> {
        let common = self.project.repo().common_dir();
        let branch = PathBuf::from(format!("refs/heads/{}", self.record.facts.branch));
        let beside = branch.parent().unwrap_or(&branch);
        let own = [common.join(beside), common.join("logs").join(beside)];
        for folder in &own {
            // A rule needs something to hold on to; git removes folders of branches that are empty.
            chant_os::file::create_dir_all(folder)?;
        }
        let mut parts = sandbox::parts_of_git(common, &self.record.facts.worktree);
        parts.extend(own);
        // There all branches are in one place.
        parts.extend(Some(common.join("reftable")).filter(|part| part.exists()));
        Ok(parts)
    }

    /// What the agent may write of its worktree.
    fn own_files(&self) -> Result<Vec<PathBuf>> {
        let facts = &self.record.facts;
        let front = self.start.frontmatter();
        if !self
            .project
            .config()
            .confinement
            .keeps_to_targets(&front.kind)
        {
            return Ok(vec![facts.worktree.clone()]);
        }
        let targets = front.target_files.iter();
        let targets: Vec<String> = targets
            .map(|target| self.project.path_from_repo(target))
            .collect();
        sandbox::writable(&facts.worktree, &facts.spec_path, &targets)
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
