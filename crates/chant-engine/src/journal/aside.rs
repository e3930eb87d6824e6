//! Work of agents that is no run, and is paid for all the same: a line each, in a file beside the journal.
//!
//! The rows of runs decide how a spec stands, and these are not to. A line that cannot be read is passed by.

use std::path::{Path, PathBuf};

use chant_os::file::Appender;
use serde::{Deserialize, Serialize};

use super::{Facts, Journal, Phase, RunRecord, RunState, Step, Stint};
use crate::error::{Code, Error, Result};

/// A line is some hundred bytes; nobody asks an agent for so much.
const LARGEST: u64 = 64 << 20;

/// One process of an agent beside all runs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Aside {
    /// A name of its own, as runs have one.
    pub(crate) id: String,
    /// The spec it was about.
    pub(crate) spec: String,
    /// The spec's labels then.
    pub(crate) labels: Vec<String>,
    /// The prompt it was asked by.
    pub(crate) prompt: String,
    /// Whether the agent ended well.
    pub(crate) ended_well: bool,
    /// What it took.
    pub(crate) stint: Stint,
}

#[derive(Serialize, Deserialize)]
struct Line {
    project: String,
    #[serde(flatten)]
    aside: Aside,
}

impl Journal {
    /// Writes down what an agent was paid for beside all runs.
    pub(crate) fn note_aside(&self, aside: Aside) -> Result<()> {
        let line = Line {
            project: self.project.clone(),
            aside,
        };
        let bytes = serde_json::to_vec(&line)
            .map_err(|error| Error::new(Code::Internal, error.to_string()))?;
        let mut file = Appender::open(&file(&self.state_dir))?;
        file.write_line(&bytes)?;
        Ok(file.sync()?)
    }

    /// Everything that was paid for, the earliest first: all runs, and what agents did beside them.
    pub(crate) fn paid(&self) -> Result<Vec<RunRecord>> {
        Ok(self.with_asides(self.all()?, |_| true))
    }

    /// The same for one spec.
    pub(crate) fn paid_for(&self, spec: &str) -> Result<Vec<RunRecord>> {
        Ok(self.with_asides(self.runs_of(spec)?, |aside| aside.spec == spec))
    }

    fn with_asides(
        &self,
        mut runs: Vec<RunRecord>,
        wanted: impl Fn(&Aside) -> bool,
    ) -> Vec<RunRecord> {
        let path = file(&self.state_dir);
        let bytes = chant_os::file::read_regular(&path, LARGEST).unwrap_or_default();
        let before = runs.len();
        let lines = bytes.split(|byte| *byte == b'\n');
        let lines = lines.filter_map(|line| serde_json::from_slice::<Line>(line).ok());
        let ours = lines.filter(|line| line.project == self.project && wanted(&line.aside));
        runs.extend(ours.map(|line| line.aside.into_run()));
        if runs.len() > before {
            runs.sort_by(|a, b| a.started_at.cmp(&b.started_at));
        }
        runs
    }
}

impl Aside {
    fn into_run(self) -> RunRecord {
        let state = if self.ended_well {
            RunState::Finished
        } else {
            RunState::Failed
        };
        RunRecord {
            id: self.id,
            spec: self.spec,
            attempt: 0,
            state,
            reason: String::new(),
            step: Step::Agent,
            phase: Phase::Started,
            started_at: self.stint.at.clone(),
            ended_at: None,
            facts: Facts {
                agent: self.stint.agent.clone(),
                labels: self.labels,
                prompt: self.prompt,
                stints: vec![self.stint],
                ..Facts::default()
            },
        }
    }
}

fn file(state_dir: &Path) -> PathBuf {
    state_dir.join("asides.jsonl")
}
