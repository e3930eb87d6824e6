//! What a model is to the loop: it is given a conversation and answers, or its server refuses.
//!
//! Whose protocol that takes is `client`'s; the loop is tested with a model that is a list of answers.

use std::time::Duration;

use chant_agent::Usage;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::conversation::Message;

/// A tool, as the model is told of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Offer {
    pub(crate) name: &'static str,
    pub(crate) says: &'static str,
    /// The JSON schema of its input.
    pub(crate) input: Value,
}

/// A tool that the model wants to be run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Call {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) input: Input,
}

/// What a tool is to be run with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Input {
    /// A JSON object.
    Object(Value),
    /// What the model wrote is no JSON object.
    Unreadable(String),
}

/// One answer of the model.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Answer {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) text: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) thinking: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) calls: Vec<Call>,
    /// What the provider wants to get back as it was, such as signed reasoning. Only `client` can read it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) sealed: Vec<Value>,
    /// It was cut off because it became too long.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) is_cut: bool,
    #[serde(skip)]
    pub(crate) usage: Usage,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The same again may succeed: overload, a rate limit, the network, a cut stream.
    Passing {
        /// One sentence.
        reason: String,
        /// How long the server wants to be left alone.
        after: Option<Duration>,
    },
    /// The conversation is longer than the model takes in.
    TooLong(String),
    /// The account has nothing left to spend.
    Spent(String),
    /// The key is not accepted.
    Unauthorized(String),
    /// Anything else that will be the same next time.
    Final(String),
    /// Somebody wanted it to end.
    Stopped,
}

/// A model that can be asked.
pub(crate) trait Model {
    /// Asks for the next answer in a conversation. `still_wanted` is called all the time, and told whether something of
    /// the answer has come since; when it says no, the answer is [`Refusal::Stopped`].
    fn ask(
        &mut self,
        system: &str,
        messages: &[Message],
        tools: &[Offer],
        still_wanted: &mut dyn FnMut(bool) -> bool,
    ) -> Result<Answer, Refusal>;
}
