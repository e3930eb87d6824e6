//! One process of an agent, and what it cost, as a run's row remembers it: the unit in which spending is counted.

use serde::{Deserialize, Serialize};

/// One process of an agent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Stint {
    /// When it began, RFC 3339.
    pub at: String,
    /// The agent's name.
    pub agent: String,
    /// The model that answered, where known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Tokens in.
    pub input_tokens: u64,
    /// Tokens out.
    pub output_tokens: u64,
    /// US dollars; absent where neither the agent told them nor a price is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usd: Option<f64>,
    /// Whether the money was computed from tokens and the settings' prices.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub computed: bool,
    /// How long it worked, in milliseconds.
    pub ms: u64,
}
