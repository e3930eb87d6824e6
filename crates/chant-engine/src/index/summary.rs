//! What is remembered of a spec file: enough for every listing, without its text.

use chant_spec::graph::Node;
use chant_spec::{
    Approval, Consent, Diagnostic, Diagnostics, Document, Kind, Severity, Status, proving_check,
    waiver,
};
use serde::{Deserialize, Serialize};
use sha1::{Digest, Sha1};

/// What of a spec only listings need; what readiness needs is its [`Node`].
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Summary {
    /// The title, if it has one.
    pub title: Option<String>,
    /// Free words to select by.
    pub labels: Vec<String>,
    /// Inputs.
    pub informed_by: Vec<String>,
    /// Where it came from: inputs as well.
    pub origin: Vec<String>,
    /// What it keeps up with: inputs as well.
    pub tracks: Vec<String>,
    /// Further inputs.
    pub context: Vec<String>,
    /// The files it is about.
    pub target_files: Vec<String>,
    /// The prompt it asks for.
    pub prompt: Option<String>,
    /// The model it asks for.
    pub model: Option<String>,
    /// The agent it asks for.
    pub agent: Option<String>,
    /// What the scheduler starts first: higher before lower.
    pub priority: i32,
    /// When it was completed, as written.
    pub completed_at: Option<String>,
    /// The commits it landed as, as written.
    pub commits: Vec<String>,
    /// The end that a reproduction came to.
    pub outcome: Option<String>,
    /// How many criteria it has.
    pub criteria: u32,
    /// How many of them are ticked.
    pub checked: u32,
    /// How many a person let go.
    pub waived: u32,
    /// How many are ticked and not let go.
    pub claimed: u32,
    /// The commands of the checks that the others name, and whether their box is ticked.
    pub provable: Vec<(String, bool)>,
    /// The SHA-1 object id git has for this content.
    pub blob: [u8; 20],
    /// The SHA-1 object id git has for what it asks for, by which it counts as an input.
    pub intent: [u8; 20],
    /// What lint says of it, packed: most commands never look.
    findings: Vec<u8>,
}

/// One finding of lint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// How much it matters.
    pub severity: Level,
    /// A stable name.
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// 1-based; 0 where it is about the file as a whole.
    pub line: usize,
    /// 1-based, in characters; 0 where it is about the file as a whole.
    pub column: usize,
}

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Worth knowing.
    Info,
    /// Probably not meant so.
    Warning,
    /// The file can not be used.
    Error,
}

impl From<&Diagnostic> for Finding {
    fn from(diagnostic: &Diagnostic) -> Self {
        Self {
            severity: match diagnostic.severity {
                Severity::Info => Level::Info,
                Severity::Warning => Level::Warning,
                Severity::Error => Level::Error,
            },
            code: diagnostic.code.to_owned(),
            message: diagnostic.message.clone(),
            hint: diagnostic.hint.clone(),
            line: diagnostic.line,
            column: diagnostic.column,
        }
    }
}

impl Finding {
    /// A finding about a whole file.
    pub fn about_file(code: &str, message: impl Into<String>) -> Self {
        let (code, message) = (code.to_owned(), message.into());
        Self {
            severity: Level::Error,
            code,
            message,
            hint: None,
            line: 0,
            column: 0,
        }
    }

    /// The first of the errors that keep a file from being used.
    pub fn first(diagnostics: &Diagnostics) -> Self {
        Self::from(diagnostics.first())
    }
}

impl Summary {
    /// Sums up a document.
    pub fn of(document: &Document) -> Self {
        let front = document.frontmatter();
        let criteria = document.criteria();
        let kept = || {
            let kept = criteria.iter();
            kept.filter(|criterion| waiver(document, criterion).is_none())
        };
        let findings: Vec<Finding> = chant_spec::lint::lint(document)
            .iter()
            .map(Finding::from)
            .collect();
        Self {
            title: document.title().map(str::to_owned),
            labels: front.labels.clone(),
            informed_by: front.informed_by.clone(),
            origin: front.origin.clone(),
            tracks: front.tracks.clone(),
            context: front.context.clone(),
            target_files: front.target_files.clone(),
            prompt: front.prompt.clone(),
            model: front.model.clone(),
            agent: front.agent.clone(),
            priority: front.priority,
            completed_at: front.completed_at.clone(),
            commits: front.commits.clone(),
            outcome: front.ending().map(|ending| ending.as_str().to_owned()),
            criteria: count(criteria.len()),
            checked: count(
                criteria
                    .iter()
                    .filter(|criterion| criterion.checked)
                    .count(),
            ),
            waived: count(criteria.len() - kept().count()),
            claimed: count(kept().filter(|criterion| criterion.checked).count()),
            provable: kept()
                .filter_map(|criterion| {
                    let check = proving_check(document, criterion)?;
                    Some((check.run.clone(), criterion.checked))
                })
                .collect(),
            blob: blob_id(document.bytes()),
            intent: blob_id(&chant_spec::intent_as_input(document)),
            findings: if findings.is_empty() {
                Vec::new()
            } else {
                postcard::to_allocvec(&findings).unwrap_or_default()
            },
        }
    }

    /// What lint says of the document.
    pub fn findings(&self) -> Vec<Finding> {
        if self.findings.is_empty() {
            Vec::new()
        } else {
            postcard::from_bytes(&self.findings).unwrap_or_default()
        }
    }
}

/// The word that stands for the status of a file that can not be used.
const UNUSABLE: &str = "unusable";

/// A file that can not be used, as others see it.
pub(super) fn unusable_node(id: &str, archived: bool) -> Node {
    Node {
        id: id.to_owned(),
        status: Status::Unknown(UNUSABLE.to_owned()),
        archived,
        ..Node::default()
    }
}

/// What readiness needs to know of a document.
pub(crate) fn node_of(id: &str, archived: bool, document: &Document) -> Node {
    let front = document.frontmatter();
    Node {
        id: id.to_owned(),
        kind: front.kind.clone(),
        status: front.status.clone(),
        depends_on: front.depends_on.clone(),
        members: front.members.clone(),
        approval: front.approval.clone(),
        consent: crate::consent::consent(document),
        gate: front.gate.clone(),
        archived,
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn blob_id(bytes: &[u8]) -> [u8; 20] {
    Sha1::new()
        .chain_update(format!("blob {}\0", bytes.len()))
        .chain_update(bytes)
        .finalize()
        .into()
}

/// A node as it is stored: words in place of the document crate's types.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct StoredNode {
    kind: String,
    status: String,
    depends_on: Vec<String>,
    members: Vec<String>,
    approval: Option<Approval>,
    consent: Consent,
    gate: Option<String>,
}

impl StoredNode {
    pub(super) fn of(node: &Node) -> Self {
        Self {
            kind: node.kind.as_str().to_owned(),
            status: node.status.as_str().to_owned(),
            depends_on: node.depends_on.clone(),
            members: node.members.clone(),
            approval: node.approval.clone(),
            consent: node.consent.clone(),
            gate: node.gate.clone(),
        }
    }

    pub(super) fn into_node(self, id: &str, archived: bool) -> Node {
        Node {
            id: id.to_owned(),
            kind: Kind::parse(&self.kind),
            status: Status::parse(&self.status),
            depends_on: self.depends_on,
            members: self.members,
            approval: self.approval,
            consent: self.consent,
            gate: self.gate,
            archived,
        }
    }
}
