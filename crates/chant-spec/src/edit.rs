//! Lossless edits: each splices a few bytes and then proves that nothing else changed its meaning.
//!
//! An edit is a range of bytes and what replaces it, found with the spans of the YAML tree; so every other byte stays by
//! construction. Whether the result means what was asked for, and nothing more, is asked of the reader afterwards: if
//! not, there is no result. Deliberately not here: writing the file.

mod block;
mod section;

use std::ops::Range;

use granit_parser::ScalarStyle;

use crate::body;
use crate::document::{Document, line_end};
use crate::quote::{self, scalar};
use crate::yaml::{Entry, List, Node, Value};

pub use block::set_block;
pub use section::append_entry;

/// Why an edit was not made. The file is as it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The result would have meant something else than was asked for.
    #[error("the edit of `{key}` would have changed more than that: {reason}")]
    Guard {
        /// What was to be edited.
        key: String,
        /// What else would have changed.
        reason: String,
    },
    /// A list cannot be made of what stands there.
    #[error("`{key}` holds neither a list nor a single value")]
    NotAList {
        /// The key.
        key: String,
    },
    /// There is no such criterion.
    #[error("there is no criterion number {index}")]
    NoCriterion {
        /// What was asked for, from 0.
        index: usize,
    },
}

/// Gives `key` this value, in its place; where the key is absent, in a new last line of the frontmatter.
pub fn set_scalar(doc: &Document, key: &str, value: &str) -> Result<Vec<u8>, EditError> {
    let splice = match entry(doc, key) {
        None => append_line(doc, &format!("{}: {}", scalar(key), scalar(value))),
        Some(entry) => match &entry.value.value {
            Value::Scalar(old) if !is_block(old.style) => {
                Splice::new(entry.value.span.clone(), quote::like(value, old.style))
            }
            _ => replace_value(doc, entry, &scalar(value)),
        },
    };
    splice.prove(doc, key, |node| node.and_then(Node::as_str) == Some(value))
}

/// Appends to a list, in the way it is written; makes one where there is none.
pub fn push_list(doc: &Document, key: &str, values: &[&str]) -> Result<Vec<u8>, EditError> {
    if values.is_empty() {
        return Ok(doc.bytes().to_vec());
    }
    let mut wanted = Vec::new();
    let splice = match entry(doc, key) {
        None => append_line(
            doc,
            &format!("{}:{}", scalar(key), block_items(doc, "  ", values)),
        ),
        Some(entry) => {
            wanted = words(&entry.value).ok_or_else(|| EditError::NotAList {
                key: key.to_owned(),
            })?;
            let alias = doc.text()[entry.value.span.clone()].starts_with('*');
            match &entry.value.value {
                Value::List(list) if !alias && !list.items.is_empty() => {
                    push_item(doc, &entry.value, list, values)
                }
                _ => {
                    let all: Vec<String> = wanted
                        .iter()
                        .map(|word| scalar(word))
                        .chain(values.iter().map(|v| scalar(v)))
                        .collect();
                    replace_value(doc, entry, &format!("[{}]", all.join(", ")))
                }
            }
        }
    };
    wanted.extend(values.iter().map(|&value| value.to_owned()));
    splice.prove(doc, key, |node| {
        node.and_then(words).as_ref() == Some(&wanted)
    })
}

/// Removes a key with its value. An absent key is nothing to remove.
pub fn remove_key(doc: &Document, key: &str) -> Result<Vec<u8>, EditError> {
    let Some(entry) = entry(doc, key) else {
        return Ok(doc.bytes().to_vec());
    };
    Splice::new(whole_entry(doc, entry), String::new()).prove(doc, key, |node| node.is_none())
}

/// The lines of an entry; in `{…}`, where others may stand on them, its own bytes alone.
pub(crate) fn whole_entry(doc: &Document, entry: &Entry) -> Range<usize> {
    let text = doc.text();
    let last = content_end(doc, &entry.value).max(entry.key_span.end);
    if doc.root().as_map().is_some_and(|map| map.flow) {
        return entry.key_span.start..last;
    }
    let start = text[..entry.key_span.start]
        .rfind('\n')
        .map_or(0, |at| at + 1);
    start..line_end(text, last)
}

/// Ticks or unticks one criterion: one byte.
pub fn set_checked(
    doc: &Document,
    criterion_index: usize,
    checked: bool,
) -> Result<Vec<u8>, EditError> {
    let Some(criterion) = doc.criteria().get(criterion_index) else {
        return Err(EditError::NoCriterion {
            index: criterion_index,
        });
    };
    if criterion.checked == checked {
        return Ok(doc.bytes().to_vec());
    }
    let inside = criterion.marker.start + 1..criterion.marker.end - 1;
    let bytes = Splice::new(inside, if checked { "x" } else { " " }.to_owned()).apply(doc);
    let after = read_back(&criterion.text, bytes.clone())?;
    let mut wanted = doc.criteria().to_vec();
    wanted[criterion_index].checked = checked;
    if after.criteria() == wanted {
        Ok(bytes)
    } else {
        Err(guard(&criterion.text, "other criteria"))
    }
}

/// Appends a section at the end of the file. Text that could be read as structure is put into a code fence.
pub fn append_section(doc: &Document, heading: &str, text: &str) -> Result<Vec<u8>, EditError> {
    let heading = heading.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = text.trim_end().replace("\r\n", "\n");
    // Prose can still define a link that an older line then uses, and a fence can stand inside a comment that was never
    // closed; the last form holds nothing that markdown could act on.
    let plain = body::is_prose(&text).then(|| text.clone());
    let forms = plain.into_iter().chain([fenced(&text), inert(&text)]);
    let mut result = Err(guard(&heading, "the title or the criteria"));
    for content in forms {
        result = append_content(doc, &heading, &content);
        if result.is_ok() {
            break;
        }
    }
    result
}

fn append_content(doc: &Document, heading: &str, content: &str) -> Result<Vec<u8>, EditError> {
    let section = format!("{}## {heading}\n\n{content}\n", gap(doc.body()));
    let end = doc.text().len();
    let bytes = Splice::new(end..end, section.replace('\n', line_ending(doc))).apply(doc);
    let after = read_back(heading, bytes.clone())?;
    if after.criteria() != doc.criteria() || after.title() != doc.title() {
        return Err(guard(heading, "the title or the criteria"));
    }
    Ok(bytes)
}

/// What makes a blank line before the next section. An empty body may follow a closing line without a line break.
fn gap(body: &str) -> &'static str {
    if body.ends_with("\n\n") || body.ends_with("\n\r\n") {
        ""
    } else if body.ends_with('\n') {
        "\n"
    } else {
        "\n\n"
    }
}

/// The body of `doc` under the frontmatter of another version of the file.
pub fn replace_frontmatter(doc: &Document, frontmatter_text: &str) -> Result<Vec<u8>, EditError> {
    let mut settings = frontmatter_text.to_owned();
    if !settings.is_empty() && !settings.ends_with('\n') {
        settings.push_str(line_ending(doc));
    }
    let bytes = Splice::new(doc.fences().inside.clone(), settings.clone()).apply(doc);
    let after = read_back("frontmatter", bytes.clone())?;
    if after.frontmatter_text() != settings || after.body() != doc.body() {
        return Err(guard("frontmatter", "the body"));
    }
    Ok(bytes)
}

/// A range of bytes of the file and what replaces it.
struct Splice {
    range: Range<usize>,
    with: String,
}

impl Splice {
    fn new(range: Range<usize>, with: String) -> Self {
        Self { range, with }
    }

    fn apply(&self, doc: &Document) -> Vec<u8> {
        let bytes = doc.bytes();
        [
            &bytes[..self.range.start],
            self.with.as_bytes(),
            &bytes[self.range.end..],
        ]
        .concat()
    }

    /// The edited file, if `key` is now as `meant` and every other key and the body are as they were.
    fn prove(
        self,
        doc: &Document,
        key: &str,
        meant: impl Fn(Option<&Node>) -> bool,
    ) -> Result<Vec<u8>, EditError> {
        let bytes = self.apply(doc);
        let after = read_back(key, bytes.clone())?;
        if after.body() != doc.body() {
            return Err(guard(key, "the body"));
        }
        if !meant(entry(&after, key).map(|entry| &entry.value)) {
            return Err(guard(key, "its value is not what was asked for"));
        }
        let (before, now) = (others(doc, key), others(&after, key));
        if before.len() != now.len() {
            return Err(guard(key, "other keys came or went"));
        }
        match before
            .iter()
            .zip(&now)
            .find(|(a, b)| a.key != b.key || !a.value.same(&b.value))
        {
            Some((changed, _)) => Err(guard(key, &format!("`{}`", changed.key))),
            None => Ok(bytes),
        }
    }
}

fn guard(key: &str, reason: &str) -> EditError {
    EditError::Guard {
        key: key.to_owned(),
        reason: reason.to_owned(),
    }
}

fn read_back(key: &str, bytes: Vec<u8>) -> Result<Document, EditError> {
    Document::parse(bytes).map_err(|errors| guard(key, &errors.first().to_string()))
}

pub(crate) fn entries(doc: &Document) -> &[Entry] {
    doc.root().as_map().map_or(&[], |map| &map.entries)
}

fn entry<'d>(doc: &'d Document, key: &str) -> Option<&'d Entry> {
    entries(doc).iter().find(|entry| entry.key == key)
}

fn others<'d>(doc: &'d Document, key: &str) -> Vec<&'d Entry> {
    entries(doc)
        .iter()
        .filter(|entry| entry.key != key)
        .collect()
}

fn is_block(style: ScalarStyle) -> bool {
    matches!(style, ScalarStyle::Literal | ScalarStyle::Folded)
}

/// The texts of a list of single values, or of a single value; `None` for anything else.
fn words(node: &Node) -> Option<Vec<String>> {
    match &node.value {
        Value::Null => Some(Vec::new()),
        Value::Scalar(scalar) => Some(vec![scalar.text.clone()]),
        Value::List(list) => list
            .items
            .iter()
            .map(|item| Some(item.as_str().unwrap_or_default().to_owned()))
            .collect(),
        Value::Map(_) => None,
    }
}

fn line_ending(doc: &Document) -> &'static str {
    if doc.text()[..doc.fences().inside.start].ends_with("\r\n") {
        "\r\n"
    } else {
        "\n"
    }
}

/// A new last line of the frontmatter, as far in as the other keys.
fn append_line(doc: &Document, line: &str) -> Splice {
    let indent = entries(doc).first().map_or("", |first| {
        let before = &doc.text()[doc.fences().inside.start..first.key_span.start];
        &before[before.rfind('\n').map_or(0, |at| at + 1)..]
    });
    let indent = if indent.trim().is_empty() { indent } else { "" };
    let at = doc.fences().inside.end;
    Splice::new(at..at, format!("{indent}{line}{}", line_ending(doc)))
}

/// Replaces a value of any shape by one on the key's own line.
fn replace_value(doc: &Document, entry: &Entry, written: &str) -> Splice {
    let span = entry.value.span.clone();
    let on_one_line = match &entry.value.value {
        Value::Null => !span.is_empty(),
        Value::Scalar(scalar) => !is_block(scalar.style),
        Value::List(list) => list.flow,
        Value::Map(map) => map.flow,
    };
    if on_one_line || doc.text()[span.clone()].starts_with('*') {
        return Splice::new(span, written.to_owned());
    }
    let after_key = &doc.text()[entry.key_span.end..];
    let start = entry.key_span.end + after_key.find(':').map_or(0, |colon| colon + 1);
    Splice::new(
        start..content_end(doc, &entry.value).max(start),
        format!(" {written}"),
    )
}

/// Where the last character of a value stands that is more than white space.
fn content_end(doc: &Document, node: &Node) -> usize {
    doc.text()[..node.span.end].trim_end().len()
}

/// New items after the last one, written as that one is.
fn push_item(doc: &Document, node: &Node, list: &List, values: &[&str]) -> Splice {
    let end = list.items.last().unwrap_or(node).span.end;
    if list.flow {
        let written: Vec<String> = values.iter().map(|value| scalar(value)).collect();
        return Splice::new(end..end, format!(", {}", written.join(", ")));
    }
    let text = doc.text();
    let content = text[..end].trim_end().len();
    let line = &text[content..line_end(text, content)];
    let at = content + line.trim_end_matches(['\r', '\n']).len();
    Splice::new(
        at..at,
        block_items(doc, dash_indent(text, node.span.start), values),
    )
}

/// The white space before the dashes of a block list. It begins with its first dash, or, where the dashes stand as far
/// left as the key, with its first item, which may be on a line of its own.
fn dash_indent(text: &str, start: usize) -> &str {
    let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let line = &text[line_start..start];
    if line.trim().is_empty() && !text[start..].starts_with('-') {
        return "";
    }
    &line[..line.len() - line.trim_start().len()]
}

/// Lines with a dash, each after a line break.
fn block_items(doc: &Document, indent: &str, values: &[&str]) -> String {
    let line = |value: &&str| [line_ending(doc), indent, "- ", &scalar(value)].concat();
    values.iter().map(line).collect()
}

/// A code fence longer than any run of backticks inside.
fn fenced(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat((longest + 1).max(3));
    format!("{fence}text\n{text}\n{fence}")
}

/// Text in which no line begins with anything that has a meaning.
fn inert(text: &str) -> String {
    text.lines()
        .map(|line| ["    | ", line].concat())
        .collect::<Vec<_>>()
        .join("\n")
}
