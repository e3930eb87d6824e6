//! A settings file as a tree of values that know where they stand.
//!
//! The YAML itself is read by [`chant_spec::yaml`]; this is the shape that settings need, without notation.

use chant_spec::yaml;

use super::file::File;
use crate::error::{Code, Error, Result};

/// One value, and the line and column (1-based) it stands at.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub value: Value,
    pub line: usize,
    pub column: usize,
}

/// What a value is.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Null,
    Flag(bool),
    /// A number or a string, as written.
    Text(String),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

impl Node {
    /// The value on one line.
    pub(super) fn text(&self) -> Option<String> {
        match &self.value {
            Value::Null => None,
            Value::Flag(flag) => Some(flag.to_string()),
            Value::Text(text) => Some(text.clone()),
            Value::List(items) => Some(
                items
                    .iter()
                    .filter_map(Self::text)
                    .collect::<Vec<_>>()
                    .join(" "),
            ),
            Value::Map(_) => self.keys(),
        }
    }

    /// The value, or the values of a list with commas between.
    pub(super) fn listed(&self) -> String {
        match &self.value {
            Value::List(items) => {
                let texts: Vec<String> = items.iter().filter_map(Self::text).collect();
                texts.join(", ")
            }
            _ => self.text().unwrap_or_default(),
        }
    }

    /// The names in a map, on one line.
    pub(super) fn keys(&self) -> Option<String> {
        let Value::Map(entries) = &self.value else {
            return None;
        };
        Some(
            entries
                .iter()
                .map(|(key, _)| key.as_str())
                .collect::<Vec<_>>()
                .join(", "),
        )
    }
}

/// Reads the frontmatter of a settings file. A file without one, or with an empty one, sets nothing.
pub(super) fn read(file: &File) -> Result<Vec<(String, Node)>> {
    let Some(range) = file.frontmatter() else {
        return if file.begins_with_fence() {
            // Taken for prose, what was set in it would silently not count.
            let error = file.error(1, 1, "the frontmatter begins with `---` and has no end");
            Err(error.hint("end it with a line that is exactly `---`"))
        } else {
            Ok(Vec::new())
        };
    };
    let root = yaml::parse(&file.text, range).map_err(|diagnostic| broken(file, &diagnostic))?;
    let node = convert(&file.text, &root);
    match node.value {
        Value::Map(entries) => Ok(entries),
        Value::Null => Ok(Vec::new()),
        _ => Err(file.error(
            node.line,
            node.column,
            "the frontmatter is not a list of `key: value` lines",
        )),
    }
}

fn broken(file: &File, diagnostic: &chant_spec::Diagnostic) -> Error {
    let error = file.error_with(
        Code::ConfigInvalid,
        diagnostic.line,
        diagnostic.column,
        &diagnostic.message,
    );
    match &diagnostic.hint {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

fn convert(text: &str, node: &yaml::Node) -> Node {
    let value = match &node.value {
        yaml::Value::Null => Value::Null,
        yaml::Value::Scalar(scalar) => scalar
            .as_bool()
            .map_or_else(|| Value::Text(scalar.text.clone()), Value::Flag),
        yaml::Value::List(list) => {
            Value::List(list.items.iter().map(|item| convert(text, item)).collect())
        }
        yaml::Value::Map(map) => Value::Map(
            map.entries
                .iter()
                .map(|entry| (entry.key.clone(), convert(text, &entry.value)))
                .collect(),
        ),
    };
    let (line, column) = chant_spec::position(text, node.span.start);
    Node {
        value,
        line,
        column,
    }
}
