//! What is left of runs that ended before they were over.

use std::collections::HashMap;

use serde::Serialize;

use crate::claim;
use crate::claim::MARKER;
use crate::error::Result;
use crate::journal::{Journal, RunRecord, RunState, Step};
use crate::project::Project;

/// What kind of thing was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A run whose process was ended in the middle of a step.
    CutOff,
    /// A run that is done and has not landed.
    Finished,
    /// A run that waits for a limit to end.
    Parked,
    /// Processes of a run that nobody owns any more.
    Processes,
    /// The worktree of an unfinished run was deleted.
    WorktreeGone,
    /// The branch of an unfinished run was deleted.
    BranchGone,
}

/// One thing that was found.
#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    /// What kind of thing.
    pub kind: Kind,
    /// The spec it is about.
    pub spec: String,
    /// The run it is about.
    pub run: String,
    /// What was found, one sentence without its end.
    pub says: String,
    /// What goes on from there.
    pub command: String,
}

/// What runs have left that were ended before they were over. Changes nothing. Where nothing is left it costs one look
/// into the journal.
pub fn look(project: &Project) -> Result<Vec<Finding>> {
    let Some(journal) = Journal::open_existing(&project.state_dir(), &project.project_key())?
    else {
        return Ok(Vec::new());
    };
    let left: Vec<RunRecord> = journal
        .all_latest()?
        .into_iter()
        .filter(|run| !run.state.is_over())
        .filter(|run| !claim::is_held(&project.state_dir(), &project.project_key(), &run.spec))
        .collect();
    if left.is_empty() {
        return Ok(Vec::new());
    }
    let mut alive: HashMap<String, usize> = HashMap::new();
    for (_, run) in chant_os::tree::carriers(MARKER) {
        *alive.entry(run).or_default() += 1;
    }
    let mut found = Vec::new();
    for run in &left {
        found.extend(standing(run));
        found.extend(gone(project, run)?);
        if let Some(count) = alive.get(&run.id) {
            let says = format!("{count} processes of it still run; going on ends them first");
            found.push(finding(Kind::Processes, run, says));
        }
    }
    Ok(found)
}

/// How the run itself stands. One that a person paused, or that waits for a person, was not cut off.
fn standing(run: &RunRecord) -> Option<Finding> {
    let step = run.step.name();
    match run.state {
        RunState::Paused | RunState::Conflict => None,
        RunState::Finished => {
            let says = "it is made and checked, and waits for its turn to land".to_owned();
            Some(finding(Kind::Finished, run, says))
        }
        RunState::Parked => Some(finding(Kind::Parked, run, parked(run))),
        RunState::Landing if !run.reason.is_empty() => None,
        RunState::Landing => {
            let says = format!("its landing was cut off at the step '{step}'");
            Some(finding(Kind::CutOff, run, says))
        }
        _ => {
            let says = match run.reason.as_str() {
                "" => format!("its process was ended at the step '{step}'"),
                reason => format!("it stopped at the step '{step}': {reason}"),
            };
            Some(finding(Kind::CutOff, run, says))
        }
    }
}

fn parked(run: &RunRecord) -> String {
    let Some(parked) = &run.facts.parked else {
        return "it is parked, and it is not known until when".to_owned();
    };
    let now = chant_os::clock::now();
    if parked.is_due(now) {
        "it was parked, and can go on now".to_owned()
    } else {
        let sentence = parked.sentence(now, &chant_os::clock::zone());
        format!("it is parked {sentence}")
    }
}

/// Whether a parked run may be tried again. One of which nobody knows how long it has to wait may.
pub(crate) fn is_due(run: &RunRecord) -> bool {
    let parked = run.facts.parked.as_ref();
    parked.is_none_or(|parked| parked.is_due(chant_os::clock::now()))
}

/// What of a run was deleted by hand.
fn gone(project: &Project, run: &RunRecord) -> Result<Vec<Finding>> {
    let mut found = Vec::new();
    if matches!(run.step, Step::Worktree | Step::Clean) {
        return Ok(found);
    }
    let facts = &run.facts;
    let before_collection = (run.step as usize) <= Step::Collect as usize;
    if before_collection && !facts.worktree.join(".git").exists() {
        let says = format!(
            "its worktree {} is gone; it is made again from the branch {}",
            facts.worktree.display(),
            facts.branch
        );
        found.push(finding(Kind::WorktreeGone, run, says));
    }
    if let Ok(branch) = facts.branch.parse()
        && project.repo().branch_oid(&branch)?.is_none()
    {
        let says = match crate::branch::last_place(project, run)? {
            Some(at) => format!(
                "its branch {branch} is gone; it is made again at {}",
                at.short()
            ),
            None => format!("its branch {branch} is gone, and where it was is not known"),
        };
        found.push(finding(Kind::BranchGone, run, says));
    }
    Ok(found)
}

fn finding(kind: Kind, run: &RunRecord, says: String) -> Finding {
    let verb = match run.state {
        RunState::Finished | RunState::Landing | RunState::Conflict => "merge",
        _ => "work",
    };
    Finding {
        kind,
        spec: run.spec.clone(),
        run: run.id.clone(),
        says,
        command: format!("chant {verb} {}", run.spec),
    }
}
