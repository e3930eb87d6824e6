//! The `approval` entry of a spec: what a person said, and of what.
//!
//! Owns how it is written, and in which ways a person can have agreed or not. Which of them holds takes object ids to
//! know, so the engine decides it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::quote::scalar;

/// Whether a person has to agree before a spec is worked, and whether one did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Whether it has to be asked for.
    pub required: bool,
    /// `pending`, `approved`, `rejected`, or whatever the file says.
    pub status: Option<String>,
    /// Who said so.
    pub by: Option<String>,
    /// When.
    pub at: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// What was approved; absent where the earlier implementation, or a person's own edit, wrote the entry.
    pub objects: Option<Objects>,
    /// The signature's text; `unsigned` or absent where there is none.
    pub signature: Option<String>,
}

/// What was approved, each as the id git has for that text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Objects {
    /// Of the spec's intent.
    pub spec: String,
    /// Of the criteria's text.
    pub criteria: String,
    /// Of a gate: the tree of the outputs of everything it depends on.
    pub tree: Option<String>,
}

/// The word that stands in place of a signature.
pub const UNSIGNED: &str = "unsigned";

impl Approval {
    /// Whether the entry says that a person said yes. Whether that counts depends on what it was said of.
    pub fn says_approved(&self) -> bool {
        self.status.as_deref() == Some("approved")
    }

    /// Whether the entry says that a person said no.
    pub fn says_rejected(&self) -> bool {
        self.status.as_deref() == Some("rejected")
    }

    /// The signature, if there is one.
    pub fn signature(&self) -> Option<&str> {
        self.signature
            .as_deref()
            .filter(|text| *text != UNSIGNED && !text.trim().is_empty())
    }

    /// The entry's value in YAML, for [`crate::set_block`].
    pub fn to_yaml(&self) -> String {
        let mut lines = vec![format!("required: {}", self.required)];
        let words = [
            ("status", &self.status),
            ("by", &self.by),
            ("at", &self.at),
            ("reason", &self.reason),
        ];
        for (key, word) in words {
            lines.extend(word.iter().map(|word| format!("{key}: {}", scalar(word))));
        }
        lines.extend(self.objects.as_ref().map(Objects::to_yaml));
        if let Some(signature) = &self.signature {
            if signature.contains('\n') {
                lines.push("signature: |".to_owned());
                lines.extend(signature.lines().map(|line| format!("  {line}")));
            } else {
                lines.push(format!("signature: {}", scalar(signature)));
            }
        }
        lines.join("\n")
    }
}

impl Objects {
    fn to_yaml(&self) -> String {
        let (spec, criteria) = (scalar(&self.spec), scalar(&self.criteria));
        let tree = self.tree.as_deref().map(scalar);
        let tree = tree.map_or_else(String::new, |tree| format!(", tree: {tree}"));
        format!("objects: {{spec: {spec}, criteria: {criteria}{tree}}}")
    }
}

/// Whether a person agreed, as far as it still holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Consent {
    /// Nobody has to be asked.
    #[default]
    NotAsked,
    /// Nobody has answered yet.
    Awaited,
    /// A person said no.
    Rejected {
        /// Who.
        by: Option<String>,
        /// Why.
        reason: Option<String>,
    },
    /// The file says approved, but not of what: written by hand, or by the earlier implementation.
    Unrecorded {
        /// Who is said to have approved.
        by: Option<String>,
    },
    /// A person said yes to something that has changed since.
    Lapsed {
        /// Who.
        by: String,
        /// When.
        at: String,
        /// What has changed.
        changed: Changed,
    },
    /// A person said yes, but signatures are asked for here and this one does not hold.
    Unsigned {
        /// Who is said to have approved.
        by: String,
        /// What is wrong with the signature, as the end of a sentence.
        why: String,
    },
    /// A person said yes to what is there now.
    Granted {
        /// Who.
        by: String,
        /// When.
        at: String,
    },
}

/// What has changed since it was approved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Changed {
    /// The spec's text or settings.
    Spec,
    /// The spec's criteria.
    Criteria,
    /// What the specs before a gate left.
    Outputs,
}

impl Consent {
    /// Whether it opens the way.
    pub fn is_granted(&self) -> bool {
        matches!(self, Self::Granted { .. })
    }

    /// The word for it; none where nobody is asked.
    pub fn word(&self) -> Option<&'static str> {
        match self {
            Self::NotAsked => None,
            Self::Awaited | Self::Unrecorded { .. } | Self::Unsigned { .. } => Some("pending"),
            Self::Rejected { .. } => Some("rejected"),
            Self::Lapsed { .. } => Some("lapsed"),
            Self::Granted { .. } => Some("approved"),
        }
    }
}

/// A fragment of a sentence.
impl fmt::Display for Consent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |by: &Option<String>| by.clone().unwrap_or_else(|| "somebody".to_owned());
        match self {
            Self::NotAsked => f.write_str("needs no approval"),
            Self::Awaited => f.write_str("waits for approval"),
            Self::Rejected { by, reason } => {
                f.write_str("was rejected")?;
                by.iter().try_for_each(|by| write!(f, " by {by}"))?;
                reason.iter().try_for_each(|why| write!(f, ": {why}"))
            }
            Self::Unrecorded { by } => write!(
                f,
                "waits for approval: its file says that {} approved it, but not of what",
                name(by)
            ),
            Self::Lapsed { by, at, changed } => {
                let what = match changed {
                    Changed::Spec => "the spec",
                    Changed::Criteria => "its criteria",
                    Changed::Outputs => "what the specs before it left",
                };
                write!(f, "{what} changed since {by} approved it at {at}")
            }
            Self::Unsigned { by, why } => {
                write!(f, "waits for approval: that of {by} does not count, {why}")
            }
            Self::Granted { by, at } => write!(f, "was approved by {by} at {at}"),
        }
    }
}
