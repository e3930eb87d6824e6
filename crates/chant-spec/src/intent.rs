//! What a spec asks for, apart from what was only recorded in it.
//!
//! An approval is bound to this text, and a spec that is another's input is compared by it: so a status, a tick or the
//! approval itself makes nothing stale, and any other change does. Line ends are evened out, since git may rewrite them.

use std::ops::Range;

use crate::document::Document;
use crate::edit::{entries, whole_entry};

/// The keys of the frontmatter that say what became of a spec, not what it asks for.
const RECORD: [&str; 8] = [
    "status",
    "approval",
    "completed_at",
    "commits",
    "commit",
    "branch",
    "outcome",
    "waived",
];

/// The text of a spec without what is only record: whole entries of the frontmatter, and the ticks of its criteria.
pub fn intent(doc: &Document) -> Vec<u8> {
    let mut cuts: Vec<Range<usize>> = entries(doc)
        .iter()
        .filter(|entry| RECORD.contains(&entry.key.as_str()))
        .map(|entry| whole_entry(doc, entry))
        .collect();
    let ticks = doc.criteria().iter();
    cuts.extend(ticks.map(|criterion| criterion.marker.start + 1..criterion.marker.end - 1));
    cuts.sort_by_key(|cut| cut.start);
    let text = doc.text();
    let mut kept = String::with_capacity(text.len());
    let mut at = 0;
    for cut in cuts {
        kept.push_str(&text[at..cut.start.max(at)]);
        at = at.max(cut.end);
    }
    kept.push_str(&text[at..]);
    kept.replace("\r\n", "\n").into_bytes()
}

/// The acceptance criteria as text: one line each, as far in as it is nested.
pub fn criteria_text(doc: &Document) -> String {
    let line = |criterion: &crate::Criterion| {
        format!("{}- {}\n", "  ".repeat(criterion.depth), criterion.text)
    };
    doc.criteria().iter().map(line).collect()
}

/// The bytes by which a spec counts as an input of another: its intent. The model is left out, since a landing writes down
/// which it was.
pub fn intent_as_input(document: &Document) -> Vec<u8> {
    if document.frontmatter().model.is_none() {
        return intent(document);
    }
    let without_model = crate::remove_key(document, "model")
        .ok()
        .and_then(|bytes| Document::parse(bytes).ok());
    intent(without_model.as_ref().unwrap_or(document))
}
