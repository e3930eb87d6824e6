//! What the runs of a spec proved, and what in them a person should look at, as this clone remembers it.

use chant_spec::SpecId;
use serde::Serialize;

use crate::concern::Concern;
use crate::error::Result;
use crate::journal::{Journal, RunState};
use crate::project::Project;
use crate::proof::ProofDocument;

/// What came of the run that counts: the one that landed last, else the last that was tried.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Proven {
    /// The red-to-green proof.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proof: Option<ProofDocument>,
    /// What a person should look at: deleted and skipped tests, removed assertions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub concerns: Vec<Concern>,
}

/// What is known of a spec's runs. In a clone that did not work it, nothing: there the landing's commit says it.
pub fn proven(project: &Project, id: &SpecId) -> Result<Proven> {
    let journal = Journal::open_existing(&project.state_dir(), &project.project_key())?;
    let runs = match journal {
        Some(journal) => journal.runs_of(id.as_str())?,
        None => Vec::new(),
    };
    let counts = runs
        .iter()
        .rev()
        .find(|run| run.state == RunState::Completed)
        .or(runs.last());
    Ok(counts.map_or_else(Proven::default, |run| Proven {
        proof: run.facts.proof.clone(),
        concerns: run.facts.concerns.clone(),
    }))
}
