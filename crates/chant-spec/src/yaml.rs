//! YAML as a tree that knows where each value stands.
//!
//! Reading is `granit-parser`'s work; this module keeps what an edit and an exact report need and most readers throw
//! away: byte spans, notation, and the text of numbers (`001` stays `001`). Aliases are resolved, within a budget.
//! Deliberately not here: schemas, tags, and writing.

mod read;

use std::ops::Range;

use granit_parser::ScalarStyle;

pub use read::parse;

/// One value and where it stands.
#[derive(Debug, Clone)]
pub struct Node {
    /// The bytes of the value, without its anchor or tag; of a block collection, up to the end of its last value.
    pub span: Range<usize>,
    /// What it is.
    pub value: Value,
}

/// What a [`Node`] is.
#[derive(Debug, Clone)]
pub enum Value {
    /// Nothing was written, or `~` or `null`.
    Null,
    /// A single text.
    Scalar(Scalar),
    /// A list.
    List(List),
    /// A map, in the order of the file.
    Map(Map),
}

/// A text and how it was written.
#[derive(Debug, Clone)]
pub struct Scalar {
    /// The text after unescaping; of a number, the digits as they were typed.
    pub text: String,
    /// How it was written.
    pub(crate) style: ScalarStyle,
}

/// A list and how it was written.
#[derive(Debug, Clone)]
pub struct List {
    /// The items.
    pub items: Vec<Node>,
    /// Whether it was written `[a, b]`.
    pub flow: bool,
}

/// A map and how it was written.
#[derive(Debug, Clone)]
pub struct Map {
    /// The entries.
    pub entries: Vec<Entry>,
    /// Whether it was written `{a: b}`.
    pub flow: bool,
}

/// One key and its value.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The key's text.
    pub key: String,
    /// The bytes of the key.
    pub key_span: Range<usize>,
    /// Its value.
    pub value: Node,
}

impl Map {
    /// The entry of a key.
    pub fn get(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }
}

impl Node {
    /// Whether nothing was written.
    pub fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    /// The text of a scalar.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar(scalar) => Some(&scalar.text),
            _ => None,
        }
    }

    /// The map that this is.
    pub fn as_map(&self) -> Option<&Map> {
        match &self.value {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }

    /// Whether both mean the same, wherever and however they were written. A plain and a quoted text differ: `1` is a
    /// number, `"1"` is not.
    pub fn same(&self, other: &Self) -> bool {
        match (&self.value, &other.value) {
            (Value::Null, Value::Null) => true,
            (Value::Scalar(a), Value::Scalar(b)) => {
                a.text == b.text
                    && (a.style == ScalarStyle::Plain) == (b.style == ScalarStyle::Plain)
            }
            (Value::List(a), Value::List(b)) => {
                a.items.len() == b.items.len()
                    && a.items.iter().zip(&b.items).all(|(a, b)| a.same(b))
            }
            (Value::Map(a), Value::Map(b)) => {
                a.entries.len() == b.entries.len()
                    && a.entries
                        .iter()
                        .zip(&b.entries)
                        .all(|(a, b)| a.key == b.key && a.value.same(&b.value))
            }
            _ => false,
        }
    }

    /// The value as JSON: plain `true`, `false` and numbers by their meaning, everything else as text.
    pub fn to_json(&self) -> serde_json::Value {
        match &self.value {
            Value::Null => serde_json::Value::Null,
            Value::Scalar(scalar) => scalar.to_json(),
            Value::List(list) => list.items.iter().map(Self::to_json).collect(),
            Value::Map(map) => map
                .entries
                .iter()
                .map(|entry| (entry.key.clone(), entry.value.to_json()))
                .collect(),
        }
    }

    /// About how many bytes a copy takes.
    fn weight(&self) -> usize {
        let inside: usize = match &self.value {
            Value::Null => 0,
            Value::Scalar(scalar) => scalar.text.len(),
            Value::List(list) => list.items.iter().map(Self::weight).sum(),
            Value::Map(map) => map
                .entries
                .iter()
                .map(|e| e.key.len() + e.value.weight())
                .sum(),
        };
        size_of::<Self>() + inside
    }
}

impl Scalar {
    /// The truth value of a plain `true` or `false`.
    pub fn as_bool(&self) -> Option<bool> {
        match self.text.as_str() {
            "true" | "True" | "TRUE" if self.style == ScalarStyle::Plain => Some(true),
            "false" | "False" | "FALSE" if self.style == ScalarStyle::Plain => Some(false),
            _ => None,
        }
    }

    fn to_json(&self) -> serde_json::Value {
        let number = || {
            let plain = self.style == ScalarStyle::Plain;
            // A JSON number is written as it means; `007` and `12e4567` stay text.
            plain.then(|| self.text.parse::<serde_json::Number>().ok())?
        };
        match self.as_bool() {
            Some(truth) => truth.into(),
            None => number().map_or_else(|| self.text.clone().into(), Into::into),
        }
    }
}
