//! How each acceptance criterion stands: said to be met, shown to be met, or let go by a person.
//!
//! The one place that decides it. What checks found is an argument: where it comes from, the record of a landing or
//! the last attempt, is for the caller to know.

use serde::{Deserialize, Serialize};

use crate::body::Criterion;
use crate::document::Document;
use crate::frontmatter::Check;

/// How a criterion stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CriterionState {
    /// Nobody has said that it is met.
    Open,
    /// It is ticked, and nothing that chant ran shows it.
    Claimed,
    /// The check that it names did as expected.
    Proven,
    /// The check that it names did not.
    Refuted,
    /// A person let it go.
    Waived,
}

impl CriterionState {
    /// Every state, in the order in which they are counted out.
    pub const ALL: [Self; 5] = [
        Self::Proven,
        Self::Claimed,
        Self::Waived,
        Self::Refuted,
        Self::Open,
    ];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Claimed => "claimed",
            Self::Proven => "proven",
            Self::Refuted => "refuted",
            Self::Waived => "waived",
        }
    }
}

impl std::fmt::Display for CriterionState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// A person's word that a criterion need not be met. It counts for exactly the text it was given for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiver {
    /// The criterion's text.
    pub criterion: String,
    /// Who let it go.
    pub by: String,
    /// Why.
    pub reason: String,
    /// When, as written.
    pub at: Option<String>,
}

impl Waiver {
    /// The entry's value in YAML, one item a waiver, for [`crate::set_block`].
    pub fn to_yaml(waivers: &[Self]) -> String {
        let item = |waiver: &Self| {
            let pairs = [
                ("criterion", Some(&waiver.criterion)),
                ("by", Some(&waiver.by)),
                ("at", waiver.at.as_ref()),
                ("reason", Some(&waiver.reason)),
            ];
            let lines: Vec<String> = pairs
                .into_iter()
                .filter_map(|(key, value)| Some(format!("{key}: {}", crate::scalar(value?))))
                .collect();
            format!("\n  - {}", lines.join("\n    "))
        };
        waivers.iter().map(item).collect()
    }
}

/// What came of a check of a spec.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckResult {
    /// Its command.
    pub run: String,
    /// Whether it did as expected.
    pub passed: bool,
}

/// The check of the document that a criterion names, by its command or its name.
pub fn proving_check<'d>(doc: &'d Document, criterion: &Criterion) -> Option<&'d Check> {
    let code = criterion.check.as_deref()?;
    let checks = &doc.frontmatter().verify;
    checks
        .iter()
        .find(|check| check.run == code || check.name.as_deref() == Some(code))
}

/// The waiver of a criterion.
pub fn waiver<'d>(doc: &'d Document, criterion: &Criterion) -> Option<&'d Waiver> {
    let waived = &doc.frontmatter().waived;
    waived
        .iter()
        .find(|waiver| waiver.criterion == criterion.text)
}

/// How each criterion of the document stands, in its order, given what its checks found. A proof counts more than a waiver, and
/// a waiver more than a check that failed.
pub fn criteria_states(doc: &Document, results: &[CheckResult]) -> Vec<CriterionState> {
    let state = |criterion: &Criterion| {
        let found = proving_check(doc, criterion)
            .and_then(|check| results.iter().find(|result| result.run == check.run))
            .map(|result| result.passed);
        match found {
            Some(true) => CriterionState::Proven,
            _ if waiver(doc, criterion).is_some() => CriterionState::Waived,
            Some(false) => CriterionState::Refuted,
            None if criterion.checked => CriterionState::Claimed,
            None => CriterionState::Open,
        }
    };
    doc.criteria().iter().map(state).collect()
}
