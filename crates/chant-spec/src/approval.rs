//! The `approval` entry of a spec: what a person said, and of what.
//!
//! Owns how it is written. Whether what it says still holds is [`crate::graph`]'s and the engine's to decide.

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
