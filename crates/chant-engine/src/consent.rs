//! What a spec's own file says of a person's approval, held against what the file is now. Pure.

use chant_spec::{Changed, Consent, Document, Objects, criteria_text, intent};

/// Whether a person agreed to a spec as it is now, by its file alone. What a gate's approval says of other files, and
/// what a signature is worth, is left to `query/consents.rs`.
pub(crate) fn consent(document: &Document) -> Consent {
    let Some(approval) = &document.frontmatter().approval else {
        return Consent::NotAsked;
    };
    if approval.says_rejected() {
        return Consent::Rejected {
            by: approval.by.clone(),
            reason: approval.reason.clone(),
        };
    }
    if !approval.says_approved() {
        return if approval.required {
            Consent::Awaited
        } else {
            Consent::NotAsked
        };
    }
    let recorded = (&approval.objects, &approval.by, &approval.at);
    let (Some(objects), Some(by), Some(at)) = recorded else {
        return Consent::Unrecorded {
            by: approval.by.clone(),
        };
    };
    let (by, at) = (by.clone(), at.clone());
    let lapsed = |changed| Consent::Lapsed {
        by: by.clone(),
        at: at.clone(),
        changed,
    };
    if !is_blob(&objects.criteria, criteria_text(document).as_bytes()) {
        return lapsed(Changed::Criteria);
    }
    if !is_blob(&objects.spec, &intent(document)) {
        return lapsed(Changed::Spec);
    }
    Consent::Granted { by, at }
}

/// What an approval of this document holds, in a repository whose object ids have so many digits.
pub(crate) fn objects(document: &Document, digits: usize) -> Objects {
    Objects {
        spec: crate::blob_id(&intent(document), digits),
        criteria: crate::blob_id(criteria_text(document).as_bytes(), digits),
        tree: None,
    }
}

fn is_blob(oid: &str, bytes: &[u8]) -> bool {
    crate::blob_id(bytes, oid.len()) == oid
}
