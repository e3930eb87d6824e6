//! What a proof found, as one document: `proof.json` in the run's folder, and `proof` in `chant show --json`.

use serde::{Deserialize, Serialize};

/// The result of a red-to-green proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProofDocument {
    /// The shape of this document; 1.
    pub version: u32,
    /// `reproduction` or `fix`.
    pub stage: String,
    /// The spec that the proof was taken from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The command of the test.
    pub run: String,
    /// The pattern that the output of a failing test has to match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fails_with: Option<String>,
    /// How often the test was to run on each side.
    pub repeat: u32,
    /// How long one run may take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<String>,
    /// The folder it runs in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cwd: Option<String>,
    /// The test files by content. Later phases must leave them as they are.
    pub tests: Vec<TestFile>,
    /// The commit that stood in for *before*.
    pub base: String,
    /// The tree that was to land.
    pub result: String,
    /// What was run on which side.
    pub rows: Vec<Row>,
    /// What follows from it.
    pub verdict: Verdict,
    /// The verdict as one sentence.
    pub sentence: String,
    /// The end of a reproduction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// The commit that fixed it, where it was fixed already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fixed_by: Option<String>,
}

/// A test file, by content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestFile {
    /// The path from the project's root.
    pub path: String,
    /// The git object id.
    pub oid: String,
}

/// What was run on one side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Which side.
    pub side: Side,
    /// The tree it ran on.
    pub tree: String,
    /// The command: the test's, or one of the suite's.
    pub run: String,
    /// Whether it is as the proof needs it.
    pub holds: bool,
    /// What was expected and what came, as one sentence.
    pub found: String,
    /// How often what happened.
    pub counts: Counts,
    /// The side with the same tree whose runs stand for this one's as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub same_as: Option<Side>,
}

/// The sides of a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// The base with the tests put into it.
    Base,
    /// What would land.
    Result,
    /// What would land, with everything but the tests taken back.
    WithoutFix,
    /// A check of the project's suite, on the base and on the result.
    Suite,
    /// A commit in which the defect was said to be, with the tests put into it.
    Reported,
}

impl Side {
    /// What its output is kept as, in the run's folder.
    pub(crate) fn log(self) -> &'static str {
        match self {
            Self::Base => "proof-base",
            Self::Result => "proof-result",
            Self::WithoutFix => "proof-without-fix",
            Self::Suite => "proof-suite",
            Self::Reported => "proof-reported",
        }
    }

    /// As a person is told.
    pub fn shown(self) -> &'static str {
        match self {
            Self::Base => "base + tests",
            Self::Result => "result",
            Self::WithoutFix => "result less the fix",
            Self::Suite => "suite",
            Self::Reported => "where it was reported",
        }
    }
}

/// How often a test did what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Runs.
    pub runs: u32,
    /// It failed for the stated reason.
    pub red: u32,
    /// It passed.
    pub green: u32,
    /// It did neither: it could not run, or failed for another reason.
    pub neither: u32,
}

/// What follows from the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Everything holds.
    Proven,
    /// Something does not.
    Refuted,
    /// A test fails sometimes: a person has to look.
    Flaky,
}

impl Verdict {
    /// As a person is told.
    pub fn shown(self) -> &'static str {
        match self {
            Self::Proven => "proven",
            Self::Refuted => "not proven",
            Self::Flaky => "flaky",
        }
    }
}

impl ProofDocument {
    /// One line for the landing's record: the verdict, the stage, and the counts.
    pub fn summary(&self) -> String {
        let rows: Vec<String> = self
            .rows
            .iter()
            .filter(|row| row.side != Side::Suite)
            .map(|row| format!("{}: {}", row.side.shown(), row.counts.shown()))
            .collect();
        let what = self.outcome.as_deref().unwrap_or(&self.stage);
        let rows = if rows.is_empty() {
            String::new()
        } else {
            format!(": {}", rows.join("; "))
        };
        let fixed_by = self.fixed_by.as_deref();
        let fixed_by = fixed_by.map_or_else(String::new, |oid| format!("; fixed by {oid}"));
        format!("{what}{rows}{fixed_by}")
    }
}

impl Counts {
    /// `red 10 of 10`; where several things happened, all of them.
    pub fn shown(self) -> String {
        let parts: Vec<String> = [
            ("red", self.red),
            ("green", self.green),
            ("neither", self.neither),
        ]
        .into_iter()
        .filter(|(_, times)| *times > 0)
        .map(|(word, times)| format!("{word} {times} of {}", self.runs))
        .collect();
        if parts.is_empty() {
            "not run".to_owned()
        } else {
            parts.join(", ")
        }
    }
}
