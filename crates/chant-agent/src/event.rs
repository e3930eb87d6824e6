//! The one event stream for all agents.
//!
//! Owns the vocabulary and its JSON form, which is also what a `command` agent may print and what a recording holds.
//! How each agent's own format becomes these events is in `claude` and `stream`.

use serde::{Deserialize, Serialize};

use crate::{Usage, excerpt};

/// Something an agent said or did.
///
/// A run's stream has any number of events and then exactly one [`AgentEvent::End`], which is the last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum AgentEvent {
    /// The agent named the conversation; this id resumes it.
    Session {
        /// The agent's own id.
        id: String,
    },
    /// The model that answers.
    Model {
        /// As the agent names it.
        name: String,
    },
    /// Text meant for the user.
    Text {
        /// The text, possibly of several lines.
        text: String,
    },
    /// The model's reasoning, where the agent shows it.
    Thinking {
        /// The text, possibly of several lines.
        text: String,
    },
    /// A tool is about to run.
    ToolCall {
        /// Pairs the call with its result.
        #[serde(default)]
        id: String,
        /// The tool's name.
        name: String,
        /// The input as one readable line, cut.
        #[serde(default)]
        input: String,
    },
    /// A tool has run.
    ToolResult {
        /// The id of the call.
        #[serde(default)]
        id: String,
        /// Whether the tool itself said it succeeded.
        ok: bool,
        /// What it answered, cut.
        #[serde(default)]
        text: String,
    },
    /// The agent says that it changed a file. Only git knows what really changed.
    FileChange {
        /// As the agent names it.
        path: String,
        /// `create`, `update`, `delete`, or the agent's own word.
        change: String,
    },
    /// Tokens used so far by this process; a later event replaces an earlier one.
    Usage {
        /// Tokens read and paid in full.
        #[serde(default)]
        input: u64,
        /// Tokens written.
        #[serde(default)]
        output: u64,
        /// Tokens read from the provider's cache.
        #[serde(default)]
        cache_read: u64,
        /// Tokens written to the provider's cache.
        #[serde(default)]
        cache_write: u64,
    },
    /// Money spent so far by this process; a later event replaces an earlier one.
    Cost {
        /// US dollars.
        usd: f64,
    },
    /// The agent's provider refused and the agent will try again.
    Retry {
        /// Why.
        reason: String,
        /// Which attempt failed, from 1.
        #[serde(default)]
        attempt: u64,
        /// How many there will be at most; 0 where not told.
        #[serde(default)]
        max: u64,
        /// How long the agent waits.
        #[serde(default)]
        delay_ms: u64,
    },
    /// The agent's plan or account is used up: nothing more will be answered until it is renewed.
    Limit {
        /// Why, as the provider tells it.
        reason: String,
        /// When it is renewed, RFC 3339; absent where that is not told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<String>,
    },
    /// The agent asks whether it may use a tool.
    PermissionRequest {
        /// Pairs the question with its answer.
        #[serde(default)]
        id: String,
        /// The tool.
        tool: String,
        /// Its input as one readable line, cut.
        #[serde(default)]
        input: String,
    },
    /// The conversation grew too long, and the agent went on with a summary of it.
    Compacted {
        /// Why, where that is told: `auto` or `manual`.
        #[serde(default)]
        reason: String,
        /// How many tokens it had; 0 where that is not told.
        #[serde(default)]
        before: u64,
    },
    /// The agent was not allowed to use a tool.
    PermissionDenied {
        /// The tool.
        tool: String,
        /// Its input as one readable line, cut; empty where that is not told.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        input: String,
        /// The agent's explanation, cut.
        #[serde(default)]
        reason: String,
        /// What `allow:` in the settings would have to list for it; none where no setting would have let it through.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        allow: Option<String>,
    },
    /// Something the user should know although the run goes on.
    Warning {
        /// One sentence.
        text: String,
    },
    /// One line the agent wrote to standard error.
    Stderr {
        /// The line.
        text: String,
    },
    /// A line whose meaning is not known, kept as it was, cut.
    Unknown {
        /// The line.
        raw: String,
    },
    /// The stream is over.
    End {
        /// Whether the agent says it succeeded.
        ok: bool,
        /// `finished`, or why not, in one sentence.
        #[serde(default)]
        reason: String,
    },
}

impl From<Usage> for AgentEvent {
    fn from(usage: Usage) -> Self {
        let Usage {
            input,
            output,
            cache_read,
            cache_write,
        } = usage;
        Self::Usage {
            input,
            output,
            cache_read,
            cache_write,
        }
    }
}

impl AgentEvent {
    /// The same event, unless it counts what no run can use up: a number that was misread must spend no budget.
    pub(crate) fn plausible(self) -> Self {
        const TOKENS: u64 = 1_000_000_000_000;
        const USD: f64 = 1_000_000.0;
        let is_plausible = match &self {
            Self::Usage {
                input,
                output,
                cache_read,
                cache_write,
            } => [input, output, cache_read, cache_write]
                .into_iter()
                .all(|count| *count <= TOKENS),
            Self::Cost { usd } => (0.0..=USD).contains(usd),
            _ => true,
        };
        if is_plausible {
            return self;
        }
        Self::Unknown {
            raw: format!("a count that cannot be: {self:?}"),
        }
    }

    /// The same event with every text cut to its bound, for events that come ready-made from outside.
    #[must_use]
    pub fn bounded(mut self) -> Self {
        match &mut self {
            Self::Text { text } => shorten(text, excerpt::TEXT),
            Self::Thinking { text }
            | Self::Stderr { text }
            | Self::Warning { text }
            | Self::Unknown { raw: text } => {
                shorten(text, excerpt::DETAIL);
            }
            Self::ToolCall { id, name, input } => {
                shorten(id, excerpt::LINE);
                shorten(name, excerpt::LINE);
                *input = excerpt::one_line(input);
            }
            Self::PermissionRequest { id, tool, input } => {
                shorten(id, excerpt::LINE);
                shorten(tool, excerpt::LINE);
                *input = excerpt::one_line(input);
            }
            Self::ToolResult { id, text, .. } => {
                shorten(id, excerpt::LINE);
                shorten(text, excerpt::DETAIL);
            }
            Self::FileChange { path, change } => {
                shorten(path, excerpt::DETAIL);
                shorten(change, excerpt::LINE);
            }
            Self::PermissionDenied {
                tool,
                input,
                reason,
                allow,
            } => {
                shorten(tool, excerpt::LINE);
                *input = excerpt::one_line(input);
                *reason = excerpt::one_line(reason);
                // Cut it would be another pattern.
                *allow = allow.take().filter(|allow| allow.len() <= excerpt::LINE);
            }
            Self::Session { id: text } | Self::Model { name: text } => shorten(text, excerpt::LINE),
            Self::Retry { reason, .. }
            | Self::Compacted { reason, .. }
            | Self::End { reason, .. } => {
                *reason = excerpt::one_line(reason);
            }
            Self::Limit { reason, until } => {
                *reason = excerpt::one_line(reason);
                if let Some(until) = until {
                    shorten(until, excerpt::LINE);
                }
            }
            Self::Usage { .. } | Self::Cost { .. } => {}
        }
        self
    }
}

fn shorten(text: &mut String, max: usize) {
    if text.len() > max {
        *text = excerpt::cut(text, max);
    }
}
