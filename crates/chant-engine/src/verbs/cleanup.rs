//! `chant cleanup`: finds what runs have left behind and nothing needs any more. It only ever looks at what
//! chant made: worktrees in its own folder, and branches its journal knows.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chant_git::{BranchName, Oid};
use chant_os::lock::Lock;
use serde::Serialize;

use super::undo::Undoable;
use crate::bench::pool::{self, Standing};
use crate::claim;
use crate::error::{Code, Result};
use crate::journal::{Journal, RunRecord, RunState, run_dir};
use crate::project::Project;
use crate::run::{self, worktree};

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
    /// A worktree that was put aside for the runs to come. There is nothing in it but a commit's files.
    Idle {
        /// Its folder.
        path: PathBuf,
        /// Whether a run could use it.
        usable: bool,
    },
    /// A branch whose commits are all on the main branch.
    Branch {
        /// Its name.
        branch: String,
        /// Where it is.
        at: String,
        /// The spec it was for.
        spec: String,
    },
    /// A ref that holds the result of a run that is over.
    Result {
        /// Its name.
        name: String,
        /// Where it is.
        at: String,
        /// The spec.
        spec: String,
    },
    /// The folder of a run that is over, where more are kept than `limits.keep_runs` asks for.
    RunFolder {
        /// It.
        path: PathBuf,
        /// The spec.
        spec: String,
        /// What it takes on the disk.
        bytes: u64,
    },
    /// A damaged journal that was put aside.
    BrokenJournal {
        /// The file.
        path: PathBuf,
    },
    /// Processes of a run that is over.
    Processes {
        /// The run.
        run: String,
        /// The spec.
        spec: String,
        /// How many.
        count: usize,
    },
}

impl Leftover {
    /// The spec it is of, where it is of one.
    fn spec(&self) -> Option<&str> {
        match self {
            Self::Worktree { spec, .. }
            | Self::Branch { spec, .. }
            | Self::Result { spec, .. }
            | Self::RunFolder { spec, .. }
            | Self::Processes { spec, .. } => Some(spec),
            Self::Place { .. } | Self::Idle { .. } | Self::BrokenJournal { .. } => None,
        }
    }
}

/// Finds what may go. Changes nothing.
pub fn find(project: &Project) -> Result<Vec<Leftover>> {
    let mut found = places(project, Standing::Left)?;
    found.extend(idle(project, Standing::Left)?);
    let Some(journal) = Journal::open_existing(&project.state_dir(), &project.project_key())?
    else {
        return Ok(found);
    };
    let runs = journal.all()?;
    found.extend(worktrees(project, &runs)?);
    found.extend(branches(project, &runs)?);
    found.extend(results(project, &runs)?);
    found.extend(run_folders(project, &journal, &runs)?);
    found.extend(broken_journals(project));
    found.extend(processes(project, &runs));
    Ok(found)
}

/// Processes that runs have left which are over and have no living owner.
pub(crate) fn processes(project: &Project, runs: &[RunRecord]) -> Vec<Leftover> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for (_, run) in chant_os::tree::carriers(claim::MARKER) {
        *counts.entry(run).or_default() += 1;
    }
    let (state_dir, key) = (project.state_dir(), project.project_key());
    let over = |id: &str| {
        let run = runs.iter().find(|run| run.id == id)?;
        let is_left = run.state.is_over() && !claim::is_held(&state_dir, &key, &run.spec);
        is_left.then(|| run.spec.clone())
    };
    let left = counts.into_iter().filter_map(|(run, count)| {
        let spec = over(&run)?;
        Some(Leftover::Processes { run, spec, count })
    });
    left.collect()
}

/// The refs of results whose runs are over: what landed is reachable from the main branch, what failed from its branch.
fn results(project: &Project, runs: &[RunRecord]) -> Result<Vec<Leftover>> {
    let mut found = Vec::new();
    for (name, at) in project.repo().refs_below("refs/chant/runs/")? {
        let over = runs
            .iter()
            .find(|run| crate::journal::result_ref(&run.id) == name && run.state.is_over());
        if let Some(run) = over {
            found.push(Leftover::Result {
                name,
                at: at.to_string(),
                spec: run.spec.clone(),
            });
        }
    }
    Ok(found)
}

/// The oldest folders of runs that are over, beyond those that are to be kept. Nothing of a spec's present run goes, nor
/// what only the folder tells: in silent mode the attestation is in it.
fn run_folders(project: &Project, journal: &Journal, runs: &[RunRecord]) -> Result<Vec<Leftover>> {
    let Some(kept) = project.config().room.runs else {
        return Ok(Vec::new());
    };
    let present: Vec<String> = journal
        .all_latest()?
        .into_iter()
        .map(|run| run.id)
        .collect();
    let over = runs
        .iter()
        .rev()
        .filter(|run| run.state.is_over() && !run.facts.silent && !present.contains(&run.id))
        .map(|run| (run, run_dir(project, &run.id)))
        .filter(|(_, path)| path.is_dir());
    let old = over.skip(kept).map(|(run, path)| Leftover::RunFolder {
        bytes: chant_os::file::size_of_tree(&path),
        path,
        spec: run.spec.clone(),
    });
    Ok(old.collect())
}

fn broken_journals(project: &Project) -> Vec<Leftover> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(project.state_dir())
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| {
            let name = entry.file_name();
            name.as_encoded_bytes().starts_with(b"journal.db.broken-")
        })
        .map(|entry| entry.path())
        .collect();
    paths.sort();
    let broken = paths
        .into_iter()
        .map(|path| Leftover::BrokenJournal { path });
    broken.collect()
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

/// The worktrees that are kept so that the next runs begin faster. Changes nothing.
pub fn idle_worktrees(project: &Project) -> Result<Vec<Leftover>> {
    idle(project, Standing::Warm)
}

fn idle(project: &Project, wanted: Standing) -> Result<Vec<Leftover>> {
    let found = run::idle::found(project)?.into_iter();
    let alike = found.filter(|(_, standing)| *standing == wanted);
    let idle = alike.map(|(path, standing)| Leftover::Idle {
        path,
        usable: standing == Standing::Warm,
    });
    Ok(idle.collect())
}

/// Removes what `find` found, but for what a run has come to need since: whoever was asked may have taken their time. Returns
/// what is gone.
pub fn remove(project: &Project, leftovers: Vec<Leftover>) -> Result<Vec<Leftover>> {
    let journal = Journal::open(&project.state_dir(), &project.project_key())?;
    let mut gone = Vec::new();
    for leftover in leftovers {
        let claim = match leftover.spec() {
            None => None,
            Some(spec) => match hold(project, spec) {
                Err(error) if error.code == Code::SpecLocked => continue,
                held => Some(held?),
            },
        };
        if !is_needed(&journal, &leftover)? {
            remove_one(project, &journal, &leftover)?;
            gone.push(leftover);
        }
        drop(claim);
    }
    Ok(gone)
}

fn hold(project: &Project, spec: &str) -> Result<Lock> {
    let (state_dir, key) = (project.state_dir(), project.project_key());
    claim::hold(&state_dir, &key, spec, "chant cleanup")
}

/// Whether an unfinished run is about this.
fn is_needed(journal: &Journal, leftover: &Leftover) -> Result<bool> {
    let Some(spec) = leftover.spec() else {
        return Ok(false);
    };
    let is_about = |run: &RunRecord| match leftover {
        Leftover::Worktree { path, .. } => run.facts.worktree == *path,
        Leftover::Branch { branch, .. } => run.facts.branch == *branch,
        _ => false,
    };
    let runs = journal.runs_of(spec)?;
    Ok(runs.iter().any(|run| !run.state.is_over() && is_about(run)))
}

fn remove_one(project: &Project, journal: &Journal, leftover: &Leftover) -> Result<()> {
    let repo = project.repo();
    let remember = |what: String, undoable: Undoable| {
        let data = serde_json::json!(undoable);
        journal.remember_undo(&what, &data).map(drop)
    };
    match leftover {
        Leftover::Worktree { path, spec } => worktree::remove(repo, spec, path).map(drop)?,
        Leftover::Place { path, .. } | Leftover::Idle { path, .. } => pool::remove(project, path)?,
        Leftover::Branch { branch, at, spec } => {
            let (name, oid): (BranchName, Oid) = (branch.parse()?, at.parse()?);
            let (branch, at, spec) = (branch.clone(), at.clone(), spec.clone());
            remember(
                format!("deleted the branch {branch}"),
                Undoable::Branch { branch, at, spec },
            )?;
            repo.delete_branch(&name, &oid)?;
        }
        Leftover::Result { name, at, spec } => {
            let oid: Oid = at.parse()?;
            let what = format!("deleted {name}");
            let undoable = Undoable::Result {
                name: name.clone(),
                at: at.clone(),
                spec: spec.clone(),
            };
            remember(what, undoable)?;
            repo.delete_ref(name, &oid)?;
        }
        Leftover::RunFolder { path, .. } => chant_os::file::remove_tree(path)?,
        Leftover::BrokenJournal { path } => chant_os::file::remove_file(path)?,
        Leftover::Processes { run, .. } => {
            chant_os::tree::end_marked(claim::MARKER, run);
        }
    }
    Ok(())
}

/// Worktrees of runs that are over. A folder that git does not know as a worktree is somebody's own.
fn worktrees(project: &Project, runs: &[RunRecord]) -> Result<Vec<Leftover>> {
    let root = project.worktrees()?;
    let known = project.repo().worktrees()?;
    let mut found = Vec::new();
    for path in folders(&root) {
        let mut owners = runs.iter().rev().filter(|run| run.facts.worktree == path);
        let is_known = known.iter().any(|worktree| worktree.path == path);
        if let Some(owner) = owners.clone().next().filter(|_| is_known)
            && owners.all(|run| is_left(project, run))
        {
            let spec = owner.spec.clone();
            found.push(Leftover::Worktree { path, spec });
        }
    }
    Ok(found)
}

/// Whether a run is over and no process is about to do anything for its spec.
fn is_left(project: &Project, run: &RunRecord) -> bool {
    run.state.is_over() && !claim::is_held(&project.state_dir(), &project.project_key(), &run.spec)
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

/// The branches that an unfinished run needs, and those that somebody has checked out in a work tree of their own.
fn needed_branches(project: &Project, runs: &[RunRecord]) -> Result<Vec<String>> {
    let unfinished = runs.iter().filter(|run| !is_left(project, run));
    let mut needed: Vec<String> = unfinished.map(|run| run.facts.branch.clone()).collect();
    for worktree in project.repo().worktrees()? {
        let is_of_a_run = runs.iter().any(|run| run.facts.worktree == worktree.path);
        needed.extend(
            worktree
                .branch
                .filter(|_| !is_of_a_run)
                .map(|name| name.to_string()),
        );
    }
    Ok(needed)
}

/// Branches of runs that are over, when nothing on them is missing from the main branch.
fn branches(project: &Project, runs: &[RunRecord]) -> Result<Vec<Leftover>> {
    let repo = project.repo();
    let mut found: Vec<Leftover> = Vec::new();
    let needed = needed_branches(project, runs)?;
    for run in runs.iter().filter(|run| {
        matches!(
            run.state,
            RunState::Failed | RunState::Completed | RunState::Reset
        ) && !needed.contains(&run.facts.branch)
    }) {
        // Of a run from a journal that was lost, less may be known.
        let (Ok(branch), Ok(main)) = (
            run.facts.branch.parse::<BranchName>(),
            run.facts.main.parse::<BranchName>(),
        ) else {
            continue;
        };
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
                spec: run.spec.clone(),
            });
        }
    }
    Ok(found)
}
