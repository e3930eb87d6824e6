//! A step's settings with values in them: the frontmatter of a spec.

use std::fmt::Write as _;

use granit_parser::ScalarStyle;

use super::value::Values;
use super::{Refused, slots};
use crate::id::SpecId;
use crate::path::repo_path;
use crate::quote::scalar;
use crate::yaml::{Map, Node, Value};

/// Keys whose texts are paths, globs or addresses.
const PATHS: &[&str] = &[
    "target_files",
    "informed_by",
    "origin",
    "tracks",
    "context",
    "protect",
    "tests",
    "cwd",
    "output_schema",
];

/// Keys whose texts are names of specs.
const IDS: &[&str] = &["id", "depends_on", "members", "from"];

/// In a map, not of the spec: the variables without which the whole map is left out.
pub(super) const WHEN: &str = "when";

/// A setting with its values in.
enum Filled {
    /// As it is written.
    Scalar(String),
    /// A list, and whether it stands on one line.
    List(Vec<Filled>, bool),
    Map(Vec<(String, Filled)>),
}

/// The id, and the frontmatter without its fences.
pub(super) fn render(
    settings: &Node,
    values: &Values,
    labels: &[String],
) -> Result<(SpecId, String), Refused> {
    let Some(Filled::Map(mut entries)) = fill("", settings, values)? else {
        return Err(wrong(&[], "a spec has no settings"));
    };
    let id = settings.as_map().and_then(|map| map.get("id"));
    let written = id
        .and_then(|entry| entry.value.as_str())
        .unwrap_or_default();
    let Some(id) = slots::fill(written, values, |_, value, _| Ok(value.to_owned()))? else {
        return Err(wrong(&[written], "without a value the spec has no id"));
    };
    let id = spec_id(written, &id)?;
    entries.retain(|(key, _)| key != "id" && key != "type" && key != "status");
    add_labels(&mut entries, labels);
    let kind = settings.as_map().and_then(|map| map.get("type"));
    let kind = kind
        .and_then(|entry| entry.value.as_str())
        .unwrap_or("code");
    let mut text = format!("type: {}\nstatus: pending\n", scalar(kind));
    write_entries(&mut text, &entries, 0);
    Ok((id, text))
}

/// The texts of a value that is one or a list of them.
pub(super) fn words(node: &Node) -> Vec<String> {
    match &node.value {
        Value::List(list) => list.items.iter().flat_map(words).collect(),
        Value::Scalar(scalar) => vec![scalar.text.clone()],
        _ => Vec::new(),
    }
}

fn add_labels(entries: &mut Vec<(String, Filled)>, labels: &[String]) {
    if labels.is_empty() {
        return;
    }
    let added = labels.iter().map(|label| scalar(label));
    let at = entries.iter().position(|(key, _)| key == "labels");
    let at = at.unwrap_or_else(|| {
        entries.push(("labels".to_owned(), Filled::List(Vec::new(), true)));
        entries.len() - 1
    });
    let old = std::mem::replace(&mut entries[at].1, Filled::List(Vec::new(), true));
    let mut all = match old {
        Filled::List(items, _) => items,
        one => vec![one],
    };
    for label in added {
        let there = |item: &Filled| matches!(item, Filled::Scalar(text) if *text == label);
        if !all.iter().any(there) {
            all.push(Filled::Scalar(label));
        }
    }
    entries[at].1 = Filled::List(all, true);
}

/// A value under `key`; `None` where it is left out, and so is what only held what was left out.
fn fill(key: &str, node: &Node, values: &Values) -> Result<Option<Filled>, Refused> {
    match &node.value {
        Value::Null => Ok(None),
        Value::Scalar(found) => {
            if found.style == ScalarStyle::Plain && slots::names(&found.text).next().is_none() {
                check(key, &found.text, &found.text)?;
                // A plain `true` or `3` has to stay one.
                return Ok(Some(Filled::Scalar(plain(&found.text))));
            }
            let filled = fill_text(key, &found.text, values)?;
            Ok(filled.map(|text| Filled::Scalar(scalar(&text))))
        }
        Value::List(list) => {
            let mut items = Vec::new();
            for item in &list.items {
                items.extend(fill(key, item, values)?);
            }
            let left_out = items.is_empty() && !list.items.is_empty();
            Ok((!left_out).then_some(Filled::List(items, list.flow)))
        }
        Value::Map(map) => fill_map(map, values),
    }
}

fn fill_map(map: &Map, values: &Values) -> Result<Option<Filled>, Refused> {
    let wanted = map.get(WHEN).map(|entry| words(&entry.value));
    if wanted.is_some_and(|names| names.iter().any(|name| values.get(name).is_none())) {
        return Ok(None);
    }
    let mut entries = Vec::new();
    for entry in map.entries.iter().filter(|entry| entry.key != WHEN) {
        if let Some(filled) = fill(&entry.key, &entry.value, values)? {
            entries.push((entry.key.clone(), filled));
        }
    }
    let left_out = entries.is_empty() && !map.entries.is_empty();
    Ok((!left_out).then_some(Filled::Map(entries)))
}

/// A text without variables as the template's author wrote it, where it can stand so.
fn plain(text: &str) -> String {
    let quoted = scalar(text);
    let means_itself = matches!(text, "true" | "false") || text.parse::<u64>().is_ok();
    if means_itself {
        text.to_owned()
    } else {
        quoted
    }
}

fn fill_text(key: &str, text: &str, values: &Values) -> Result<Option<String>, Refused> {
    let whole = matches!(slots::pieces(text).as_slice(), [slots::Piece::Slot(_)]);
    let command = matches!(key, "run" | "verify");
    let filled = slots::fill(text, values, |_, value, _| {
        Ok(if command && !whole {
            shell_word(value)
        } else {
            value.to_owned()
        })
    })?;
    if let Some(filled) = &filled {
        check(key, text, filled)?;
    }
    Ok(filled)
}

/// A value inside a command is one word of it, whatever it holds.
fn shell_word(value: &str) -> String {
    let harmless = |c: char| c.is_alphanumeric() || "_-./:=@%+,".contains(c);
    if !value.is_empty() && value.chars().all(harmless) {
        value.to_owned()
    } else {
        format!("'{}'", value.replace('\'', r"'\''"))
    }
}

/// A path stays in the repository and an id names a spec, whatever the values were.
fn check(key: &str, template: &str, filled: &str) -> Result<(), Refused> {
    if IDS.contains(&key) {
        return spec_id(template, filled).map(drop);
    }
    if !PATHS.contains(&key) || filled.contains("://") {
        return Ok(());
    }
    let shown = filled.escape_debug();
    let refused = |why: &str| Err(wrong(&[template], &format!("{key}: \"{shown}\": {why}")));
    if filled.contains(char::is_control) {
        return refused("the path holds control characters");
    }
    if filled.split(['/', '\\']).any(|part| part == "..") {
        return refused("the path leads elsewhere");
    }
    match repo_path(filled) {
        Ok(_) => Ok(()),
        Err(error) => refused(&error.to_string()),
    }
}

fn spec_id(template: &str, filled: &str) -> Result<SpecId, Refused> {
    SpecId::parse(filled).map_err(|error| {
        let shown = filled.escape_debug();
        wrong(
            &[template],
            &format!("\"{shown}\" can not be a spec's id: {error}"),
        )
    })
}

/// The error, with the variables of the texts that it is about.
pub(super) fn wrong(templates: &[&str], why: &str) -> Refused {
    let names = templates.iter().flat_map(|text| slots::names(text));
    let mut names: Vec<String> = names.map(str::to_owned).collect();
    names.dedup();
    let why = why.to_owned();
    Refused::Value { names, why }
}

fn write_entries(text: &mut String, entries: &[(String, Filled)], depth: usize) {
    for (key, value) in entries {
        let indent = "  ".repeat(depth);
        // Writing to a string cannot fail.
        let _ = write!(text, "{indent}{}:", scalar(key));
        write_value(text, value, depth);
    }
}

/// What follows a key's colon.
fn write_value(text: &mut String, value: &Filled, depth: usize) {
    match value {
        Filled::Scalar(word) => {
            let _ = writeln!(text, " {word}");
        }
        Filled::List(items, flow) => {
            if let Some(line) = one_line(items, *flow) {
                let _ = writeln!(text, " {line}");
            } else {
                text.push('\n');
                write_items(text, items, depth + 1);
            }
        }
        Filled::Map(entries) => {
            text.push('\n');
            write_entries(text, entries, depth + 1);
        }
    }
}

fn one_line(items: &[Filled], flow: bool) -> Option<String> {
    let words: Option<Vec<&str>> = items
        .iter()
        .map(|item| match item {
            Filled::Scalar(word) => Some(word.as_str()),
            _ => None,
        })
        .collect();
    let words = words.filter(|words| flow || words.is_empty())?;
    Some(format!("[{}]", words.join(", ")))
}

fn write_items(text: &mut String, items: &[Filled], depth: usize) {
    let indent = "  ".repeat(depth);
    for item in items {
        match item {
            Filled::Map(entries) => {
                // The first entry stands behind the dash, the others below it.
                let mut inside = String::new();
                write_entries(&mut inside, entries, depth + 1);
                let inside = inside.trim_start();
                let _ = write!(text, "{indent}- {inside}");
            }
            Filled::Scalar(word) => {
                let _ = writeln!(text, "{indent}- {word}");
            }
            Filled::List(inner, _) => {
                let line = one_line(inner, true).unwrap_or_else(|| "[]".to_owned());
                let _ = writeln!(text, "{indent}- {line}");
            }
        }
    }
}
