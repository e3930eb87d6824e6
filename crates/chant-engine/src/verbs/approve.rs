//! `chant approve` and `chant reject`: what a person says of a spec, bound to what it is.

use chant_spec::status::{Action, State, allowed};
use chant_spec::{
    Approval, Blocker, Document, Objects, Status, UNSIGNED, append_entry, set_block, set_checked,
    set_scalar,
};
use serde::Serialize;

use crate::approval::{Outputs, Signing};
use crate::claim;
use crate::error::{Code, Error, Result};
use crate::index::SpecRef;
use crate::journal::Overlay;
use crate::person::Name;
use crate::person::person_only;
use crate::project::Project;
use crate::query::{self, Filter, Spec};
use crate::record::{Recorded, record_spec_change};

/// Where what was said is written down, at the end of the spec.
const DISCUSSION: &str = "Approval Discussion";

/// The keys of the entry that chant writes; others are kept.
const KEYS: [&str; 7] = [
    "required",
    "status",
    "by",
    "at",
    "reason",
    "objects",
    "signature",
];

/// What was said.
#[derive(Debug, Clone, Serialize)]
pub struct Said {
    /// The spec.
    pub id: String,
    /// `approved` or `rejected`.
    pub status: &'static str,
    /// Who said it.
    pub by: String,
    /// When.
    pub at: String,
    /// Why, where it was rejected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Whether it was a gate, which is completed by it.
    pub gate: bool,
    /// What was approved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub objects: Option<Objects>,
    /// Whom the key belongs to that it was signed with.
    pub signed_by: Option<String>,
    /// The criteria of a gate that were open: the approver vouches for them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub vouched: Vec<String>,
    /// What can be worked now.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub frees: Vec<String>,
    /// The specs that wait because of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub holds: Vec<String>,
    /// How it was recorded.
    pub recorded: Recorded,
}

/// The criteria of a gate that nobody has ticked; none of any other spec. Refuses what cannot be approved.
pub fn open_items(project: &Project, found: &SpecRef) -> Result<Vec<String>> {
    person_only("approve")?;
    let spec = project.show(&found.id)?;
    may_approve(&spec)?;
    let document = project.document(&found.path)?;
    if document.frontmatter().gate.is_none() {
        return Ok(Vec::new());
    }
    let open = document.criteria().iter().filter(|item| !item.checked);
    Ok(open.map(|item| item.text.clone()).collect())
}

/// Approves a spec as it is now. A gate is completed by it.
pub fn approve(project: &Project, found: &SpecRef, by: &Name) -> Result<Said> {
    person_only("approve")?;
    let id = &found.id;
    let _claim = claim::hold(
        &project.state_dir(),
        &project.project_key(),
        id.as_str(),
        "chant approve",
    )?;
    may_approve(&project.show(id)?)?;
    let document = project.document(&found.path)?;
    let gate = document.frontmatter().gate.is_some();
    let at = now();
    let vouched = open_criteria(&document, gate);
    let entry = format!("{at}: {} approved{}", by.as_str(), vouching(&vouched));
    let has_landed = document.frontmatter().status == Status::Completed && !gate;
    let mut document = if has_landed {
        // What others read in it stays as it landed: a later word must not make their conclusions stale.
        document
    } else {
        parse(append_entry(&document, DISCUSSION, &entry)?)?
    };
    if gate {
        document = completed(document, &at)?;
    }
    let mut approval = Approval {
        required: gate
            || document
                .frontmatter()
                .approval
                .as_ref()
                .is_some_and(|it| it.required),
        status: Some("approved".to_owned()),
        by: Some(by.as_str().to_owned()),
        at: Some(at.clone()),
        reason: None,
        objects: Some(objects(project, &document, id.as_str())?),
        signature: Some(UNSIGNED.to_owned()),
    };
    let signed_by = Signing::of(project)
        .map(|signing| signing.sign(id.as_str(), &mut approval))
        .transpose()?;
    let recorded = write(project, found, &document, &approval, "approve")?;
    Ok(Said {
        id: id.to_string(),
        status: "approved",
        by: by.as_str().to_owned(),
        at,
        reason: None,
        gate,
        objects: approval.objects,
        signed_by,
        vouched,
        frees: freed(project, id.as_str(), gate)?,
        holds: Vec::new(),
        recorded,
    })
}

/// Rejects a spec, for a reason. What that does to others is a setting.
pub fn reject(project: &Project, found: &SpecRef, by: &Name, reason: &str) -> Result<Said> {
    person_only("reject")?;
    let reason = reason.split_whitespace().collect::<Vec<_>>().join(" ");
    let reason = crate::one_line(&reason);
    if reason.is_empty() {
        return Err(Error::new(Code::Usage, "a rejection needs a reason")
            .hint("say what would have to change: --reason \"…\""));
    }
    let id = &found.id;
    let _claim = claim::hold(
        &project.state_dir(),
        &project.project_key(),
        id.as_str(),
        "chant reject",
    )?;
    let spec = project.show(id)?;
    allowed(spec.state, Action::Reject).map_err(|refusal| refusal.of(id.as_str()))?;
    let document = project.document(&found.path)?;
    let at = now();
    let entry = format!("{at}: {} rejected: {reason}", by.as_str());
    let document = parse(append_entry(&document, DISCUSSION, &entry)?)?;
    let approval = Approval {
        required: true,
        status: Some("rejected".to_owned()),
        by: Some(by.as_str().to_owned()),
        at: Some(at.clone()),
        reason: Some(reason.clone()),
        ..Approval::default()
    };
    let recorded = write(project, found, &document, &approval, "reject")?;
    Ok(Said {
        id: id.to_string(),
        status: "rejected",
        by: by.as_str().to_owned(),
        at,
        reason: Some(reason),
        gate: document.frontmatter().gate.is_some(),
        objects: None,
        signed_by: None,
        vouched: Vec::new(),
        frees: Vec::new(),
        holds: held(project, id.as_str())?,
        recorded,
    })
}

/// Whether a spec is one that can be approved now. A gate whose approval lapsed is approved again.
fn may_approve(spec: &Spec) -> Result<()> {
    let id = &spec.id;
    if spec.needs_approval_again() {
        return Ok(());
    }
    allowed(spec.state, Action::Approve).map_err(|refusal| refusal.of(id))?;
    if !spec.is_gate {
        return Ok(());
    }
    if matches!(spec.state, State::Completed | State::Stale) {
        return Err(Error::new(
            Code::WrongStatus,
            format!("{id} is a gate that was passed already"),
        )
        .hint(format!("who passed it: chant show {id}")));
    }
    let waits: Vec<String> = spec
        .blockers
        .iter()
        .filter(|blocker| !matches!(blocker, Blocker::Gate { .. } | Blocker::Approval(_)))
        .map(ToString::to_string)
        .collect();
    if waits.is_empty() {
        return Ok(());
    }
    Err(Error::new(
        Code::Blocked,
        format!(
            "{id} is a gate, and there is more to wait for: {}",
            waits.join("; ")
        ),
    )
    .hint(format!("`chant show {id}` lists what comes first"))
    .detail("blocked_by", waits))
}

fn open_criteria(document: &Document, gate: bool) -> Vec<String> {
    let open = document
        .criteria()
        .iter()
        .filter(|item| gate && !item.checked);
    open.map(|item| item.text.clone()).collect()
}

fn vouching(items: &[String]) -> String {
    if items.is_empty() {
        String::new()
    } else {
        format!(", and vouches for: {}", items.join("; "))
    }
}

/// A gate as it stands once it was passed: the approver vouches for every item of its list.
fn completed(document: Document, at: &str) -> Result<Document> {
    let mut document = document;
    for index in 0..document.criteria().len() {
        document = parse(set_checked(&document, index, true)?)?;
    }
    for (key, value) in [("status", Status::Completed.as_str()), ("completed_at", at)] {
        document = parse(set_scalar(&document, key, value)?)?;
    }
    Ok(document)
}

/// The object ids that are approved. With them the tree of what was looked at: at a gate what the specs before it left, of a
/// spec that has landed what it left itself.
fn objects(project: &Project, document: &Document, id: &str) -> Result<Objects> {
    let outputs = Outputs::load(project)?;
    let mut objects = crate::consent::objects(document, outputs.digits());
    let front = document.frontmatter();
    if front.gate.is_some() {
        let overlay = Overlay::load(&project.state_dir(), &project.project_key())?;
        let entries = crate::index::Index::load(project)?.into_entries();
        let before = query::before(&entries, &overlay, id);
        objects.tree = Some(outputs.tree(&outputs.of(before))?);
    } else if front.status == Status::Completed {
        let entries = crate::index::Index::load(project)?.into_entries();
        let own = entries.iter().filter(|entry| entry.node.id == id);
        objects.tree = Some(outputs.tree(&outputs.of(own))?);
    }
    Ok(objects)
}

fn write(
    project: &Project,
    found: &SpecRef,
    document: &Document,
    approval: &Approval,
    verb: &str,
) -> Result<Recorded> {
    let id = &found.id;
    let mut yaml = approval.to_yaml();
    for line in other_keys(document) {
        yaml.push('\n');
        yaml.push_str(&line);
    }
    let bytes = set_block(document, "approval", &yaml)?;
    let trailer = match verb {
        "approve" => "Chant-Approval",
        _ => "Chant-Rejection",
    };
    let at = approval.at.as_deref().unwrap_or_default();
    let said = format!("{id} {at} {}", approval.by.as_deref().unwrap_or_default());
    let (said, key) = (crate::one_line(&said), project.project_key());
    let mut trailers = vec![(trailer, said.as_str())];
    if !key.is_empty() {
        trailers.push(("Chant-Project", key.as_str()));
    }
    let message = chant_git::with_trailers(&format!("chant({id}): {verb}"), &trailers);
    record_spec_change(project, id, &bytes, &message)
}

/// What the entry holds beyond chant's own keys, as lines.
fn other_keys(document: &Document) -> Vec<String> {
    let root = document.root().as_map();
    let entry = root.and_then(|map| map.get("approval")?.value.as_map());
    let entries = entry.map_or(&[][..], |map| map.entries.as_slice());
    let others = entries
        .iter()
        .filter(|entry| !KEYS.contains(&entry.key.as_str()));
    let line = |entry: &chant_spec::yaml::Entry| {
        let written = document.text()[entry.value.span.clone()].trim();
        let key = chant_spec::scalar(&entry.key);
        if written.is_empty() || written.contains('\n') {
            // JSON is YAML on one line.
            format!("{key}: {}", entry.value.to_json())
        } else {
            format!("{key}: {written}")
        }
    };
    others.map(line).collect()
}

/// What can be worked because of an approval.
fn freed(project: &Project, id: &str, gate: bool) -> Result<Vec<String>> {
    let ready = Filter {
        ready: true,
        ..Filter::default()
    };
    let ready = query::list(project, &ready)?.into_iter();
    let freed = ready.filter(|spec| {
        let waited = spec.depends_on.iter().any(|name| {
            project
                .resolve_id(name)
                .is_ok_and(|found| found.as_str() == id)
        });
        if gate { waited } else { spec.id == id }
    });
    Ok(freed.map(|spec| spec.id).collect())
}

/// What waits because of a rejection, where the settings make others wait.
fn held(project: &Project, id: &str) -> Result<Vec<String>> {
    let waits = |blocker: &Blocker| match blocker {
        Blocker::RejectedDependency { id: by, .. } | Blocker::HeldBy { id: by, .. } => by == id,
        _ => false,
    };
    let specs = query::list(project, &Filter::default())?.into_iter();
    let held = specs.filter(|spec| spec.blockers.iter().any(waits));
    Ok(held.map(|spec| spec.id).collect())
}

fn parse(bytes: Vec<u8>) -> Result<Document> {
    Ok(Document::parse(bytes)?)
}

fn now() -> String {
    let now = chant_os::clock::now();
    now.round(jiff::Unit::Second).unwrap_or(now).to_string()
}
