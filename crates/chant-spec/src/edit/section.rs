//! Entries of a section that only grows: `## Approval Discussion`.

use super::{EditError, Splice, append_section, guard, line_ending, read_back};
use crate::body;
use crate::document::Document;

/// Appends one entry, a line of a list, to the section of this heading at the end of the file; makes the section where
/// the file does not end in it.
pub fn append_entry(doc: &Document, heading: &str, entry: &str) -> Result<Vec<u8>, EditError> {
    let entry = entry.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = format!("- {entry}");
    if body::last_heading(doc.body()).as_deref() != Some(heading) || !body::is_prose(&line) {
        return append_section(doc, heading, &line);
    }
    let ending = line_ending(doc);
    let gap = if doc.body().ends_with('\n') {
        ""
    } else {
        ending
    };
    let end = doc.text().len();
    let bytes = Splice::new(end..end, [gap, &line, ending].concat()).apply(doc);
    let after = read_back(heading, bytes.clone())?;
    if after.criteria() != doc.criteria() || after.title() != doc.title() {
        return Err(guard(heading, "the title or the criteria"));
    }
    Ok(bytes)
}
