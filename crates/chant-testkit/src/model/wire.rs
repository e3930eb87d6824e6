//! What the wire formats have in common: which request is whose, an answer before it is encoded, errors, ids.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use super::script::{Counts, Refusal, Turn};
use super::tools::{Called, Tool};
use super::{anthropic, chat, responses};

/// The format of a request, by its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wire {
    /// Anthropic Messages.
    Anthropic,
    /// `OpenAI` Chat Completions.
    Chat,
    /// `OpenAI` Responses.
    Responses,
}

/// When the made-up answers say that they were made.
pub(super) const CREATED: u64 = 1_700_000_000;

/// One event of a streamed answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Frame {
    name: Option<String>,
    data: String,
}

impl Frame {
    /// An event whose name is the type in its data.
    pub(super) fn named(data: &Value) -> Self {
        let name = data.get("type").and_then(Value::as_str);
        Self {
            name: name.map(str::to_owned),
            data: data.to_string(),
        }
    }

    /// An event without a name.
    pub(super) fn bare(data: &impl ToString) -> Self {
        Self {
            name: None,
            data: data.to_string(),
        }
    }

    pub(super) fn text(&self) -> String {
        let name = self.name.as_ref();
        let name = name
            .map(|name| format!("event: {name}\n"))
            .unwrap_or_default();
        format!("{name}data: {}\n\n", self.data)
    }
}

/// Tokens as an answer states them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Usage {
    pub(super) input: u64,
    pub(super) output: u64,
    pub(super) cache_read: u64,
    pub(super) cache_write: u64,
}

impl Usage {
    /// Stated counts; what is not stated is a quarter of the bytes.
    pub(super) fn of(stated: Counts, asked: usize, answered: usize) -> Self {
        let guess = |bytes: usize| u64::try_from(bytes / 4).unwrap_or(u64::MAX).max(1);
        Self {
            input: stated.input.unwrap_or_else(|| guess(asked)),
            output: stated.output.unwrap_or_else(|| guess(answered)),
            cache_read: stated.cache_read.unwrap_or(0),
            cache_write: stated.cache_write.unwrap_or(0),
        }
    }
}

/// An answer before it is encoded.
#[derive(Debug, Clone)]
pub(super) struct Reply<'a> {
    pub(super) model: &'a str,
    pub(super) thinking: &'a str,
    pub(super) text: &'a str,
    pub(super) calls: &'a [Called],
    pub(super) usage: Usage,
}

impl Reply<'_> {
    /// An answer always says something: an empty text where it calls nothing.
    pub(super) fn has_text(&self) -> bool {
        !self.text.is_empty() || self.calls.is_empty()
    }
}

impl Wire {
    pub(super) fn of_path(path: &str) -> Option<Self> {
        let is = |end: &str| path.ends_with(end);
        is("/messages")
            .then_some(Self::Anthropic)
            .or(is("/chat/completions").then_some(Self::Chat))
            .or(is("/responses").then_some(Self::Responses))
    }

    pub(super) fn tools(self, body: &Value) -> Vec<Tool> {
        let listed = body.get("tools").and_then(Value::as_array);
        let listed = listed.into_iter().flatten();
        match self {
            Self::Anthropic => listed.filter_map(anthropic::tool).collect(),
            Self::Chat => listed.filter_map(chat::tool).collect(),
            Self::Responses => listed.flat_map(responses::tools).collect(),
        }
    }

    pub(super) fn whole(self, reply: &Reply) -> Value {
        match self {
            Self::Anthropic => anthropic::whole(reply),
            Self::Chat => chat::whole(reply),
            Self::Responses => responses::whole(reply),
        }
    }

    pub(super) fn frames(self, reply: &Reply) -> Vec<Frame> {
        match self {
            Self::Anthropic => anthropic::frames(reply),
            Self::Chat => chat::frames(reply),
            Self::Responses => responses::frames(reply),
        }
    }

    /// The event by which a stream says that it failed.
    pub(super) fn failing_frame(self) -> Frame {
        match self {
            Self::Anthropic => anthropic::failing_frame(),
            Self::Chat => chat::failing_frame(),
            Self::Responses => responses::failing_frame(),
        }
    }

    /// How many events come before a stream breaks off: enough for some text.
    pub(super) fn before_a_fault(self) -> usize {
        match self {
            Self::Anthropic => 4,
            Self::Chat | Self::Responses => 2,
        }
    }

    /// What a service says that is asked for no stream and fails half-way.
    pub(super) fn overloaded(self) -> (u16, Value) {
        let overloaded = Refusal::Named("overloaded".to_owned());
        let refusal = self.refusal(&Turn::default(), &overloaded);
        refusal.unwrap_or((500, Value::Null))
    }

    /// The status and body of a refusal.
    pub(super) fn refusal(self, turn: &Turn, refusal: &Refusal) -> Result<(u16, Value), String> {
        let known = known(refusal)?;
        let message = turn.message.as_deref().unwrap_or(known.message);
        let (kind, code) = (known.kind, known.code);
        if let Some(body) = &turn.body {
            let anthropic = self == Self::Anthropic;
            let status = if anthropic {
                known.anthropic
            } else {
                known.openai
            };
            return Ok((status, body.clone()));
        }
        Ok(match self {
            Self::Anthropic => {
                let error = json!({ "type": kind, "message": message });
                let body = json!({ "type": "error", "error": error, "request_id": id("req_") });
                (known.anthropic, body)
            }
            Self::Chat | Self::Responses => {
                let error =
                    json!({ "message": message, "type": kind, "param": null, "code": code });
                (known.openai, json!({ "error": error }))
            }
        })
    }
}

/// What two families of services say to one kind of refusal.
struct Known {
    anthropic: u16,
    openai: u16,
    kind: &'static str,
    code: &'static str,
    message: &'static str,
}

fn known(refusal: &Refusal) -> Result<Known, String> {
    let (anthropic, openai, kind, code, message) = match refusal {
        Refusal::Named(name) => named(name)?,
        Refusal::Status(status) => (
            *status,
            *status,
            "api_error",
            "server_error",
            "a scripted error",
        ),
    };
    Ok(Known {
        anthropic,
        openai,
        kind,
        code,
        message,
    })
}

type Row = (u16, u16, &'static str, &'static str, &'static str);

/// The refusals with a name.
fn named(name: &str) -> Result<Row, String> {
    Ok(match name {
        "overloaded" => (
            529,
            503,
            "overloaded_error",
            "server_is_overloaded",
            "Overloaded",
        ),
        "rate_limit" => (
            429,
            429,
            "rate_limit_error",
            "rate_limit_exceeded",
            "This request would exceed your rate limit. Please try again later.",
        ),
        "auth" => (
            401,
            401,
            "authentication_error",
            "invalid_api_key",
            "invalid x-api-key",
        ),
        "billing" => (
            400,
            429,
            "invalid_request_error",
            "insufficient_quota",
            "Your credit balance is too low to access the API.",
        ),
        "context" => (
            400,
            400,
            "invalid_request_error",
            "context_length_exceeded",
            "prompt is too long: 250000 tokens > 200000 maximum",
        ),
        "not_found" => (
            404,
            404,
            "not_found_error",
            "model_not_found",
            "model: not found",
        ),
        "server" => (
            500,
            500,
            "api_error",
            "server_error",
            "Internal server error",
        ),
        other => return Err(format!("there is no error named {other}")),
    })
}

/// A name nobody else has, in this process.
pub(super) fn id(prefix: &str) -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    format!("{prefix}{:06}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// A text as it streams.
pub(super) fn pieces(text: &str) -> Vec<String> {
    let letters: Vec<char> = text.chars().collect();
    let pieces = letters.chunks(24).map(|piece| piece.iter().collect());
    let pieces: Vec<String> = pieces.collect();
    if pieces.is_empty() {
        return vec![String::new()];
    }
    pieces
}
