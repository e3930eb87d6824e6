//! What a person needs to decide at a gate: its list, and what the specs before it left.

use chant_spec::Document;
use serde::Serialize;

use super::{Spec, before};
use crate::approval::Outputs;
use crate::error::Result;
use crate::history::Landing;
use crate::index::Index;
use crate::index::SpecRef;
use crate::journal::{Facts, Journal, Overlay};
use crate::project::Project;

/// A gate, as a person sees it before deciding.
#[derive(Debug, Clone, Serialize)]
pub struct Gate {
    /// The gate itself.
    pub spec: Spec,
    /// Its list.
    pub checklist: Vec<Task>,
    /// The specs before it, in the order in which they were done.
    pub phases: Vec<Phase>,
}

/// One item of a gate's list.
#[derive(Debug, Clone, Serialize)]
pub struct Task {
    /// What has to hold.
    pub text: String,
    /// Whether somebody ticked it.
    pub checked: bool,
    /// How deep it is nested.
    pub depth: usize,
}

/// A spec before a gate, and what it left.
#[derive(Debug, Clone, Serialize)]
pub struct Phase {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// How its file says it stands.
    pub status: String,
    /// How a reproduction ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// The commit it landed as.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// When it landed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// Who made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// The files it left.
    pub outputs: Vec<String>,
    /// Its checks, with what came of them.
    pub checks: Vec<String>,
    /// Its red-to-green proof, as one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proof: Option<String>,
    /// What in it a person should look at.
    pub concerns: Vec<String>,
}

/// The gate that a spec is; `None` for every other spec.
pub fn gate(project: &Project, found: &SpecRef) -> Result<Option<Gate>> {
    let document = project.document(&found.path)?;
    if document.frontmatter().gate.is_none() {
        return Ok(None);
    }
    let overlay = Overlay::load(&project.state_dir(), &project.project_key())?;
    let entries = Index::load(project)?.into_entries();
    let outputs = Outputs::load(project)?;
    let journal = Journal::open_existing(&project.state_dir(), &project.project_key())?;
    let mut phases = Vec::new();
    for entry in before(&entries, &overlay, found.id.as_str()) {
        let landing = outputs.history().latest(&entry.node.id);
        let run = match (&journal, landing) {
            (Some(journal), Some(_)) => journal.latest(&entry.node.id)?,
            _ => None,
        };
        let facts = run
            .filter(|run| landing.is_some_and(|landing| landing.run == run.id))
            .map(|run| run.facts);
        let id = entry.node.id.clone();
        let files = outputs.of([entry]).into_iter().collect();
        let document = project.document(&entry.path).ok();
        phases.push(phase(id, document.as_ref(), landing, facts.as_ref(), files));
    }
    Ok(Some(Gate {
        spec: project.show(&found.id)?,
        checklist: document
            .criteria()
            .iter()
            .map(|item| Task {
                text: item.text.clone(),
                checked: item.checked,
                depth: item.depth,
            })
            .collect(),
        phases,
    }))
}

fn phase(
    id: String,
    document: Option<&Document>,
    landing: Option<&Landing>,
    facts: Option<&Facts>,
    outputs: Vec<String>,
) -> Phase {
    let proof = facts.and_then(|facts| facts.proof.as_ref());
    let concerns = facts.map_or(&[][..], |facts| facts.concerns.as_slice());
    let front = document.map(Document::frontmatter);
    Phase {
        id,
        title: document
            .and_then(|document| document.title())
            .unwrap_or_default()
            .to_owned(),
        status: front
            .map_or("unusable", |front| front.status.as_str())
            .to_owned(),
        outcome: front.and_then(|front| front.outcome.clone()),
        commit: landing.and_then(|landing| landing.commit.as_ref().map(ToString::to_string)),
        at: landing.map(|landing| landing.at.clone()),
        agent: landing
            .map(|landing| landing.agent.clone())
            .filter(|agent| !agent.is_empty()),
        outputs,
        checks: landing
            .map(|landing| landing.checks.clone())
            .unwrap_or_default(),
        proof: proof.map(crate::proof::ProofDocument::summary),
        concerns: concerns.iter().map(ToString::to_string).collect(),
    }
}
