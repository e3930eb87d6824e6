//! What is wrong with a text, and where: one value for errors, warnings and notes.
//!
//! Owns positions (byte span, line, column) and the search for the nearest known name. Rendering with a snippet of the
//! source is the face's work.

use std::fmt;
use std::ops::Range;

use serde::Serialize;

/// How much a [`Diagnostic`] matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing; nothing is wrong.
    Info,
    /// The file can be used, but probably does not say what its author meant.
    Warning,
    /// The file cannot be used.
    Error,
}

/// One finding about one place in a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// How much it matters.
    pub severity: Severity,
    /// A stable, kebab-case name for scripts.
    pub code: &'static str,
    /// What is wrong, as a sentence fragment.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// The bytes it is about.
    pub span: Range<usize>,
    /// 1-based line of the span's start.
    pub line: usize,
    /// 1-based column of the span's start, in characters.
    pub column: usize,
}

impl Diagnostic {
    /// A finding about `span` of `text`; line and column are worked out here.
    pub fn new(
        severity: Severity,
        code: &'static str,
        message: impl Into<String>,
        text: &str,
        span: Range<usize>,
    ) -> Self {
        let (line, column) = position(text, span.start);
        Self {
            severity,
            code,
            message: message.into(),
            hint: None,
            span,
            line,
            column,
        }
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.message)
    }
}

/// Why a text could not be used: at least one [`Diagnostic`] of severity error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// `first` and whatever else was found; the first is what a one-line report shows.
    pub fn new(first: Diagnostic, rest: impl IntoIterator<Item = Diagnostic>) -> Self {
        let mut all = vec![first];
        all.extend(rest);
        Self(all)
    }

    /// The finding that a one-line report shows.
    pub fn first(&self) -> &Diagnostic {
        &self.0[0]
    }

    /// All findings, in the order of the text.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(only: Diagnostic) -> Self {
        Self(vec![only])
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for diagnostic in self {
            write!(f, "{separator}{diagnostic}")?;
            separator = "\n";
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostics {}

/// 1-based line and column (in characters) of a byte offset. A byte-order mark has no width.
pub fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = &text.as_bytes()[..offset.min(text.len())];
    let line_start = before
        .iter()
        .rposition(|&b| b == b'\n')
        .map_or(0, |i| i + 1);
    let line = before.split(|&b| b == b'\n').count();
    let column = String::from_utf8_lossy(&before[line_start..])
        .chars()
        .filter(|&c| c != '\u{feff}')
        .count()
        + 1;
    (line, column)
}

/// The name closest to what was typed, if one is close enough to be meant.
pub fn nearest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|name| (strsim::normalized_damerau_levenshtein(typed, name), name))
        .filter(|(likeness, _)| *likeness >= 0.5)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_lines_and_characters() {
        let check =
            |text: &str, offset, expect| assert_eq!(position(text, offset), expect, "{text:?}");
        check("", 0, (1, 1));
        check("ab", 1, (1, 2));
        check("ab\ncd", 3, (2, 1));
        check("é: x", 2, (1, 2));
        check("\u{feff}---", 3, (1, 1));
        check("a\r\nb", 3, (2, 1));
        check("ab", 99, (1, 3));
    }

    #[test]
    fn nearest_names_only_what_is_close() {
        let names = ["status", "depends_on", "labels"];
        assert_eq!(nearest("stauts", names), Some("status"));
        assert_eq!(nearest("depend_on", names), Some("depends_on"));
        assert_eq!(nearest("zzz", names), None);
    }
}
