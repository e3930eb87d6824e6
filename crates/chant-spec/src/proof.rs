//! What a spec says of its red-to-green proof: which tests, how they are run, and why they have to fail.
//!
//! Only what is written. Running the tests, and what their output means, is the engine's affair.

use serde::{Deserialize, Serialize};

use crate::frontmatter::{Frontmatter, Kind};

/// What a spec with a proof sets out to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// The defect is there: the tests fail.
    Reproduction,
    /// The defect is gone, and by this change: the tests fail without it and pass with it.
    Fix,
}

impl Stage {
    /// The word in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reproduction => "reproduction",
            Self::Fix => "fix",
        }
    }

    /// Reads the word of a file.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Reproduction, Self::Fix]
            .into_iter()
            .find(|stage| stage.as_str() == word)
    }
}

/// The honest ends of a reproduction, as `outcome:` holds them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// The test is there and fails for the reported reason.
    Reproduced,
    /// It was tried, and something else came.
    NotReproduced,
    /// It was there and is gone: a commit did it.
    AlreadyFixed,
    /// The behaviour is what is promised.
    #[serde(rename = "not-a-bug")]
    NotABug,
}

impl Ending {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Reproduced,
        Self::NotReproduced,
        Self::AlreadyFixed,
        Self::NotABug,
    ];

    /// The word in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reproduced => "reproduced",
            Self::NotReproduced => "not-reproduced",
            Self::AlreadyFixed => "already-fixed",
            Self::NotABug => "not-a-bug",
        }
    }

    /// Reads the word of a file.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|end| end.as_str() == word)
    }
}

impl std::fmt::Display for Ending {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// `proof:` as written. What is absent may come from the spec that `from` names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proof {
    /// The earlier spec whose proof is taken over.
    pub from: Option<String>,
    /// The files that make the test: paths, folders or globs from the project's root.
    pub tests: Vec<String>,
    /// The command that runs them.
    pub run: Option<String>,
    /// A pattern that the output of the failing test must match: the stated reason.
    pub fails_with: Option<String>,
    /// How often it is run on each side.
    pub repeat: Option<u32>,
    /// How long one run may take, as written.
    pub timeout: Option<String>,
    /// The folder it runs in, relative to the project's root.
    pub cwd: Option<String>,
    /// What is to be shown, where the spec's type does not say it.
    pub stage: Option<Stage>,
    /// A revision that had the defect, where a bisection may begin.
    pub reported_in: Option<String>,
}

impl Frontmatter {
    /// What the proof of this spec shows: what it says, else by its type.
    pub fn stage(&self) -> Stage {
        let said = self.proof.as_ref().and_then(|proof| proof.stage);
        said.unwrap_or(match self.kind {
            Kind::Code | Kind::Unknown(_) => Stage::Fix,
            _ => Stage::Reproduction,
        })
    }

    /// The end a reproduction came to, once it is recorded.
    pub fn ending(&self) -> Option<Ending> {
        self.outcome.as_deref().and_then(Ending::parse)
    }
}
