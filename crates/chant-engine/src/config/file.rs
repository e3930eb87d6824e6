//! One settings file: which layer it is, its text, and errors that point into it.

use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::error::{Code, Error, Location, Result};

/// Nobody writes a settings file this long.
const MAX_BYTES: u64 = 1 << 20;

/// Where a setting comes from. A later layer wins over an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Layer {
    /// Built in.
    Default,
    /// `~/.config/chant/config.md`.
    Person,
    /// `.chant/config.md`: tracked, so written by whoever wrote the repository.
    Project,
    /// `.chant/agents.md`: this machine's own. One that git tracks is of the layer [`Layer::Project`].
    Machine,
}

impl Layer {
    /// Whether the user alone writes it. Only such a layer may lift a restriction.
    pub fn is_the_users_own(self) -> bool {
        matches!(self, Self::Person | Self::Machine)
    }
}

/// A settings file that was read.
#[derive(Debug)]
pub(super) struct File {
    pub layer: Layer,
    /// As shown to the user.
    pub path: PathBuf,
    pub text: String,
    /// Whether a link in the repository leads to it from there: then it is somebody's file, of which no error shows a line.
    pub is_outside: bool,
}

impl File {
    /// Reads a settings file; `None` where there is none.
    pub(super) fn read(layer: Layer, path: &Path, shown: PathBuf) -> Result<Option<Self>> {
        let bytes = match chant_os::file::read_regular(path, MAX_BYTES) {
            Ok(bytes) => bytes,
            Err(error) if error.is_not_found() => return Ok(None),
            Err(error) => return Err(Error::new(Code::ConfigInvalid, error.to_string())),
        };
        let text = String::from_utf8(bytes).map_err(|error| {
            let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = valid.split(|byte| *byte == b'\n').count();
            Error::new(
                Code::ConfigInvalid,
                format!("{}:{line}: the file is not UTF-8 text", shown.display()),
            )
        })?;
        Ok(Some(Self {
            layer,
            path: shown,
            text,
            is_outside: false,
        }))
    }

    /// The same for a file of the project whose root this is.
    pub(super) fn read_below(
        root: &Path,
        layer: Layer,
        path: &Path,
        shown: PathBuf,
    ) -> Result<Option<Self>> {
        let file = Self::read(layer, path, shown)?;
        let inside = |root: PathBuf| path.canonicalize().is_ok_and(|path| path.starts_with(root));
        let is_outside = || !root.canonicalize().is_ok_and(inside);
        Ok(file.map(|file| Self {
            is_outside: is_outside(),
            ..file
        }))
    }

    /// The bytes between the fences, if the file begins with a fence and has a closing one.
    pub(super) fn frontmatter(&self) -> Option<Range<usize>> {
        let start = if self.text.starts_with('\u{feff}') {
            '\u{feff}'.len_utf8()
        } else {
            0
        };
        let mut position = start;
        for (number, line) in self.text[start..].split_inclusive('\n').enumerate() {
            let content = line.trim_end_matches(['\n', '\r']);
            match (number, content) {
                (0, first) if first.trim_end() != "---" => return None,
                (1.., "---" | "...") => return Some(self.after_first_line(start)..position),
                _ => {}
            }
            position += line.len();
        }
        None
    }

    /// Whether something follows a fence that it begins with.
    pub(super) fn begins_with_fence(&self) -> bool {
        let mut lines = self.text.trim_start_matches('\u{feff}').lines();
        let first = lines.next().map(str::trim_end);
        first == Some("---") && lines.any(|line| !line.trim().is_empty())
    }

    fn after_first_line(&self, start: usize) -> usize {
        self.text[start..]
            .find('\n')
            .map_or(self.text.len(), |end| start + end + 1)
    }

    /// An error at a place in this file.
    pub(super) fn error(&self, line: usize, column: usize, message: impl Into<String>) -> Error {
        self.error_with(Code::ConfigInvalid, line, column, message)
    }

    /// An error of some code at a place in this file.
    pub(super) fn error_with(
        &self,
        code: Code,
        line: usize,
        column: usize,
        message: impl Into<String>,
    ) -> Error {
        let offset: usize = self
            .text
            .split_inclusive('\n')
            .take(line.saturating_sub(1))
            .map(str::len)
            .sum();
        let rest = self.text.get(offset..).unwrap_or_default();
        let this_line = rest.lines().next().unwrap_or_default();
        let before: usize = this_line
            .chars()
            .take(column.saturating_sub(1))
            .map(char::len_utf8)
            .sum();
        let start = offset + before;
        let end = (start + this_line.get(before..).unwrap_or_default().trim_end().len()).max(start);
        let location = Location {
            path: self.path.clone(),
            line,
            column,
            span: start..end,
            source: if self.is_outside {
                String::new()
            } else {
                self.text.clone()
            },
        };
        Error::new(code, message).at(location)
    }
}
