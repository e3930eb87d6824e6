//! How an agent ended, and the file that remembers it.

use std::{fmt, path::Path};

use serde::{Deserialize, Serialize};

use crate::file::{self, FileError};

/// No exit file is larger than this.
const FILE_MAX: u64 = 64 * 1024;

/// How an agent ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exit {
    /// It ended by itself, with this exit code.
    Code(i32),
    /// This signal ended it.
    Signal(i32),
    /// The guard died, so nobody knows; parts of the tree may still run ([`crate::tree::end_marked`]).
    Lost,
    /// It was never started, for this reason.
    NotStarted(String),
}

impl Exit {
    /// Whether the agent ended by itself with code 0.
    pub fn is_success(&self) -> bool {
        *self == Self::Code(0)
    }
}

/// A predicate for messages: `exited with 3`.
impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "exited with {code}"),
            Self::Signal(number) => write!(f, "was ended by signal {number}"),
            Self::Lost => f.write_str("was lost sight of"),
            Self::NotStarted(reason) => write!(f, "did not start: {reason}"),
        }
    }
}

/// What the guard wrote when the tree was gone. `None` while it still runs, or if the guard was killed.
pub fn read_exit_file(path: &Path) -> Option<Exit> {
    let bytes = file::read_regular(path, FILE_MAX).ok()?;
    serde_json::from_slice(&bytes).ok()
}

pub(crate) fn write_exit_file(path: &Path, exit: &Exit) -> Result<(), FileError> {
    let mut text = serde_json::to_vec(exit).expect("an exit holds nothing that JSON cannot");
    text.push(b'\n');
    file::replace(path, &text)
}
