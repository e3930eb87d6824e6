//! Every run's row once more, as `run.json` in the run's own folder: what a lost journal is made again from.
//!
//! Written before the row, as a whole, and not forced to the disk: the row is the truth as long as there is one. So a copy
//! is never older than its row, and a step that only the copy knows of has not been taken.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Facts, Phase, RunRecord, RunState, Step};
use crate::event::{Event, Stamped};

/// The copy's name in the run's folder.
const NAME: &str = "run.json";

/// No run's facts are larger.
const MAX_BYTES: u64 = 64 << 20;

/// A run as its folder tells it, and the project it is of.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) project: String,
    pub(super) run: RunRecord,
}

#[derive(Serialize, Deserialize)]
struct Copy {
    id: String,
    project: String,
    spec: String,
    attempt: u32,
    state: String,
    reason: String,
    step: String,
    phase: String,
    started_at: String,
    ended_at: Option<String>,
    facts: Facts,
}

/// The folders of a clone's runs.
pub(super) fn runs_folder(state_dir: &Path) -> PathBuf {
    state_dir.join("runs")
}

/// Writes the copy. One that cannot be written costs nothing but what a lost journal could have been told by it.
pub(super) fn write(state_dir: &Path, project: &str, run: &RunRecord) {
    let copy = Copy {
        id: run.id.clone(),
        project: project.to_owned(),
        spec: run.spec.clone(),
        attempt: run.attempt,
        state: run.state.name().to_owned(),
        reason: run.reason.clone(),
        step: run.step.name().to_owned(),
        phase: run.phase.name().to_owned(),
        started_at: run.started_at.clone(),
        ended_at: run.ended_at.clone(),
        facts: run.facts.clone(),
    };
    let folder = runs_folder(state_dir).join(&run.id);
    if let Ok(json) = serde_json::to_vec(&copy)
        && chant_os::file::create_dir_all(&folder).is_ok()
    {
        let _ = chant_os::file::replace_cache(&folder.join(NAME), &json);
    }
}

/// Every run that has a folder, oldest first, and how many folders tell nothing.
pub(super) fn read_all(state_dir: &Path) -> (Vec<Told>, usize) {
    let mut folders: Vec<PathBuf> = std::fs::read_dir(runs_folder(state_dir))
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    let all = folders.len();
    let told: Vec<Told> = folders.iter().filter_map(|folder| read(folder)).collect();
    let silent = all - told.len();
    (told, silent)
}

fn read(folder: &Path) -> Option<Told> {
    let bytes = chant_os::file::read_regular(&folder.join(NAME), MAX_BYTES).ok();
    bytes
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .and_then(told)
        .or_else(|| from_events(folder))
}

fn told(copy: Copy) -> Option<Told> {
    let run = RunRecord {
        state: RunState::from_name(&copy.state)?,
        step: Step::from_name(&copy.step)?,
        phase: Phase::from_name(&copy.phase)?,
        id: copy.id,
        spec: copy.spec,
        attempt: copy.attempt,
        reason: copy.reason,
        started_at: copy.started_at,
        ended_at: copy.ended_at,
        facts: copy.facts,
    };
    Some(Told {
        project: copy.project,
        run,
    })
}

/// A run from before there were copies, or whose copy a power cut emptied: its events tell what it was and how it ended.
/// What it began from is not among them, so one that was under way cannot go on.
fn from_events(folder: &Path) -> Option<Told> {
    let bytes = chant_os::file::read_regular(&folder.join("events.jsonl"), MAX_BYTES).ok()?;
    let mut events = bytes
        .split(|byte| *byte == b'\n')
        .filter_map(|line| serde_json::from_slice::<Stamped>(line).ok());
    let begun = events.find(|stamped| matches!(stamped.event, Event::RunStarted { .. }))?;
    let Event::RunStarted {
        run,
        spec,
        attempt,
        agent,
        branch,
        ..
    } = begun.event
    else {
        return None;
    };
    let last = events.next_back();
    let ended = last.as_ref().and_then(|stamped| match &stamped.event {
        Event::Ended { state, reason } => Some((RunState::from_name(state)?, reason.clone())),
        _ => None,
    });
    let (state, reason) = ended
        .filter(|(state, _)| state.is_over())
        .unwrap_or_else(|| {
            let sentence =
                format!("its record was lost with the journal; what it did is on {branch}");
            (RunState::Failed, sentence)
        });
    Some(Told {
        // Which project it was of is not among the events either; nearly every repository has one, at its top.
        project: String::new(),
        run: RunRecord {
            id: run,
            spec,
            attempt,
            state,
            reason,
            step: Step::FIRST,
            phase: Phase::Waiting,
            started_at: begun.at,
            ended_at: last.map(|stamped| stamped.at),
            facts: Facts {
                branch,
                agent,
                ..Facts::default()
            },
        },
    })
}
