//! What a person has begun with git's own commands in a run's worktree, and not ended: nothing there is a result yet.

use std::path::PathBuf;

use chant_git::Head;

use super::folder;
use crate::error::{Code, Error, Result};
use crate::journal::RunRecord;
use crate::project::Project;

/// What stands open.
#[derive(Debug)]
pub(crate) enum LeftOpen {
    /// A rebase: HEAD is on no branch until it ends.
    Rebase {
        /// The worktree.
        folder: PathBuf,
    },
    /// Another branch than the run's is checked out.
    Elsewhere {
        /// The worktree.
        folder: PathBuf,
        /// The run's branch.
        branch: String,
    },
    /// Files that git holds for unresolved.
    Conflict {
        /// The worktree.
        folder: PathBuf,
        /// The files.
        files: Vec<String>,
    },
}

impl LeftOpen {
    /// What stands open in a run's worktree, the first thing to be ended.
    pub(crate) fn find(project: &Project, run: &RunRecord) -> Result<Option<Self>> {
        let facts = &run.facts;
        if !facts.worktree.join(".git").exists() {
            return Ok(None);
        }
        let there = project.repo().at(&facts.worktree);
        let folder = folder(project, facts);
        if there.is_rebasing() {
            return Ok(Some(Self::Rebase { folder }));
        }
        let is_there =
            matches!(there.head()?, Head::Branch(name, _) if name.as_str() == facts.branch);
        if !is_there {
            let branch = facts.branch.clone();
            return Ok(Some(Self::Elsewhere { folder, branch }));
        }
        let files = there.unresolved()?;
        Ok((!files.is_empty()).then_some(Self::Conflict { folder, files }))
    }

    /// What it is, as one sentence.
    pub(crate) fn sentence(&self) -> String {
        match self {
            Self::Rebase { folder } => format!("a rebase stands open in {}", folder.display()),
            Self::Elsewhere { folder, branch } => {
                format!(
                    "{} is not on its branch {branch} any more",
                    folder.display()
                )
            }
            Self::Conflict { folder, files } => format!(
                "git still holds a conflict open in {}: {}",
                folder.display(),
                crate::one_line(&files.join(", "))
            ),
        }
    }

    /// The refusal that says so, with what to do before `command`.
    pub(crate) fn error(&self, run: &RunRecord, command: &str) -> Error {
        let first = match self {
            Self::Rebase { .. } => {
                "end it there with `git rebase --continue` or `git rebase --abort`".to_owned()
            }
            Self::Elsewhere { branch, .. } => {
                format!("bring there what is to land onto it: `git switch {branch}`")
            }
            Self::Conflict { .. } => "resolve it, `git add` the files there".to_owned(),
        };
        Error::new(Code::Conflict, format!("{}: {}", run.spec, self.sentence()))
            .hint(format!("{first}, then: {command}"))
    }
}
