//! What in a result a person should look at before trusting it: tests that went, are skipped, or ask for less.
//!
//! None of it fails a run by itself, since each has honest reasons. It is shown where somebody decides.

use serde::{Deserialize, Serialize};

/// One thing to look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Concern {
    /// What it is.
    pub kind: ConcernKind,
    /// The file, from the project's root.
    pub path: String,
    /// The line of the file that shows it; empty where the whole file is meant.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub line: String,
}

/// The kinds of things to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConcernKind {
    /// A test file is gone.
    DeletedTest,
    /// A test will not be run any more, or may fail.
    SkippedTest,
    /// An assertion is gone.
    LoosenedCheck,
    /// A file outside `target_files` was changed.
    OutsideTargets,
}

impl std::fmt::Display for Concern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let what = match self.kind {
            ConcernKind::DeletedTest => "a test file was deleted",
            ConcernKind::SkippedTest => "a test is skipped or may fail",
            ConcernKind::LoosenedCheck => "an assertion was removed",
            ConcernKind::OutsideTargets => "changed, but not one of the target files",
        };
        write!(f, "{}: {what}", self.path)?;
        if self.line.is_empty() {
            Ok(())
        } else {
            write!(f, ": {}", self.line)
        }
    }
}
