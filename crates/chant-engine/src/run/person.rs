//! What a run needs a person's word for, and that an agent does not write such a word itself.

use chant_git::{Change, Oid, Repo};
use chant_spec::{Approval, Blocker, Document, Status};

use crate::error::{Code, Error, Result};
use crate::inputs::spec_of_path;
use crate::query::Spec;

/// Refuses what a person has to do or say first, and what waits for something else.
pub(super) fn may_begin(spec: &Spec) -> Result<()> {
    let id = &spec.id;
    if spec.is_gate {
        return Err(Error::new(
            Code::GateClosed,
            format!("{id} is a gate: a person decides, no agent runs it"),
        )
        .hint(format!("chant approve {id} --by NAME")));
    }
    consented(spec)?;
    if spec.may_be_worked {
        return Ok(());
    }
    Err(Error::new(
        Code::Blocked,
        format!("{id} is not ready: {}", spec.blocked_by.join("; ")),
    )
    .hint(format!("`chant show {id}` lists what it waits for")))
}

/// Refuses what a person has not approved, or has rejected.
pub(super) fn consented(spec: &Spec) -> Result<()> {
    let id = &spec.id;
    let said = spec.blockers.iter().find_map(|blocker| match blocker {
        Blocker::Approval(consent) => Some(consent),
        _ => None,
    });
    let Some(consent) = said else { return Ok(()) };
    let error = Error::new(Code::ApprovalMissing, format!("{id}: {consent}"));
    Err(error
        .hint(format!(
            "read it with `chant show {id}`, then: chant approve {id} --by NAME"
        ))
        .detail(
            "approval",
            serde_json::to_value(&spec.approval).unwrap_or_default(),
        ))
}

/// Where a result holds an approval, a rejection or a passed gate that its start did not: the agent wrote it, and only a
/// person may. Its own spec is not looked at: of that, the frontmatter never lands.
pub(super) fn written_for_a_person(
    repo: &Repo,
    changes: &[Change],
    own_spec: &str,
    prefix: &str,
) -> Result<Option<String>> {
    for change in changes {
        let inside = change.path.strip_prefix(prefix);
        let is_spec = inside.is_some_and(|path| spec_of_path(path).is_some());
        if !is_spec || change.path == own_spec {
            continue;
        }
        let (Some(after), before) = (
            document(repo, change.new.as_ref())?,
            document(repo, change.old.as_ref())?,
        ) else {
            continue;
        };
        let same = before.as_ref().map(said) == Some(said(&after));
        let (spoken, passed) = said(&after);
        if !same && (spoken.is_some() || passed) {
            return Ok(Some(format!(
                "the agent wrote a person's word into {}: only a person approves or rejects",
                change.path
            )));
        }
    }
    Ok(None)
}

fn document(repo: &Repo, side: Option<&(String, Oid)>) -> Result<Option<Document>> {
    let file = side.filter(|(mode, _)| mode.starts_with("100"));
    let bytes = file.map(|(_, oid)| repo.blob(oid)).transpose()?;
    Ok(bytes.and_then(|bytes| Document::parse(bytes).ok()))
}

/// What a person is said to have said, and whether a gate is said to be passed.
fn said(document: &Document) -> (Option<&Approval>, bool) {
    let front = document.frontmatter();
    let approval = front.approval.as_ref();
    let spoken = approval.filter(|it| it.says_approved() || it.says_rejected());
    (
        spoken,
        front.gate.is_some() && front.status == Status::Completed,
    )
}
