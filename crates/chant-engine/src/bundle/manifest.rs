//! What a bundle says of itself: `manifest.json`, the first file in it.

use std::collections::BTreeMap;

use chant_spec::{Check, Expect, repo_path};
use serde::{Deserialize, Serialize};

use crate::error::{Code, Error, Result};

/// The name of this format and its version; another one is refused, not guessed at.
pub const FORMAT: &str = "chant-bundle/1";

/// More runs on one side prove no more, and a stranger must not keep a machine busy.
const REPEAT_MAX: u32 = 100;

/// The manifest of a bundle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Always [`FORMAT`].
    pub format: String,
    /// The chant that made it.
    pub made_by: String,
    /// When, RFC 3339.
    pub made_at: String,
    /// The spec that was proven.
    pub spec: About,
    /// What the change was made on; the clone has to have this commit.
    pub base: Point,
    /// The base with the tests.
    pub tests: Point,
    /// The base with the tests and the change.
    pub result: Point,
    /// The files that are the tests, from the repository's root.
    pub test_files: Vec<String>,
    /// The command that is red without the change and green with it.
    pub proof: Proof,
    /// The other checks of the spec; each has to do on the result what it did then.
    pub checks: Vec<CheckCommand>,
    /// What is expected of each side, for people.
    pub expected: Vec<Expected>,
    /// DSSE envelopes about the landing, where there are any.
    #[serde(default)]
    pub attestations: Vec<serde_json::Value>,
    /// SHA-256 of every other file in the bundle, hex, by name.
    pub digests: BTreeMap<String, String>,
}

/// A spec, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
}

/// A commit and its tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Point {
    /// The commit's object id.
    pub commit: String,
    /// The tree's.
    pub tree: String,
}

/// The command of a red-to-green proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// The command, for a shell.
    pub run: String,
    /// What its output says where it fails for the right reason: a regular expression.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fails_with: Option<String>,
    /// How often it is run on each side.
    pub repeat: u32,
    /// How long one run may take, as in a spec.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<String>,
    /// The folder it runs in, from the repository's root; empty for the root.
    #[serde(default)]
    pub cwd: String,
}

/// A check as a spec has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckCommand {
    /// What it is called.
    pub name: String,
    /// The command, for a shell.
    pub run: String,
    /// `pass`, `fail`, or the exit code it must have.
    pub expect: String,
    /// What its output must match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matches: Option<String>,
    /// How long it may take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<String>,
    /// The folder it runs in, from the repository's root; empty for the root.
    #[serde(default)]
    pub cwd: String,
    /// What is added to its environment.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
}

/// One line of what is expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expected {
    /// Which tree.
    pub on: String,
    /// What happens there.
    pub outcome: String,
}

impl Manifest {
    /// Reads a manifest that anybody may have written: everything that could do harm later is refused here.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        let manifest: Self = serde_json::from_slice(bytes)
            .map_err(|error| unusable(&format!("its manifest can not be read: {error}")))?;
        if manifest.format != FORMAT {
            return Err(unusable(&format!(
                "its format is {:?}, and this chant reads {FORMAT:?}",
                manifest.format
            )));
        }
        manifest.bounded()?;
        Ok(manifest)
    }

    fn bounded(&self) -> Result<()> {
        let folders = self.checks.iter().map(|check| &check.cwd);
        let folders = folders
            .chain([&self.proof.cwd])
            .filter(|cwd| !cwd.is_empty());
        for path in self.test_files.iter().chain(folders) {
            repo_path(path)
                .map_err(|error| unusable(&format!("it names the path {path:?}: {error}")))?;
        }
        if !(1..=REPEAT_MAX).contains(&self.proof.repeat) {
            return Err(unusable(&format!(
                "it wants {} runs; 1 to {REPEAT_MAX} are possible",
                self.proof.repeat
            )));
        }
        let missing = [
            (self.test_files.is_empty(), "it names no tests"),
            (self.proof.run.trim().is_empty(), "it names no command"),
        ];
        match missing.iter().find(|(is_so, _)| *is_so) {
            Some((_, why)) => Err(unusable(why)),
            None => self
                .checks
                .iter()
                .try_for_each(|check| check.check().map(drop)),
        }
    }
}

impl CheckCommand {
    /// From a spec's check. `prefix` is the project's folder in the repository, empty or ending in `/`.
    pub fn of(check: &Check, prefix: &str) -> Self {
        Self {
            name: check.name.clone().unwrap_or_else(|| check.run.clone()),
            run: check.run.clone(),
            expect: match check.expect {
                Expect::Pass => "pass".to_owned(),
                Expect::Fail => "fail".to_owned(),
                Expect::Exit(code) => code.to_string(),
            },
            matches: check.matches.clone(),
            timeout: check.timeout.clone(),
            cwd: folder(prefix, check.cwd.as_deref()),
            env: check.env.iter().cloned().collect(),
        }
    }

    /// The check, to be run from the repository's root.
    pub fn check(&self) -> Result<Check> {
        let expect = match self.expect.as_str() {
            "pass" => Expect::Pass,
            "fail" => Expect::Fail,
            code => Expect::Exit(code.parse().map_err(|_| {
                unusable(&format!(
                    "the check {:?} expects {code:?}, not pass, fail or an exit code",
                    self.name
                ))
            })?),
        };
        Ok(Check {
            run: self.run.clone(),
            name: Some(self.name.clone()),
            expect,
            matches: self.matches.clone(),
            timeout: self.timeout.clone(),
            repeat: None,
            cwd: (!self.cwd.is_empty()).then(|| self.cwd.clone()),
            env: self.env.clone().into_iter().collect(),
        })
    }
}

/// A folder of the project, from the repository's root.
pub(crate) fn folder(prefix: &str, cwd: Option<&str>) -> String {
    format!("{prefix}{}", cwd.unwrap_or_default())
        .trim_end_matches('/')
        .to_owned()
}

/// A bundle that can not be used, and why.
pub(super) fn unusable(why: &str) -> Error {
    Error::new(
        Code::BundleUnusable,
        format!("the bundle can not be used: {why}"),
    )
    .hint("ask whoever made it for a new one: chant bundle ID -o FILE")
}

/// A bundle that is not what it says it is.
pub(super) fn altered(how: &str) -> Error {
    Error::new(
        Code::BundleAltered,
        format!("no: the bundle was altered: {how}"),
    )
    .hint("do not use it; ask whoever made it for the original")
}
