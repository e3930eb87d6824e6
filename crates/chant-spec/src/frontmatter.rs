//! The settings at the head of a spec, typed.
//!
//! Owns how each key of [`crate::keys`] is read: a single value where a list belongs is a list of one, nothing is
//! nothing, and a number where a name belongs keeps its digits. Unknown words are kept; [`crate::lint`] names them.

use serde::{Deserialize, Serialize};

use crate::approval::Approval;
use crate::budget::Budget;
use crate::criteria::Waiver;
use crate::proof::Proof;
use crate::status::Status;

/// The words of `type` that have a meaning.
pub(crate) const KINDS: [&str; 7] = [
    "code",
    "task",
    "research",
    "documentation",
    "docs",
    "driver",
    "group",
];

/// What a spec asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Kind {
    /// A change of the code; also what an absent key means.
    #[default]
    Code,
    /// Work whose result is not code.
    Task,
    /// Findings, written to the target files.
    Research,
    /// Documentation; `docs` is read as it.
    Documentation,
    /// A spec made of members; `group` is read as it.
    Driver,
    /// A word that means nothing here; treated as code, named by lint.
    Unknown(String),
}

impl Kind {
    /// Reads the word of a file.
    pub fn parse(word: &str) -> Self {
        match word {
            "code" => Self::Code,
            "task" => Self::Task,
            "research" => Self::Research,
            "documentation" | "docs" => Self::Documentation,
            "driver" | "group" => Self::Driver,
            _ => Self::Unknown(word.to_owned()),
        }
    }

    /// The word that is shown.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Code => "code",
            Self::Task => "task",
            Self::Research => "research",
            Self::Documentation => "documentation",
            Self::Driver => "driver",
            Self::Unknown(word) => word,
        }
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

impl From<String> for Kind {
    fn from(word: String) -> Self {
        Self::parse(&word)
    }
}

impl From<Kind> for String {
    fn from(kind: Kind) -> Self {
        kind.as_str().to_owned()
    }
}

/// What a check has to do to prove the work.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Expect {
    /// Exit with 0.
    #[default]
    Pass,
    /// Exit with anything else: the proof that a bug is there.
    Fail,
    /// Exit with exactly this.
    Exit(i32),
}

/// A command that chant runs itself before it lands anything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Check {
    /// The command.
    pub run: String,
    /// What to call it.
    pub name: Option<String>,
    /// What it has to do.
    pub expect: Expect,
    /// A pattern that its output must match.
    pub matches: Option<String>,
    /// How long it may take, as written: `90s`, `10m`.
    pub timeout: Option<String>,
    /// How often it is run; every time must do as expected.
    pub repeat: Option<u32>,
    /// The folder it runs in, relative to the worktree.
    pub cwd: Option<String>,
    /// What is added to its environment.
    pub env: Vec<(String, String)>,
}

/// The settings of one spec.
#[derive(Debug, Clone, Default)]
pub struct Frontmatter {
    /// `type`.
    pub kind: Kind,
    /// `status`.
    pub status: Status,
    /// What has to be completed first.
    pub depends_on: Vec<String>,
    /// Inputs: files, globs, folders, specs, addresses.
    pub informed_by: Vec<String>,
    /// Where it came from; an input as well.
    pub origin: Vec<String>,
    /// What it keeps up with.
    pub tracks: Vec<String>,
    /// Further inputs.
    pub context: Vec<String>,
    /// The files it is about.
    pub target_files: Vec<String>,
    /// Free words to select by.
    pub labels: Vec<String>,
    /// Globs of files that the work must not touch.
    pub protect: Vec<String>,
    /// The members of a driver, in order, where the file lists them.
    pub members: Vec<String>,
    /// The prompt to use.
    pub prompt: Option<String>,
    /// The model to use.
    pub model: Option<String>,
    /// The agent to use, or several with commas between: they take turns.
    pub agent: Option<String>,
    /// The branch that the earlier implementation worked on.
    pub branch: Option<String>,
    /// What it landed as: `commits` and `commit` together, as written.
    pub commits: Vec<String>,
    /// When it was completed, as written.
    pub completed_at: Option<String>,
    /// Whether a person has to agree.
    pub approval: Option<Approval>,
    /// A step that only a person can take (`human`).
    pub gate: Option<String>,
    /// The checks that prove it.
    pub verify: Vec<Check>,
    /// The red-to-green proof it has to give.
    pub proof: Option<Proof>,
    /// The end it came to, as written: see [`Frontmatter::ending`].
    pub outcome: Option<String>,
    /// What it may cost, where that is not what the settings say.
    pub budget: Budget,
    /// What the scheduler starts first: higher before lower.
    pub priority: i32,
    /// How often a failed attempt is followed by another without anybody asking.
    pub retries: Option<u32>,
    /// How many attempts are made, of which the best lands.
    pub attempts: Option<u32>,
    /// Whether only the target files may change.
    pub strict: bool,
    /// The criteria that a person let go.
    pub waived: Vec<Waiver>,
    /// Every key without a field of its own, known or not, in the order of the file.
    pub rest: serde_json::Map<String, serde_json::Value>,
}
