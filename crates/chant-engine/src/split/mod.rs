//! `chant split`: an agent proposes members for a spec that is too large, and a person agrees.
//!
//! The agent works in a pristine worktree that is gone afterwards; of what it does there, only the section with the proposal
//! is read. The proposal is kept beside the state of this clone, so that looking at it twice is paid for once. Nothing is
//! written before somebody says yes.

mod accept;
mod propose;

use std::path::PathBuf;

use chant_spec::proposal::{self, Proposed};
use chant_spec::status::{Action, allowed};
use chant_spec::{Document, NewSpec};
use serde::{Deserialize, Serialize};

pub use accept::{Split, accept};
pub use propose::{from_file, propose};

use crate::error::{Code, Error, Result};
use crate::index::SpecRef;
use crate::project::Project;

/// The members of a spec, as proposed and checked. Nothing of it is written.
#[derive(Debug, Clone, Serialize)]
pub struct Proposal {
    /// The spec that is split.
    pub id: String,
    /// The members, in the order in which they are worked.
    pub members: Vec<Member>,
    /// What a person should know before they agree.
    pub warnings: Vec<String>,
    /// What the agent says of it.
    pub words: String,
    /// Who proposed it, and when.
    pub by: By,
    /// The spec's object id when it was proposed.
    #[serde(skip)]
    spec_oid: String,
}

/// One proposed member.
#[derive(Debug, Clone, Serialize)]
pub struct Member {
    /// The id it gets.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// The ids of the members that come first.
    pub depends_on: Vec<String>,
    /// The files it is about.
    pub target_files: Vec<String>,
    /// How one will know.
    pub criteria: Vec<String>,
    /// Commands that chant will run.
    pub verify: Vec<String>,
    /// The file's text.
    pub text: String,
}

/// Who proposed members, and when.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct By {
    /// The agent's name; of members from a file, the file's.
    pub agent: String,
    /// The model, where known.
    pub model: Option<String>,
    /// When.
    pub at: String,
    /// Tokens in.
    pub input_tokens: u64,
    /// Tokens out.
    pub output_tokens: u64,
    /// US dollars, where the agent says.
    pub cost_usd: Option<f64>,
    /// Whether an earlier command asked the agent, and this one only looked.
    #[serde(skip_deserializing)]
    pub earlier: bool,
}

/// What is kept of a proposal.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    spec_oid: String,
    section: String,
    by: By,
}

/// The folder of a spec's proposal: the prompt, the transcript, and what came of it.
fn folder(project: &Project, id: &str) -> PathBuf {
    let key = format!("{}\n{id}", project.project_key());
    let name = crate::digest(key.as_bytes(), 10);
    project.state_dir().join("splits").join(name)
}

/// Refuses what cannot be split as things stand; returns the spec and its object id.
fn may_split(project: &Project, found: &SpecRef) -> Result<(Document, String)> {
    let id = &found.id;
    let spec = project.show(id)?;
    let document = project.document(&found.path)?;
    if !crate::query::own_members(project, id)?.is_empty() {
        return Err(Error::new(
            Code::WrongStatus,
            format!("{id} is a driver with members already"),
        )
        .hint(format!(
            "add one more: chant add --group {id} \"what should change\""
        )));
    }
    allowed(spec.state, Action::Split).map_err(|refusal| refusal.of(id.as_str()))?;
    if spec.is_gate {
        return Err(Error::new(
            Code::GateClosed,
            format!("{id} is a gate, which only a person passes; there is nothing to split"),
        )
        .hint(format!("chant show {id}")));
    }
    let oid = project.repo().hash_object(document.bytes())?.to_string();
    Ok((document, oid))
}

/// Reads and checks a proposal's section.
fn checked(id: &str, document: &Document, kept: Kept) -> Result<Proposal> {
    let read = proposal::read(&kept.section, document).map_err(|flaws| flawed(id, &flaws))?;
    if read.members.is_empty() {
        let words = crate::one_line(&read.words);
        return Err(Error::new(
            Code::NothingToDo,
            format!("no members are proposed for {id}: {words}"),
        )
        .hint(format!("it can be worked as it is: chant work {id}")));
    }
    let mut flaws = Vec::new();
    let mut members = Vec::new();
    for member in &read.members {
        let new = with_inherited(document, id, member);
        match member.render(new) {
            Ok(text) => members.push(shown(id, member, text)),
            Err(flaw) => flaws.push(flaw),
        }
    }
    if !flaws.is_empty() {
        return Err(flawed(id, &flaws));
    }
    Ok(Proposal {
        id: id.to_owned(),
        members,
        warnings: read.warnings,
        words: read.words,
        by: kept.by,
        spec_oid: kept.spec_oid,
    })
}

fn flawed(id: &str, flaws: &[String]) -> Error {
    Error::new(
        Code::SplitInvalid,
        format!(
            "the members proposed for {id} can not be used: {}",
            flaws.join("; ")
        ),
    )
    .hint(format!("ask for other ones: chant split {id} --again"))
    .detail("flaws", flaws.to_vec())
}

fn member_id(id: &str, number: u32) -> String {
    format!("{id}.{number}")
}

/// What a member has from the spec that it is a part of: who works it, what it is found by, what it was informed by, and
/// whether a person has to agree.
fn with_inherited(document: &Document, id: &str, member: &Proposed) -> NewSpec {
    let front = document.frontmatter();
    let informed_by = if member.informed_by.is_empty() {
        front.informed_by.clone()
    } else {
        member.informed_by.clone()
    };
    let asked = front.approval.as_ref().is_some_and(|it| it.required);
    NewSpec {
        depends_on: member
            .depends_on
            .iter()
            .map(|number| member_id(id, *number))
            .collect(),
        informed_by,
        labels: front.labels.clone(),
        model: front.model.clone(),
        agent: front.agent.clone(),
        priority: (front.priority != 0).then(|| front.priority.to_string()),
        needs_approval: asked,
        ..NewSpec::default()
    }
}

fn shown(id: &str, member: &Proposed, text: String) -> Member {
    Member {
        id: member_id(id, member.number),
        title: member.title.clone(),
        kind: member.kind.as_str().to_owned(),
        depends_on: member
            .depends_on
            .iter()
            .map(|number| member_id(id, *number))
            .collect(),
        target_files: member.target_files.clone(),
        criteria: member.criteria.clone(),
        verify: member.verify.clone(),
        text,
    }
}
