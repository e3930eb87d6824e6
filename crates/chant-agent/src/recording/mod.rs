//! Recordings: a run as a file that can be played again on the same base.
//!
//! Owns the format: JSON lines, of which the first is the [`Header`] and every other an [`Entry`]. [`Recorder`] makes one from a
//! live run; `play` applies one to a worktree. A recording is data from strangers: every path in it is checked
//! when it is read, and only git writes the files.

mod base;
mod change;
mod git;
mod play;
mod record;
mod spec_edit;

use std::path::{Path, PathBuf};

use chant_os::file::{self, FileError};
use serde::{Deserialize, Serialize};

use crate::AgentEvent;

pub use base::Base;
pub use change::{Change, Mode, RecordedPath};
pub(crate) use play::Player;
pub use record::{RecordedSpec, Recorder};
pub use spec_edit::SpecEdit;

/// The version of the format.
const VERSION: u32 = 1;

/// The largest recording that is read.
const LARGEST: u64 = 256 * 1024 * 1024;

/// A whole recording.
#[derive(Debug, Clone, PartialEq)]
pub struct Recording {
    /// What was recorded, and from where it starts.
    pub header: Header,
    /// What happened, in order.
    pub entries: Vec<Entry>,
}

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The version of the format.
    pub chant_recording: u32,
    /// The id of the spec that was worked.
    pub spec: String,
    /// Who worked.
    pub agent: RecordedAgent,
    /// What its paths and its base are counted from.
    #[serde(default, skip_serializing_if = "Scope::is_repository")]
    pub scope: Scope,
    /// The tree it started from.
    pub base: Base,
    /// When it was made, RFC 3339.
    pub created: String,
}

/// What a recording's paths and its base are counted from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// The top of the repository.
    #[default]
    Repository,
    /// The folder that holds `.chant`: it can be played wherever the project lies in a repository.
    Project,
}

impl Scope {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "what serde asks for")]
    fn is_repository(&self) -> bool {
        *self == Self::Repository
    }

    /// What stands before the recording's paths in the repository, for a spec's path there.
    fn prefix(self, spec: &RecordedPath) -> &str {
        match self {
            Self::Repository => "",
            Self::Project => spec.as_str().split(".chant/").next().unwrap_or_default(),
        }
    }
}

/// The agent of a recorded run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedAgent {
    /// The name in the settings.
    pub name: String,
    /// The kind in the settings.
    pub kind: String,
    /// The program's version, where known.
    #[serde(default)]
    pub version: Option<String>,
    /// The model, where known.
    #[serde(default)]
    pub model: Option<String>,
}

/// One line after the first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Entry {
    /// The agent said something.
    Event {
        /// Milliseconds after the start.
        at_ms: u64,
        /// What it said.
        event: AgentEvent,
    },
    /// The agent committed.
    Commit {
        /// The commit.
        commit: Commit,
    },
    /// The agent left changes uncommitted.
    Leave {
        /// The changes.
        leave: Leave,
    },
}

/// A commit: its message, and how its tree differs from its parent's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commit {
    /// The whole message.
    pub message: String,
    /// The changes.
    pub changes: Vec<Change>,
}

/// Changes that no commit holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leave {
    /// The changes.
    pub changes: Vec<Change>,
}

/// Why a recording could not be made, read or played.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// The file cannot be read or written.
    #[error("the recording `{}` cannot be used", path.display())]
    File {
        /// The recording.
        path: PathBuf,
        /// Why.
        source: FileError,
    },
    /// A file of the worktree cannot be read or written.
    #[error("the worktree cannot be used")]
    Worktree(#[from] FileError),
    /// A line is not what it must be.
    #[error("line {line} of the recording is not valid: {problem}")]
    Line {
        /// From 1.
        line: usize,
        /// What is wrong.
        problem: String,
    },
    /// The process that plays was called wrongly.
    #[error("the recording cannot be played: {0}")]
    Usage(String),
    /// Git would not.
    #[error("git {what} failed: {problem}")]
    Git {
        /// The subcommand.
        what: String,
        /// Its last words.
        problem: String,
    },
    /// The run holds something that the format cannot express.
    #[error("this run cannot be recorded: {0}")]
    Unrecordable(String),
    /// The worktree is not what the recording starts from.
    #[error("this recording was made on another base: {0}")]
    OtherBase(String),
}

impl Recording {
    /// Reads and checks a recording.
    pub fn read(path: &Path) -> Result<Self, RecordingError> {
        let unusable = |source| RecordingError::File {
            path: path.to_owned(),
            source,
        };
        Self::parse(&file::read_regular(path, LARGEST).map_err(unusable)?)
    }

    /// Writes it, whole or not at all.
    pub fn write(&self, path: &Path) -> Result<(), RecordingError> {
        let unusable = |source| RecordingError::File {
            path: path.to_owned(),
            source,
        };
        file::replace(path, &self.to_bytes()).map_err(unusable)
    }

    /// Reads and checks a recording's bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, RecordingError> {
        let mut lines = bytes
            .split(|byte| *byte == b'\n')
            .enumerate()
            .filter(|(_, line)| !line.trim_ascii().is_empty());
        let Some((number, first)) = lines.next() else {
            return Err(RecordingError::Line {
                line: 1,
                problem: "it is empty".into(),
            });
        };
        let header: Header = parse_line(number, first)?;
        if header.chant_recording != VERSION {
            let problem = format!(
                "format {} is not known; this version reads {VERSION}",
                header.chant_recording
            );
            return Err(RecordingError::Line {
                line: number + 1,
                problem,
            });
        }
        let entries = lines
            .map(|(number, line)| parse_line(number, line))
            .collect::<Result<_, _>>()?;
        Ok(Self { header, entries })
    }

    /// The same with paths counted from the top of the repository in which the spec is `spec`.
    fn placed(mut self, spec: &RecordedPath) -> Self {
        let prefix = self.header.scope.prefix(spec);
        for entry in &mut self.entries {
            let changes = match entry {
                Entry::Event { .. } => continue,
                Entry::Commit { commit } => &mut commit.changes,
                Entry::Leave { leave } => &mut leave.changes,
            };
            for change in changes {
                if let Change::Write { path, .. } | Change::Delete { path, .. } = change {
                    *path = path.below(prefix);
                }
            }
        }
        self
    }

    fn to_bytes(&self) -> Vec<u8> {
        let header = serde_json::to_string(&self.header);
        let entries = self.entries.iter().map(serde_json::to_string);
        let mut bytes = Vec::new();
        for line in std::iter::once(header).chain(entries) {
            bytes.extend(line.expect("only strings, numbers and lists").as_bytes());
            bytes.push(b'\n');
        }
        bytes
    }
}

fn parse_line<'a, T: Deserialize<'a>>(index: usize, line: &'a [u8]) -> Result<T, RecordingError> {
    serde_json::from_slice(line).map_err(|error| RecordingError::Line {
        line: index + 1,
        problem: error.to_string(),
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    const HEADER: &str = concat!(
        r#"{"chant_recording":1,"spec":"001-x","agent":{"name":"main","kind":"claude","version":null,"model":"m"},"#,
        r#""base":{"digest":"d","files":3},"created":"2026-01-02T03:04:05Z"}"#
    );

    fn parse(lines: &[&str]) -> Result<Recording, String> {
        let text = [&[HEADER], lines].concat().join("\n");
        Recording::parse(text.as_bytes()).map_err(|error| error.to_string())
    }

    #[test]
    fn every_entry_survives_writing_and_reading() {
        let lines = [
            r#"{"at_ms":7,"event":{"kind":"text","text":"hi"}}"#,
            concat!(
                r#"{"commit":{"message":"m\n","changes":[{"path":"a/b","mode":"100755","content":"x","from":null},"#,
                r#"{"path":"c","mode":"100644","base64":"/w==","from":"12ab"},{"path":"d","delete":true,"from":"12ab"}]}}"#
            ),
            r#"{"leave":{"changes":[{"tick":["one"],"append":"\n## Note\n"}]}}"#,
        ];
        let recording = parse(&lines).unwrap();
        let written = String::from_utf8(recording.to_bytes()).unwrap();
        assert_eq!(written, format!("{HEADER}\n{}\n", lines.join("\n")));
        assert_eq!(Recording::parse(written.as_bytes()).unwrap(), recording);
    }

    #[test]
    fn what_is_not_valid_is_named_by_its_line() {
        let change = |change: &str| format!(r#"{{"leave":{{"changes":[{change}]}}}}"#);
        for bad in [
            "../x",
            "/x",
            "a/../b",
            ".git/config",
            "a/.GIT/x",
            "",
            "a//b",
            "./a",
            "a\\u0000b",
        ] {
            let line = change(&format!(
                r#"{{"path":"{bad}","mode":"100644","content":"","from":null}}"#
            ));
            assert!(
                parse(&[&line]).unwrap_err().starts_with("line 2 "),
                "{bad} was accepted"
            );
        }
        for bad in [
            r#"{"path":"a","mode":"160000","content":"","from":null}"#,
            r#"{"path":"a","mode":"100644","from":null}"#,
            r#"{"path":"a","delete":true,"from":null}"#,
            r#"{"path":"a","mode":"100644","content":"","from":"zz"}"#,
            r#"{"tick":["a"],"path":"x"}"#,
        ] {
            assert!(parse(&[&change(bad)]).is_err(), "{bad} was accepted");
        }
        assert!(Recording::parse(b"").is_err());
        let newer = HEADER.replace("\"chant_recording\":1", "\"chant_recording\":2");
        assert!(
            Recording::parse(newer.as_bytes())
                .unwrap_err()
                .to_string()
                .contains("format 2 is not known")
        );
    }
}
