//! A spec file as a value: its bytes, and what they mean.
//!
//! Owns where the frontmatter ends and the body begins. A `Document` never changes; an edit makes new bytes.

use std::ops::Range;
use std::sync::OnceLock;

use crate::body::{self, Criterion, Outline, outline};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::frontmatter::Frontmatter;
use crate::lint;
use crate::yaml::{self, Node};

/// A spec file that can be used.
#[derive(Debug, Clone)]
pub struct Document {
    text: String,
    fences: Fences,
    root: Node,
    front: Frontmatter,
    /// Found when first asked for: most commands need only the frontmatter.
    outline: OnceLock<Outline>,
}

/// Where the frontmatter stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fences {
    /// What lies between the two lines.
    pub(crate) inside: Range<usize>,
    /// The first byte after the closing line.
    pub(crate) body: usize,
}

impl Document {
    /// Reads a file. In linear time, whatever it holds.
    pub fn parse(bytes: Vec<u8>) -> Result<Self, Diagnostics> {
        let text = String::from_utf8(bytes).map_err(|error| {
            let valid = error.utf8_error().valid_up_to();
            let text = String::from_utf8_lossy(&error.as_bytes()[..valid]);
            Diagnostic::new(
                Severity::Error,
                "invalid-utf8",
                "this is not valid UTF-8",
                &text,
                valid..valid,
            )
        })?;
        let fences = Fences::find(&text)?;
        let root = yaml::parse(&text, fences.inside.clone())?;
        let front = Frontmatter::read(&text, &root)?;
        Ok(Self {
            text,
            fences,
            root,
            front,
            outline: OnceLock::new(),
        })
    }

    /// The file, byte for byte.
    pub fn bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }

    /// The file as text, a byte-order mark included; every span is one of this text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The settings.
    pub fn frontmatter(&self) -> &Frontmatter {
        &self.front
    }

    /// The settings as they were written, without the lines around them.
    pub fn frontmatter_text(&self) -> &str {
        &self.text[self.fences.inside.clone()]
    }

    /// Everything after the frontmatter.
    pub fn body(&self) -> &str {
        &self.text[self.fences.body..]
    }

    /// The first level-one heading, without markup.
    pub fn title(&self) -> Option<&str> {
        self.outline().title.as_deref()
    }

    /// The body without its title. A title that does not come first stays where it is.
    pub fn description(&self) -> &str {
        let title = &self.outline().title_span;
        let first =
            self.title().is_some() && self.text[self.fences.body..title.start].trim().is_empty();
        let start = if first { title.end } else { self.fences.body };
        self.text[start..].trim()
    }

    /// The acceptance criteria, in the order of the file.
    pub fn criteria(&self) -> &[Criterion] {
        &self.outline().criteria
    }

    /// What stands under the last heading of this text, at any level; headings inside code fences are none.
    pub fn section(&self, heading: &str) -> Option<&str> {
        body::section(self.body(), heading)
    }

    /// What is probably not meant as it was written: unknown keys and words. [`lint::lint`] says more.
    pub fn warnings(&self) -> Vec<Diagnostic> {
        lint::warnings(self)
    }

    /// The settings as a tree with positions.
    pub fn root(&self) -> &Node {
        &self.root
    }

    pub(crate) fn fences(&self) -> &Fences {
        &self.fences
    }

    pub(crate) fn outline(&self) -> &Outline {
        self.outline
            .get_or_init(|| outline(&self.text, self.fences.body))
    }
}

impl Fences {
    /// Finds the opening and the closing line. A byte-order mark and blank lines may come first.
    pub(crate) fn find(text: &str) -> Result<Self, Diagnostic> {
        let blank = |c: char| c.is_whitespace() || c == '\u{feff}';
        let open = text.len() - text.trim_start_matches(blank).len();
        if open == text.len() {
            return Err(Diagnostic::new(
                Severity::Error,
                "empty-file",
                "the file is empty",
                text,
                0..0,
            ));
        }
        let first = line_end(text, open);
        let starts_line = text[..open]
            .trim_end_matches('\u{feff}')
            .chars()
            .next_back()
            .is_none_or(|c| c == '\n');
        if !starts_line || text[open..first].trim_end() != "---" {
            let message = "no frontmatter: the first line must be `---`";
            let hint =
                "begin the file with `---`, `status: pending`, `---`, each on a line of its own";
            return Err(Diagnostic::new(
                Severity::Error,
                "no-frontmatter",
                message,
                text,
                open..first,
            )
            .hint(hint));
        }
        let mut line = first;
        while line < text.len() {
            let end = line_end(text, line);
            let content = text[line..end].trim_end_matches(['\r', '\n']);
            if content == "---" || content == "..." {
                return Ok(Self {
                    inside: first..line,
                    body: end,
                });
            }
            line = end;
        }
        let message = "the frontmatter is never closed: a line `---` must end it";
        Err(Diagnostic::new(
            Severity::Error,
            "unclosed-frontmatter",
            message,
            text,
            open..first,
        ))
    }
}

/// The offset right after the line break that ends the line at `start`.
pub(crate) fn line_end(text: &str, start: usize) -> usize {
    text[start..]
        .find('\n')
        .map_or(text.len(), |at| start + at + 1)
}
