//! The layers, flattened to dotted keys and merged: later layers win, each value knows its place.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

use super::file::{File, Layer};
use super::keys::{self, Meaning};
use super::yaml::{Node, Value};
use crate::error::{Error, Result};

/// The place a value comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Source {
    /// The layer.
    pub layer: Layer,
    /// The file; absent for defaults.
    pub path: Option<PathBuf>,
    /// 1-based; 0 for defaults.
    pub line: usize,
}

impl Source {
    /// A built-in default.
    pub const DEFAULT: Self = Self {
        layer: Layer::Default,
        path: None,
        line: 0,
    };
}

/// A key that chant does not know, or that has no effect any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Remark {
    /// The dotted key.
    pub key: String,
    /// What there is to say.
    pub message: String,
    /// What may have been meant.
    pub hint: Option<String>,
    /// Where it stands.
    pub source: Source,
}

/// One value and the file it stands in.
#[derive(Debug, Clone)]
pub(super) struct Entry<'a> {
    pub key: &'static str,
    pub node: Node,
    pub file: &'a File,
}

impl Entry<'_> {
    pub(super) fn source(&self) -> Source {
        place(self.file, &self.node)
    }

    /// The meaning of a word; none of one that says no.
    fn word<T: Copy>(&self, words: &[(&str, T)]) -> Result<Option<T>> {
        let text = match &self.node.value {
            Value::Text(text) => text.trim(),
            Value::Flag(false) => "none",
            _ => "?",
        };
        if matches!(text, "none" | "off" | "") {
            return Ok(None);
        }
        let known = words.iter().find(|(word, _)| *word == text);
        known.map(|(_, meaning)| Some(*meaning)).ok_or_else(|| {
            let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            self.wrong(&format!("one of {}", words.join(", ")))
        })
    }

    fn wrong(&self, expected: &str) -> Error {
        self.wrong_at(&self.node, expected)
    }

    /// The same at a place inside the value.
    pub(super) fn wrong_at(&self, node: &Node, expected: &str) -> Error {
        self.file.error(
            node.line,
            node.column,
            format!("`{}` must be {expected}", self.key),
        )
    }
}

fn place(file: &File, node: &Node) -> Source {
    Source {
        layer: file.layer,
        path: Some(file.path.clone()),
        line: node.line,
    }
}

fn unknown(file: &File, key: String, node: &Node) -> Remark {
    let hint = keys::nearest(&key).map(|near| format!("did you mean `{near}`?"));
    Remark {
        message: format!("unknown key `{key}`"),
        key,
        hint,
        source: place(file, node),
    }
}

/// All layers' values by key.
#[derive(Debug, Default)]
pub(super) struct Settings<'a> {
    /// In the order of the layers; for one key the last one counts, except for lists that are merged by name.
    entries: Vec<Entry<'a>>,
    pub unknown: Vec<Remark>,
    pub unused: Vec<Remark>,
}

impl<'a> Settings<'a> {
    /// Adds a layer on top of those before.
    pub(super) fn add(&mut self, file: &'a File, map: Vec<(String, Node)>) -> Result<()> {
        map.into_iter()
            .try_for_each(|(key, node)| self.flatten(file, key, node))
    }

    fn flatten(&mut self, file: &'a File, name: String, node: Node) -> Result<()> {
        if matches!(node.value, Value::Null) {
            return Ok(());
        }
        if let Some(key) = keys::exactly(&name) {
            self.take(file, key, name, &node);
            return Ok(());
        }
        match (node.value, keys::is_section(&name)) {
            (Value::Map(entries), true) => entries
                .into_iter()
                .try_for_each(|(below, node)| self.flatten(file, format!("{name}.{below}"), node)),
            (_, true) => Err(file.error(
                node.line,
                node.column,
                format!("`{name}` must be a map of settings"),
            )),
            (value, false) => {
                let node = Node { value, ..node };
                match keys::covering(&name) {
                    Some(key) => self.take(file, key, name, &node),
                    None => self.unknown.push(unknown(file, name, &node)),
                }
                Ok(())
            }
        }
    }

    fn take(&mut self, file: &'a File, key: &'static keys::Key, name: String, node: &Node) {
        match key.meaning {
            Meaning::Setting(_) => self.entries.push(Entry {
                key: key.name,
                node: node.clone(),
                file,
            }),
            Meaning::OlderNameOf(now) => self.entries.push(Entry {
                key: now,
                node: node.clone(),
                file,
            }),
            Meaning::Unused(why) => {
                let message = format!("`{name}` has no effect: {why}");
                let source = place(file, node);
                self.unused.push(Remark {
                    key: name,
                    message,
                    hint: None,
                    source,
                });
            }
        }
    }

    /// Every entry of a key, lowest layer first.
    pub(super) fn all(&self, key: &'static str) -> impl Iterator<Item = &Entry<'a>> {
        self.entries.iter().filter(move |entry| entry.key == key)
    }

    /// The entry that counts.
    pub(super) fn last(&self, key: &'static str) -> Option<&Entry<'a>> {
        self.all(key).max_by_key(|entry| entry.file.layer)
    }

    pub(super) fn text(&self, key: &'static str) -> Result<Option<String>> {
        let Some(entry) = self.last(key) else {
            return Ok(None);
        };
        match &entry.node.value {
            Value::Text(text) if text.trim().is_empty() => Ok(None),
            Value::Text(text) => Ok(Some(text.clone())),
            Value::Flag(flag) => Ok(Some(flag.to_string())),
            _ => Err(entry.wrong("one word or text")),
        }
    }

    /// One word, or several of a list with commas between.
    pub(super) fn listed(&self, key: &'static str) -> Option<String> {
        let text = self.last(key)?.node.listed();
        (!text.trim().is_empty()).then_some(text)
    }

    /// One of some words.
    pub(super) fn word<T: Copy>(
        &self,
        key: &'static str,
        words: &[(&str, T)],
    ) -> Result<Option<T>> {
        self.last(key).map_or(Ok(None), |entry| entry.word(words))
    }

    /// One of some words, or `none` or `false`, which no layer can say in place of a word that a lower one says: what
    /// protects a person is not turned off by a file that comes with the repository.
    pub(super) fn strictest<T: Copy>(
        &self,
        key: &'static str,
        words: &[(&str, T)],
    ) -> Result<Option<T>> {
        let mut entries: Vec<&Entry<'a>> = self.all(key).collect();
        entries.sort_by_key(|entry| entry.file.layer);
        let mut strictest = None;
        for entry in entries {
            strictest = entry.word(words)?.or(strictest);
        }
        Ok(strictest)
    }

    pub(super) fn flag(&self, key: &'static str) -> Result<Option<bool>> {
        let Some(entry) = self.last(key) else {
            return Ok(None);
        };
        match &entry.node.value {
            Value::Flag(flag) => Ok(Some(*flag)),
            _ => Err(entry.wrong("`true` or `false`")),
        }
    }

    pub(super) fn duration(&self, key: &'static str) -> Result<Option<Duration>> {
        let Some(entry) = self.last(key) else {
            return Ok(None);
        };
        let text = if let Value::Text(text) = &entry.node.value {
            text
        } else {
            ""
        };
        let duration = parse_duration(text)
            .ok_or_else(|| entry.wrong("a duration such as `90s`, `10m` or `2h`"))?;
        Ok(Some(duration))
    }

    /// So many bytes.
    pub(super) fn size(&self, key: &'static str) -> Result<Option<u64>> {
        let Some(entry) = self.last(key) else {
            return Ok(None);
        };
        let size = match &entry.node.value {
            Value::Text(text) => super::worktree::parse_size(text),
            _ => None,
        };
        size.map(Some)
            .ok_or_else(|| entry.wrong("a size such as `500MB` or `2GB`"))
    }

    pub(super) fn number(&self, key: &'static str) -> Result<Option<usize>> {
        let Some(entry) = self.last(key) else {
            return Ok(None);
        };
        let text = if let Value::Text(text) = &entry.node.value {
            text
        } else {
            ""
        };
        Ok(Some(
            text.parse().map_err(|_| entry.wrong("a whole number"))?,
        ))
    }

    /// A number above zero.
    pub(super) fn count(&self, key: &'static str) -> Result<Option<NonZeroUsize>> {
        let Some(entry) = self.last(key) else {
            return Ok(None);
        };
        let count = above_zero(&entry.node);
        count
            .map(Some)
            .ok_or_else(|| entry.wrong("a whole number above 0"))
    }

    /// Names, each with a number above zero.
    pub(super) fn counts(&self, key: &'static str) -> Result<BTreeMap<String, NonZeroUsize>> {
        let Some(entry) = self.last(key) else {
            return Ok(BTreeMap::new());
        };
        let wrong = || entry.wrong("a map of names to whole numbers above 0");
        let Value::Map(pairs) = &entry.node.value else {
            return Err(wrong());
        };
        pairs
            .iter()
            .map(|(name, node)| Ok((name.clone(), above_zero(node).ok_or_else(wrong)?)))
            .collect()
    }

    pub(super) fn texts(&self, key: &'static str) -> Result<Vec<String>> {
        let Some(entry) = self.last(key) else {
            return Ok(Vec::new());
        };
        match &entry.node.value {
            Value::Text(text) => Ok(vec![text.clone()]),
            Value::List(items) => items
                .iter()
                .map(|item| match &item.value {
                    Value::Text(text) => Ok(text.clone()),
                    _ => Err(entry.wrong("a list of texts")),
                })
                .collect(),
            _ => Err(entry.wrong("a list of texts")),
        }
    }
}

fn above_zero(node: &Node) -> Option<NonZeroUsize> {
    match &node.value {
        Value::Text(text) => text.parse().ok(),
        _ => None,
    }
}

/// Reads `90s`, `10m`, `2h`, `1h30m`, or a bare number of seconds.
pub(crate) fn parse_duration(text: &str) -> Option<Duration> {
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let mut total = Duration::ZERO;
    let mut rest = text.trim();
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: u64 = rest[..digits].parse().ok()?;
        let end = rest[digits..]
            .find(|c: char| c.is_ascii_digit())
            .map_or(rest.len(), |next| digits + next);
        let part = match rest[digits..end].trim() {
            "ms" => Duration::from_millis(number),
            "s" | "sec" => Duration::from_secs(number),
            "m" | "min" => Duration::from_secs(number.checked_mul(60)?),
            "h" => Duration::from_secs(number.checked_mul(3600)?),
            "d" => Duration::from_secs(number.checked_mul(86400)?),
            _ => return None,
        };
        total = total.checked_add(part)?;
        rest = rest[end..].trim_start();
    }
    (!total.is_zero()).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        let check = |text, seconds: Option<u64>| {
            assert_eq!(
                parse_duration(text),
                seconds.map(Duration::from_secs),
                "{text}"
            );
        };
        check("90s", Some(90));
        check("10m", Some(600));
        check("1h30m", Some(5400));
        check("45", Some(45));
        check("10 m", Some(600));
        check("", None);
        check("10x", None);
        check("m", None);
        check("99999999999999999999h", None);
    }
}
