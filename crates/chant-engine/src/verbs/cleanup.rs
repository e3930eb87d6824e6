//! `chant cleanup`: finds what runs have left behind and nothing needs any more. It only ever looks at what
//! chant made: worktrees in its own folder, and branches its journal knows.

use std::path::{Path, PathBuf};

use chant_git::{BranchName, Oid};
use serde::Serialize;

use super::undo::Undoable;
use crate::bench::pool::{self, Standing};
use crate::error::Result;
use crate::journal::{Journal, RunRecord, RunState};
use crate::project::Project;
use crate::run::{self, claim, worktree};

/// Something that may go.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Leftover {
    /// A worktree no run needs.
    Worktree {
        /// Its folder.
        path: PathBuf,
        /// The spec it was for, where known.
        spec: String,
    },
    /// A worktree of the checks' own. There is nothing in it but a tree and what building it made.
    Place {
        /// Its folder.
        path: PathBuf,
        /// Whether it would make the next check faster.
        warm: bool,
    },
    /// A branch whose commits are all on the main branch.
    Branch {
        /// Its name.
        branch: String,
        /// Where it is.
        at: String,
    },
}

/// Finds what may go. Changes nothing.
pub fn find(project: &Project) -> Result<Vec<Leftover>> {
    let mut found = places(project, Standing::Left)?;
    let Some(journal) = Journal::open_existing(&project.state_dir(), &project.project_key())?
    else {
        return Ok(found);
    };
    let runs = journal.all()?;
    found.extend(worktrees(project, &runs)?);
    found.extend(branches(project, &runs)?);
    Ok(found)
}

/// The worktrees that are kept so that the next checks are faster. Changes nothing.
pub fn warm_places(project: &Project) -> Result<Vec<Leftover>> {
    places(project, Standing::Warm)
}

fn places(project: &Project, wanted: Standing) -> Result<Vec<Leftover>> {
    let places = pool::places(project)?.into_iter();
    Ok(places
        .filter(|(_, standing)| *standing == wanted)
        .map(|(path, standing)| Leftover::Place {
            path,
            warm: standing == Standing::Warm,
        })
        .collect())
}

/// Removes what `find` found; returns what is gone.
pub fn remove(project: &Project, leftovers: &[Leftover]) -> Result<()> {
    let journal = Journal::open(&project.state_dir(), &project.project_key())?;
    for leftover in leftovers {
        match leftover {
            Leftover::Worktree { path, spec } => {
                worktree::remove(project.repo(), spec, path)?;
            }
            Leftover::Place { path, .. } => pool::remove(project, path)?,
            Leftover::Branch { branch, at } => {
                let (name, oid): (BranchName, Oid) = (branch.parse()?, at.parse()?);
                let undoable = Undoable::Branch {
                    branch: branch.clone(),
                    at: at.clone(),
                };
                journal.remember_undo(
                    &format!("deleted the branch {branch}"),
                    &serde_json::json!(undoable),
                )?;
                project.repo().delete_branch(&name, &oid)?;
            }
        }
    }
    Ok(())
}

fn worktrees(project: &Project, runs: &[RunRecord]) -> Result<Vec<Leftover>> {
    let root = run::worktrees_of(project)?;
    let mut found = Vec::new();
    for folder in folders(&root) {
        // `<id>.check` is where the checks of `<id>` run.
        let owner = runs.iter().rev().find(|run| {
            run.facts.worktree == folder || run.facts.worktree == folder.with_extension("")
        });
        let spec = owner.map_or_else(|| name(&folder), |run| run.spec.clone());
        let needed = owner.is_some_and(|run| {
            let is_check = run.facts.worktree != folder;
            let held = claim::is_held(&project.state_dir(), &project.project_key(), &run.spec);
            held || (!is_check && !run.state.is_over())
        });
        if !needed && owner.is_some() {
            found.push(Leftover::Worktree { path: folder, spec });
        }
    }
    Ok(found)
}

fn folders(root: &Path) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = std::fs::read_dir(root)
        .map(|entries| {
            entries
                .flatten()
                .map(|entry| entry.path())
                .filter(|path| path.is_dir())
                .collect()
        })
        .unwrap_or_default();
    folders.sort();
    folders
}

fn name(folder: &Path) -> String {
    folder
        .file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// Branches of runs that are over, when nothing on them is missing from the main branch.
fn branches(project: &Project, runs: &[RunRecord]) -> Result<Vec<Leftover>> {
    let repo = project.repo();
    let mut found: Vec<Leftover> = Vec::new();
    for run in runs.iter().filter(|run| {
        matches!(
            run.state,
            RunState::Failed | RunState::Completed | RunState::Reset
        )
    }) {
        let (branch, main): (BranchName, BranchName) =
            (run.facts.branch.parse()?, run.facts.main.parse()?);
        let listed = found.iter().any(|leftover| matches!(leftover, Leftover::Branch { branch, .. } if *branch == run.facts.branch));
        let (Some(at), Some(main)) = (repo.branch_oid(&branch)?, repo.branch_oid(&main)?) else {
            continue;
        };
        let ours = [Some(&run.facts.base), run.facts.tip.as_ref()]
            .into_iter()
            .flatten()
            .any(|oid| oid == at.as_str());
        if !listed && ours && repo.is_ancestor(&at, &main)? {
            found.push(Leftover::Branch {
                branch: run.facts.branch.clone(),
                at: at.to_string(),
            });
        }
    }
    Ok(found)
}
