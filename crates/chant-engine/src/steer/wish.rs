//! What a person asks of a run, as a file in its folder.

use serde::{Deserialize, Serialize};

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// Stop, so that it can go on later.
    Pause,
    /// Stop, because a person goes on by hand.
    Takeover,
    /// Stop, because it is not wanted any more.
    Cancel,
}

impl What {
    /// As a reason says it: "paused by …".
    pub fn done(self) -> &'static str {
        match self {
            Self::Pause => "paused",
            Self::Takeover => "taken over",
            Self::Cancel => "cancelled",
        }
    }
}

/// A person's wish about a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// What is asked.
    pub what: What,
    /// Who asks.
    pub by: String,
    /// When, RFC 3339.
    pub at: String,
}
