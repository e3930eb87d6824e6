//! A settings file as a tree of values that know where they stand.
//!
//! Knows YAML and nothing of what a key means. Scalars keep their source text, so that `007` stays `007`.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;

use super::file::File;
use crate::error::{Code, Error, Result};

/// One value, and the line and column (1-based, in the whole file) it stands at.
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
        return Ok(Vec::new());
    };
    let text = &file.text[range.clone()];
    if text
        .lines()
        .all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'))
    {
        return Ok(Vec::new());
    }
    let lines_before = file.text[..range.start].matches('\n').count();
    let raw: Spanned<Raw> =
        serde_saphyr::from_str(text).map_err(|error| broken(file, &error, lines_before))?;
    let node = Reader { text, lines_before }.node(raw);
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

fn broken(file: &File, error: &serde_saphyr::Error, lines_before: usize) -> Error {
    let error = error.without_snippet();
    let (line, column) = error
        .location()
        .map_or((1, 1), |at| (to_usize(at.line()), to_usize(at.column())));
    let text = error.to_string();
    let what = text.lines().next().unwrap_or("invalid YAML");
    let what = what.split(" at line ").next().unwrap_or(what);
    let what = what
        .split_once(": line ")
        .map_or(what, |(before, _)| before);
    file.error_with(
        Code::ConfigInvalid,
        line.max(1) + lines_before,
        column.max(1),
        format!("invalid YAML: {what}"),
    )
}

fn to_usize(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

struct Reader<'a> {
    text: &'a str,
    lines_before: usize,
}

impl Reader<'_> {
    fn node(&self, raw: Spanned<Raw>) -> Node {
        let at = raw.referenced;
        let value = match raw.value {
            Raw::Null => Value::Null,
            Raw::Flag(flag) => Value::Flag(flag),
            Raw::Number(shown) => Value::Text(self.source(raw.defined).unwrap_or(shown)),
            Raw::Text(text) => Value::Text(text),
            Raw::List(items) => {
                Value::List(items.into_iter().map(|item| self.node(item)).collect())
            }
            Raw::Map(entries) => Value::Map(
                entries
                    .into_iter()
                    .map(|(key, value)| (key, self.node(value)))
                    .collect(),
            ),
        };
        Node {
            value,
            line: to_usize(at.line()) + self.lines_before,
            column: to_usize(at.column()),
        }
    }

    fn source(&self, at: serde_saphyr::Location) -> Option<String> {
        let start = to_usize(at.span().byte_offset()?);
        let length = to_usize(at.span().byte_len()?);
        Some(
            self.text
                .get(start..start.checked_add(length)?)?
                .trim()
                .to_owned(),
        )
    }
}

enum Raw {
    Null,
    Flag(bool),
    Number(String),
    Text(String),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(String, Spanned<Raw>)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_unit<E>(self) -> std::result::Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_none<E>(self) -> std::result::Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_some<D: Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> std::result::Result<Raw, D::Error> {
        Raw::deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> std::result::Result<Raw, E> {
        Ok(Raw::Flag(value))
    }

    fn visit_i64<E>(self, value: i64) -> std::result::Result<Raw, E> {
        Ok(Raw::Number(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> std::result::Result<Raw, E> {
        Ok(Raw::Number(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> std::result::Result<Raw, E> {
        Ok(Raw::Number(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> std::result::Result<Raw, E> {
        Ok(Raw::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> std::result::Result<Raw, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Raw::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> std::result::Result<Raw, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        Ok(Raw::Map(map))
    }
}
