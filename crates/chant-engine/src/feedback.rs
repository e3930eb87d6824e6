//! `chant feedback`: what a person tells the next attempt.
//!
//! One file a spec under the state directory, a line for each piece: it is about this clone's attempts, as the journal is, so it
//! is no commit, silent mode needs nothing of its own, and it outlives the journal. What every clone should know
//! belongs into the spec.

use std::path::PathBuf;

use chant_agent::redact::Redactor;
use chant_os::file::Appender;
use chant_spec::SpecId;
use serde::{Deserialize, Serialize};

use crate::claim;
use crate::error::{Code, Error, Result};
use crate::fence::Fence;
use crate::journal::{Journal, RunState};
use crate::person::Name;
use crate::project::Project;

/// Feedback is words for a prompt, not a file of data.
pub const LARGEST: u64 = 256 << 10;

/// The most that is read back: far more than a person writes.
const ALL: u64 = 64 << 20;

/// Something that a person told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feedback {
    /// Who.
    pub by: String,
    /// When, RFC 3339.
    pub at: String,
    /// What.
    pub text: String,
}

/// What was done with it.
#[derive(Debug, Clone, Serialize)]
pub struct Given {
    /// The spec.
    pub id: String,
    /// The feedback.
    #[serde(flatten)]
    pub feedback: Feedback,
    /// Whether an agent is at work, which does not see it before it begins again.
    pub at_work: bool,
}

impl Feedback {
    /// The day it was said.
    pub(crate) fn day(&self) -> &str {
        self.at.get(..10).unwrap_or(&self.at)
    }

    /// Between its fence, for a prompt.
    pub(crate) fn quoted(&self, fence: &Fence) -> String {
        let name = format!("{}, {}", crate::one_line(&self.by), self.day());
        fence.put("feedback", &name, "", &self.text)
    }
}

/// Keeps what a person says for the next attempt at a spec.
pub fn give(project: &Project, id: &SpecId, by: &Name, text: &str) -> Result<Given> {
    let text = text.trim();
    if text.is_empty() {
        return Err(
            Error::new(Code::Usage, "the feedback is empty").hint(format!(
                "chant feedback {id} \"what the next attempt should know\""
            )),
        );
    }
    let spec = project.show(id)?;
    if spec.is_gate {
        return Err(Error::new(
            Code::WrongStatus,
            format!("{id} is a gate, which no agent works, so no attempt would see it"),
        )
        .hint(format!(
            "decide it, and say why: chant approve {id} --by NAME"
        )));
    }
    if spec.state == chant_spec::State::Cancelled {
        return Err(Error::new(
            Code::WrongStatus,
            format!("{id} is cancelled, so no attempt would see it"),
        )
        .hint(format!("make it pending again: chant reset {id}")));
    }
    let feedback = Feedback {
        by: by.as_str().to_owned(),
        at: chant_os::clock::now().to_string(),
        text: Redactor::of_user().text(text).into_owned(),
    };
    let line = serde_json::to_vec(&feedback).map_err(|error| {
        Error::new(Code::Internal, format!("failed to write feedback: {error}"))
    })?;
    let path = file(project, id.as_str());
    if let Some(folder) = path.parent() {
        chant_os::file::create_dir_all(folder)?;
    }
    let mut log = Appender::open(&path)?;
    log.write_line(&line)?;
    log.sync()?;
    Ok(Given {
        id: id.to_string(),
        feedback,
        at_work: claim::is_held(&project.state_dir(), &project.project_key(), id.as_str()),
    })
}

/// What has been told about a spec since it last landed in this clone, oldest first.
pub fn open(project: &Project, spec: &str) -> Result<Vec<Feedback>> {
    let mut all = all(project, spec);
    if all.is_empty() {
        return Ok(all);
    }
    let runs = Journal::open_existing(&project.state_dir(), &project.project_key())?
        .map(|journal| journal.runs_of(spec))
        .transpose()?
        .unwrap_or_default();
    let landed = runs
        .iter()
        .rev()
        .find(|run| run.state == RunState::Completed);
    let heeded = landed.map_or(0, |run| run.facts.heard.max(run.facts.heeded));
    Ok(all.split_off(heeded.min(all.len())))
}

/// Everything that was ever told, by which it is counted what a run has heard.
pub(crate) fn count(project: &Project, spec: &str) -> usize {
    all(project, spec).len()
}

/// What was told since a run was given its prompt.
pub(crate) fn since(project: &Project, spec: &str, heard: usize) -> Vec<Feedback> {
    let mut all = all(project, spec);
    all.split_off(heard.min(all.len()))
}

fn all(project: &Project, spec: &str) -> Vec<Feedback> {
    let path = file(project, spec);
    let bytes = chant_os::file::read_regular(&path, ALL).unwrap_or_default();
    bytes
        .split(|byte| *byte == b'\n')
        .filter_map(|line| serde_json::from_slice(line).ok())
        .collect()
}

fn file(project: &Project, spec: &str) -> PathBuf {
    let name = claim::spec_key(&project.project_key(), spec);
    let folder = project.state_dir().join("feedback");
    folder.join(format!("{name}.jsonl"))
}
