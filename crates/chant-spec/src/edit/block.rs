//! Edits of entries that hold more than one value: `approval`, `waived`, `outcome`.
//!
//! A block is given as YAML text. What it already says in the same words stays untouched, down to single keys of a map;
//! so comments and notation inside an entry survive an edit of its neighbours.

use std::ops::Range;

use super::{EditError, Splice, append_line, content_end, entry, guard, line_ending, whole_entry};
use crate::document::{Document, line_end};
use crate::quote::scalar;
use crate::yaml::{self, Entry, Map, Node, Value};

/// Gives the top-level `key` exactly this value, written in YAML: a map or list, in either notation, or a single value.
pub fn set_block(doc: &Document, key: &str, value: &str) -> Result<Vec<u8>, EditError> {
    let wanted = Wanted::read(key, value)?;
    let Some(old) = entry(doc, key) else {
        let line = format!("{}:{}", scalar(key), wanted.written("", line_ending(doc)));
        return append_line(doc, &line).prove(doc, key, |node| wanted.is(node));
    };
    if wanted.is(Some(&old.value)) {
        return Ok(doc.bytes().to_vec());
    }
    if let (Some(before), Some(after)) = (block_map(&old.value), wanted.node.as_map())
        && let Some(splices) = differences(doc, before, after, &wanted)
        && let Ok(bytes) = prove_all(doc, key, splices, &wanted)
    {
        return Ok(bytes);
    }
    let indent = indent_of(doc, old.key_span.start);
    let rest = remainder(doc, old);
    let written = wanted.written(indent, line_ending(doc));
    // A comment at the end of the old value goes to the end of the key's line, where it means the same.
    let with = match written.split_once(line_ending(doc)) {
        Some((first, more)) => [first, rest.comment, line_ending(doc), more].concat(),
        None => [&written, rest.comment].concat(),
    };
    Splice::new(rest.range, with).prove(doc, key, |node| wanted.is(node))
}

/// The value that is asked for: its text, and what it means.
struct Wanted<'a> {
    text: &'a str,
    node: Node,
}

impl<'a> Wanted<'a> {
    fn read(key: &str, value: &'a str) -> Result<Self, EditError> {
        let text = value.trim_end_matches('\n');
        let node = yaml::parse(text, 0..text.len())
            .map_err(|error| guard(key, &format!("the new value is not YAML: {error}")))?;
        Ok(Self { text, node })
    }

    /// Whether this is it. The order of a map's keys is left as it was, so it does not count.
    fn is(&self, node: Option<&Node>) -> bool {
        let Some(node) = node else { return false };
        match (node.as_map(), self.node.as_map()) {
            (Some(found), Some(wanted)) => {
                let held = |entry: &Entry| {
                    let found = found.get(&entry.key);
                    found.is_some_and(|found| found.value.same(&entry.value))
                };
                found.entries.len() == wanted.entries.len() && wanted.entries.iter().all(held)
            }
            _ => node.same(&self.node),
        }
    }

    /// What stands after the key's colon: ` value`, or lines below it, further in than the key.
    fn written(&self, indent: &str, ending: &str) -> String {
        let below = match &self.node.value {
            Value::Map(map) => !map.flow && !map.entries.is_empty(),
            Value::List(list) => !list.flow && !list.items.is_empty(),
            Value::Null | Value::Scalar(_) => false,
        };
        let lines = shifted(self.text, &format!("{indent}  "), ending);
        if below {
            [ending, &lines].concat()
        } else {
            [" ", lines.trim_start()].concat()
        }
    }
}

/// Lines moved further in; empty ones stay empty.
fn shifted(text: &str, indent: &str, ending: &str) -> String {
    let line = |line: &str| {
        if line.trim().is_empty() {
            String::new()
        } else {
            [indent, line].concat()
        }
    };
    let lines: Vec<String> = text.lines().map(line).collect();
    lines.join(ending)
}

fn block_map(node: &Node) -> Option<&Map> {
    node.as_map()
        .filter(|map| !map.flow && !map.entries.is_empty())
}

/// The white space before what stands at `at`, if there is nothing else before it on its line.
fn indent_of(doc: &Document, at: usize) -> &str {
    let text = doc.text();
    let start = text[..at].rfind('\n').map_or(0, |line| line + 1);
    let before = &text[start..at];
    if before.trim().is_empty() { before } else { "" }
}

/// What makes one block map of another: changed entries in place, new ones after the last, gone ones cut out. `None`
/// where an entry does not stand on lines of its own.
fn differences(
    doc: &Document,
    before: &Map,
    after: &Map,
    wanted: &Wanted<'_>,
) -> Option<Vec<Splice>> {
    let text = doc.text();
    let indent = indent_of(doc, before.entries[0].key_span.start);
    let ending = line_ending(doc);
    let own_lines = |entry: &Entry| text[..entry.key_span.start].ends_with(&format!("\n{indent}"));
    if indent.is_empty() || !before.entries.iter().all(own_lines) {
        return None;
    }
    let source = |entry: &Entry| {
        let end = wanted.text[..entry.value.span.end].trim_end().len();
        &wanted.text[entry.key_span.start..end.max(entry.key_span.end + 1)]
    };
    let mut splices = Vec::new();
    for old in &before.entries {
        match after.get(&old.key) {
            Some(new) if new.value.same(&old.value) => {}
            Some(new) => splices.push(replaced(
                doc,
                old,
                new,
                &wanted.text[new.value.span.clone()],
                || shifted(source(new), indent, ending),
            )),
            None => splices.push(Splice::new(whole_entry(doc, old), String::new())),
        }
    }
    let fresh: String = after
        .entries
        .iter()
        .filter(|new| before.get(&new.key).is_none())
        .map(|new| shifted(source(new), indent, ending) + ending)
        .collect();
    let last = before.entries.last()?;
    let end = whole_entry(doc, last).end;
    splices.push(Splice::new(end..end, fresh));
    Some(splices)
}

/// A changed entry: only the value where both are on one line, else all of its lines.
fn replaced(
    doc: &Document,
    old: &Entry,
    new: &Entry,
    value: &str,
    lines: impl Fn() -> String,
) -> Splice {
    let single = |node: &Node| matches!(&node.value, Value::Scalar(scalar) if !super::is_block(scalar.style));
    let span = old.value.span.clone();
    let on_one_line = !doc.text()[span.clone()].contains('\n') && !value.contains('\n');
    if single(&old.value) && single(&new.value) && on_one_line {
        return Splice::new(span, value.to_owned());
    }
    let whole = whole_entry(doc, old);
    Splice::new(whole, lines() + line_ending(doc))
}

/// Applies several changes at once, and proves the whole.
fn prove_all(
    doc: &Document,
    key: &str,
    mut splices: Vec<Splice>,
    wanted: &Wanted<'_>,
) -> Result<Vec<u8>, EditError> {
    splices.sort_by_key(|splice| splice.range.start);
    let (Some(first), Some(last)) = (splices.first(), splices.last()) else {
        return Ok(doc.bytes().to_vec());
    };
    let range = first.range.start..last.range.end;
    let mut with = String::new();
    let mut at = range.start;
    for splice in &splices {
        let between = doc.text().get(at..splice.range.start);
        with.push_str(between.ok_or_else(|| guard(key, "two entries on one line"))?);
        with.push_str(&splice.with);
        at = splice.range.end;
    }
    Splice::new(range, with).prove(doc, key, |node| wanted.is(node))
}

/// What follows a key's colon: its bytes up to the end of the last line, and the comment to keep of them.
struct Remainder<'d> {
    range: Range<usize>,
    comment: &'d str,
}

fn remainder<'d>(doc: &'d Document, old: &Entry) -> Remainder<'d> {
    let text = doc.text();
    let after_key = &text[old.key_span.end..];
    let start = old.key_span.end + after_key.find(':').map_or(0, |colon| colon + 1);
    let end = content_end(doc, &old.value).max(start);
    let tail = text[end..line_end(text, end)].trim_end_matches(['\r', '\n']);
    let key_line = text[start..line_end(text, start)].trim_end_matches(['\r', '\n']);
    // A value that begins on a later line leaves room for a comment on the key's own.
    let comment = if key_line.trim_start().starts_with('#') {
        key_line
    } else {
        tail
    };
    if tail.trim_start().starts_with('#') || tail.trim().is_empty() {
        let comment = if comment.trim().is_empty() {
            ""
        } else {
            comment
        };
        return Remainder {
            range: start..end + tail.len(),
            comment,
        };
    }
    // Inside `{…}` something else follows on the same line.
    Remainder {
        range: start..end,
        comment: "",
    }
}
