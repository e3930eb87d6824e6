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

    /// The path with a checked prefix before it, which is empty or ends with a slash.
    pub(super) fn below(&self, prefix: &str) -> Self {
        Self(format!("{prefix}{}", self.0))
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

/// The JSON form.
#[derive(Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Wire {
    Text {
        path: String,
        mode: String,
        content: String,
        from: Option<String>,
    },
    Bytes {
        path: String,
        mode: String,
        base64: String,
        from: Option<String>,
    },
    Delete {
        path: String,
        delete: bool,
        from: String,
    },
    Spec {
        tick: Vec<String>,
        #[serde(default)]
        append: String,
    },
}

impl TryFrom<Wire> for Change {
    type Error = String;

    fn try_from(wire: Wire) -> Result<Self, String> {
        match wire {
            Wire::Text {
                path,
                mode,
                content,
                from,
            } => written(path, &mode, content.into_bytes(), from),
            Wire::Bytes {
                path,
                mode,
                base64,
                from,
            } => {
                let content = STANDARD
                    .decode(base64)
                    .map_err(|error| format!("base64: {error}"))?;
                written(path, &mode, content, from)
            }
            Wire::Delete { delete: false, .. } => Err("`delete` is true or not there".into()),
            Wire::Delete { path, from, .. } => Ok(Self::Delete {
                path: RecordedPath::new(path)?,
                from: oid(from)?,
            }),
            Wire::Spec { tick, append } => Ok(Self::Spec(SpecEdit { tick, append })),
        }
    }
}

fn written(
    path: String,
    mode: &str,
    content: Vec<u8>,
    from: Option<String>,
) -> Result<Change, String> {
    let path = RecordedPath::new(path)?;
    let mode = Mode::parse(mode).ok_or_else(|| format!("{mode:?} is not the mode of a file"))?;
    Ok(Change::Write {
        path,
        mode,
        content,
        from: from.map(oid).transpose()?,
    })
}

fn oid(text: String) -> Result<String, String> {
    let valid = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if valid {
        Ok(text)
    } else {
        Err(format!("{text:?} is not an object id"))
    }
}

impl From<Change> for Wire {
    fn from(change: Change) -> Self {
        match change {
            Change::Spec(SpecEdit { tick, append }) => Self::Spec { tick, append },
            Change::Delete { path, from } => Self::Delete {
                path: path.0,
                delete: true,
                from,
            },
            Change::Write {
                path,
                mode,
                content,
                from,
            } => {
                let (path, mode) = (path.0, mode.as_str().to_owned());
                match String::from_utf8(content) {
                    Ok(content) => Self::Text {
                        path,
                        mode,
                        content,
                        from,
                    },
                    Err(error) => Self::Bytes {
                        path,
                        mode,
                        base64: STANDARD.encode(error.as_bytes()),
                        from,
                    },
                }
            }
        }
    }
}
