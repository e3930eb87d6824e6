//! Why a command could not be run to its end.

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

/// A command that did not start, or was ended because it went past a limit. A command that ran and failed is no such error.
#[derive(Debug, thiserror::Error)]
pub enum SpawnError {
    /// No program of that name is there.
    #[error("failed to run {program}: no such program")]
    NotFound {
        /// The program as it was named.
        program: String,
    },
    /// The folder to run it in is not there.
    #[error("failed to run {program}: no such folder: {}", dir.display())]
    NoFolder {
        /// The program as it was named.
        program: String,
        /// The folder it was to run in.
        dir: PathBuf,
    },
    /// The system refused to run it, or to talk to it.
    #[error("failed to run {program}: {cause}")]
    Failed {
        /// The program as it was named.
        program: String,
        /// The system's reason.
        cause: io::Error,
    },
    /// It took longer than allowed.
    #[error("failed to run {program}: it did not end within {after:?}")]
    TimedOut {
        /// The program as it was named.
        program: String,
        /// The time it had.
        after: Duration,
    },
    /// It wrote more than allowed.
    #[error("failed to run {program}: it wrote more than {limit} bytes")]
    TooMuchOutput {
        /// The program as it was named.
        program: String,
        /// The bytes it had.
        limit: usize,
    },
}

impl SpawnError {
    /// Tells a missing program from a missing folder, for which the system has only one word.
    pub(crate) fn new(program: String, dir: Option<&Path>, cause: io::Error) -> Self {
        match dir {
            Some(dir) if cause.kind() == io::ErrorKind::NotFound && !dir.is_dir() => {
                Self::NoFolder {
                    program,
                    dir: dir.to_owned(),
                }
            }
            _ if cause.kind() == io::ErrorKind::NotFound => Self::NotFound { program },
            _ => Self::Failed { program, cause },
        }
    }

    /// Whether the program is not installed.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::NotFound { .. })
    }
}
