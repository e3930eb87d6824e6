//! One change to a tree, and its JSON form.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};

use super::SpecEdit;

/// A change to one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Wire", into = "Wire")]
pub enum Change {
    /// The file is there with this content.
    Write {
        /// Where.
        path: RecordedPath,
        /// What kind of file.
        mode: Mode,
        /// Its bytes; the target of a link.
        content: Vec<u8>,
        /// The object id it had before; none for a new file.
        from: Option<String>,
    },
    /// The file is gone.
    Delete {
        /// Where.
        path: RecordedPath,
        /// The object id it had before.
        from: String,
    },
    /// The spec itself, wherever it is: a change that fits another frontmatter too.
    Spec(SpecEdit),
}

/// What kind of file git keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// A regular file.
    File,
    /// A program.
    Executable,
    /// A symbolic link.
    Link,
}

impl Mode {
    /// Git's number for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::File => "100644",
            Self::Executable => "100755",
            Self::Link => "120000",
        }
    }

    /// The mode of git's number; none for folders and submodules.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::File, Self::Executable, Self::Link]
            .into_iter()
            .find(|mode| mode.as_str() == text)
    }
}

/// A path relative to the worktree, that stays in it and out of git's own folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordedPath(String);

impl RecordedPath {
    /// Checks a path.
    pub fn new(path: impl Into<String>) -> Result<Self, String> {
        let path = path.into();
        let allowed =
            |part: &str| !matches!(part, "" | "." | "..") && !part.eq_ignore_ascii_case(".git");
        if path.contains('\0') || !path.split('/').all(allowed) {
            return Err(format!("{path:?} is not a path inside the worktree"));
        }
        Ok(Self(path))
    }

    /// The path, with `/` between its parts.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RecordedPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The JSON form, in which everything is optional.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mode: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    content: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    base64: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    delete: Option<bool>,
    // `null` says that there was no file, so it is written; a spec's change has no such field.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "present")]
    from: Option<Option<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tick: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    append: Option<String>,
}

/// Tells a field that is `null` from one that is not there.
mod present {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[expect(
        clippy::option_option,
        clippy::ref_option,
        reason = "the shape serde asks for"
    )]
    pub(super) fn serialize<S: Serializer>(
        value: &Option<Option<String>>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        value.as_ref().and_then(Option::as_ref).serialize(to)
    }

    #[expect(clippy::option_option, reason = "the shape serde asks for")]
    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Option<String>>, D::Error> {
        Option::deserialize(from).map(Some)
    }
}

impl TryFrom<Wire> for Change {
    type Error = String;

    fn try_from(wire: Wire) -> Result<Self, String> {
        let from = wire.from.flatten();
        if let Some(oid) = from.as_deref().filter(|oid| !is_oid(oid)) {
            return Err(format!("{oid:?} is not an object id"));
        }
        match wire {
            Wire {
                tick: Some(tick),
                path: None,
                mode: None,
                content: None,
                base64: None,
                delete: None,
                append,
                ..
            } => Ok(Self::Spec(SpecEdit {
                tick,
                append: append.unwrap_or_default(),
            })),
            Wire {
                path: Some(path),
                delete: Some(true),
                mode: None,
                content: None,
                base64: None,
                tick: None,
                ..
            } => {
                let from = from.ok_or("a deleted file needs `from`")?;
                Ok(Self::Delete {
                    path: RecordedPath::new(path)?,
                    from,
                })
            }
            Wire {
                path: Some(path),
                mode: Some(mode),
                content,
                base64,
                delete: None,
                tick: None,
                append: None,
                ..
            } => {
                let mode = Mode::parse(&mode)
                    .ok_or_else(|| format!("{mode:?} is not the mode of a file"))?;
                Ok(Self::Write {
                    path: RecordedPath::new(path)?,
                    mode,
                    content: decoded(content, base64)?,
                    from,
                })
            }
            _ => Err(
                "a change is a file with its content, a deleted file, or ticked criteria".into(),
            ),
        }
    }
}

/// Git's ids are hexadecimal; a prefix is no id.
fn is_oid(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn decoded(content: Option<String>, base64: Option<String>) -> Result<Vec<u8>, String> {
    match (content, base64) {
        (Some(text), None) => Ok(text.into_bytes()),
        (None, Some(code)) => STANDARD
            .decode(code)
            .map_err(|error| format!("base64: {error}")),
        _ => Err("a file needs either `content` or `base64`".into()),
    }
}

impl From<Change> for Wire {
    fn from(change: Change) -> Self {
        match change {
            Change::Spec(SpecEdit { tick, append }) => Self {
                tick: Some(tick),
                append: Some(append),
                ..Self::default()
            },
            Change::Delete { path, from } => Self {
                path: Some(path.0),
                delete: Some(true),
                from: Some(Some(from)),
                ..Self::default()
            },
            Change::Write {
                path,
                mode,
                content,
                from,
            } => {
                let (content, base64) = match String::from_utf8(content) {
                    Ok(text) => (Some(text), None),
                    Err(error) => (None, Some(STANDARD.encode(error.as_bytes()))),
                };
                let mode = Some(mode.as_str().to_owned());
                Self {
                    path: Some(path.0),
                    mode,
                    content,
                    base64,
                    from: Some(from),
                    ..Self::default()
                }
            }
        }
    }
}
