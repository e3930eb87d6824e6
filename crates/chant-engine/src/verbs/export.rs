//! `chant export`: specs as data for other programs. Starts nothing, and reads nothing outside the repository.

use std::path::Path;

use chant_os::file::Created;
use serde_json::{Map, Value};

use crate::error::{Code, Error, Result};
use crate::query::Spec;

/// How specs are written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// An array of the objects of `chant list --json`.
    Json,
    /// A line of names, then a line for each spec; several values in one field stand with `; ` between.
    Csv,
    /// A table for people.
    Markdown,
}

/// The fields of a line of CSV, in order: those of the object, what is inside another one with a dot. They only grow.
const FIELDS: [&str; 27] = [
    "id",
    "title",
    "type",
    "status",
    "reason",
    "ready",
    "blocked_by",
    "labels",
    "depends_on",
    "informed_by",
    "target_files",
    "criteria.total",
    "criteria.checked",
    "stale",
    "path",
    "archived",
    "prompt",
    "model",
    "agent",
    "members",
    "completed_at",
    "outcome",
    "approval.status",
    "run",
    "error.message",
    "chosen.agent",
    "chosen.why",
];

/// What people want to see of a spec in a table.
const COLUMNS: [&str; 6] = ["id", "title", "type", "status", "labels", "depends_on"];

/// The specs in this format, with a line end at the end.
pub fn render(specs: &[Spec], format: Format) -> Result<String> {
    let broken = |error: serde_json::Error| {
        Error::new(Code::Internal, format!("failed to write JSON: {error}"))
    };
    let objects: std::result::Result<Vec<Value>, _> =
        specs.iter().map(serde_json::to_value).collect();
    let objects = objects.map_err(broken)?;
    Ok(match format {
        Format::Json => serde_json::to_string_pretty(&objects).map_err(broken)? + "\n",
        Format::Csv => table(&objects, &FIELDS, |cells| {
            let quoted: Vec<String> = cells.iter().map(|cell| csv(cell)).collect();
            quoted.join(",") + "\n"
        }),
        Format::Markdown => markdown(&objects),
    })
}

/// Writes a new file; one that is there is nobody's to replace.
pub fn write(file: &Path, text: &str) -> Result<()> {
    match chant_os::file::create_new(file, text.as_bytes())? {
        Created::Yes => Ok(()),
        Created::Exists => Err(Error::new(
            Code::Exists,
            format!("{} is there already", file.display()),
        )
        .hint("remove it, or name another file with -o")),
    }
}

fn table(objects: &[Value], fields: &[&str], line: impl Fn(&[String]) -> String) -> String {
    let names: Vec<String> = fields.iter().map(|field| (*field).to_owned()).collect();
    let mut text = line(&names);
    for object in objects.iter().filter_map(Value::as_object) {
        let cells: Vec<String> = fields.iter().map(|field| cell(object, field)).collect();
        text += &line(&cells);
    }
    text
}

fn markdown(objects: &[Value]) -> String {
    let row = |cells: &[String]| {
        let safe: Vec<String> = cells
            .iter()
            .map(|cell| crate::one_line(cell).replace('|', "\\|"))
            .collect();
        format!("| {} |\n", safe.join(" | "))
    };
    let text = table(objects, &COLUMNS, row);
    let (names, rows) = text.split_once('\n').unwrap_or((&text, ""));
    format!("{names}\n|{}\n{rows}", "---|".repeat(COLUMNS.len()))
}

/// A value as text; absent ones are empty.
fn cell(object: &Map<String, Value>, field: &str) -> String {
    let found = match field.split_once('.') {
        Some((outer, inner)) => object.get(outer).and_then(|value| value.get(inner)),
        None => object.get(field),
    };
    found.map_or_else(String::new, plain)
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join("; "),
        other => other.to_string(),
    }
}

/// A field as RFC 4180 has it.
fn csv(text: &str) -> String {
    if text.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}
