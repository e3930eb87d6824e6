//! What a person agreed to: by content, and for as long as that content stays.
//!
//! Owns which object ids an approval holds and when it still holds. The entry in the file is [`chant_spec::Approval`];
//! the commands are `verbs/approve.rs` and `verbs/reject.rs`.

use chant_spec::{Changed, Consent, Document, Objects, criteria_text, intent};
use sha1::{Digest, Sha1};

/// Whether a person agreed to a spec as it is now, by its file alone. What a gate's approval says of other files, and
/// what a signature is worth, is left to [`settle`].
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
        return match approval.required {
            true => Consent::Awaited,
            false => Consent::NotAsked,
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

/// What an approval of this document holds, in a repository whose object ids are as long as this one.
pub(crate) fn objects(document: &Document, like: &str) -> Objects {
    Objects {
        spec: blob(&intent(document), like.len()),
        criteria: blob(criteria_text(document).as_bytes(), like.len()),
        tree: None,
    }
}

/// The object id that git has for these bytes, in the hash that gives ids of this length.
pub(crate) fn blob(bytes: &[u8], length: usize) -> String {
    object("blob", bytes, length)
}

fn object(kind: &str, bytes: &[u8], length: usize) -> String {
    let header = format!("{kind} {}\0", bytes.len());
    if length == SHA256 {
        let hash = sha2::Sha256::new().chain_update(header).chain_update(bytes);
        return crate::hex(&hash.finalize());
    }
    let hash = Sha1::new().chain_update(header).chain_update(bytes);
    crate::hex(&hash.finalize())
}

/// Hexadecimal digits of a SHA-256 object id.
const SHA256: usize = 64;

fn is_blob(oid: &str, bytes: &[u8]) -> bool {
    blob(bytes, oid.len()) == oid
}
