//! What a run has to prove, and what it must leave as it is, as its row remembers it.

use chant_spec::Stage;
use serde::{Deserialize, Serialize};

/// A proof as it will be run. Kept with the run, so that a spec edited meanwhile changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// What is to be shown.
    pub stage: Stage,
    /// The spec that it was taken from.
    pub from: Option<String>,
    /// The files that make the test, as written.
    pub tests: Vec<String>,
    /// The command.
    pub run: String,
    /// The stated reason, a pattern that is known to be one.
    pub fails_with: Option<String>,
    /// How often it is run on each side.
    pub repeat: u32,
    /// How long one run may take.
    pub timeout: Option<String>,
    /// The folder it runs in.
    pub cwd: Option<String>,
    /// Where the defect was said to be.
    pub reported_in: Option<String>,
}

/// A file that a run must leave as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frozen {
    /// The path from the repository's root.
    pub path: String,
    /// Its content.
    pub oid: String,
    /// The spec that froze it.
    pub by: String,
    /// Whether git's tree has it; a file that only the checkout has is brought along.
    pub tracked: bool,
    /// Whether the main branch has another content by now than that spec landed: a person's change, then.
    #[serde(default)]
    pub changed_since: bool,
}
