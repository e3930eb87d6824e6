//! The model behind a server: the one place that names the client library's types.
//!
//! Each answer is streamed, so that a person sees the agent alive, and put together again here. What a server says when it
//! refuses is turned into one [`Refusal`], by its status first and its words second.

use std::time::Duration;

use chant_agent::{Provider, Usage};
use futures_util::StreamExt;
use genai::{
    Client as Library, Error, ModelIden, ServiceTarget,
    adapter::AdapterKind,
    chat::{
        CacheControl, ChatMessage, ChatOptions, ChatRequest, ChatStreamEvent, ContentPart,
        MessageContent, StopReason, StreamEnd, Tool, ToolCall, ToolResponse,
    },
    resolver::{AuthData, Endpoint},
};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::{
    arguments::Arguments,
    conversation::Message,
    model::{Answer, Call, Input, Model, Offer, Refusal},
    refusal::{self, Said},
    stop::POLL,
};

/// How long an answer may be, in tokens, for a provider that has to be told.
const LONGEST_ANSWER: u32 = 16_384;

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(20);

/// How long a stream that has begun may be silent before it counts as cut.
const SILENCE: Duration = Duration::from_mins(5);

/// A model that is asked through the network.
pub(crate) struct Client {
    runtime: Runtime,
    library: Library,
    target: ServiceTarget,
    options: ChatOptions,
    server: refusal::Server,
}

impl Client {
    pub(crate) fn new(arguments: &Arguments, key: Option<String>) -> Result<Self, String> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| format!("cannot talk to a model: {error}"))?;
        let adapter = match arguments.provider {
            Provider::OpenAi => AdapterKind::OpenAI,
            Provider::Anthropic => AdapterKind::Anthropic,
        };
        let server = refusal::Server {
            host: arguments.base_url.host().to_owned(),
            key_env: arguments.key_env.clone(),
            has_key: key.is_some(),
            model: arguments.model.clone(),
        };
        Ok(Self {
            runtime,
            library: library(arguments)?,
            target: ServiceTarget {
                endpoint: Endpoint::from_owned(arguments.base_url.as_str().to_owned()),
                // A server of one's own asks for no key, and the library always sends one.
                auth: AuthData::from_single(key.unwrap_or_else(|| "none".to_owned())),
                model: ModelIden::new(adapter, arguments.model.clone()),
            },
            options: options(arguments),
            server,
        })
    }

    async fn stream(
        &self,
        request: ChatRequest,
        still_wanted: &mut dyn FnMut(bool) -> bool,
    ) -> Result<Answer, Refusal> {
        let asked =
            self.library
                .exec_chat_stream(self.target.clone(), request, Some(&self.options));
        let mut stream = asked.await.map_err(|error| self.refusal(&error))?.stream;
        let mut has_come = false;
        loop {
            let Ok(event) = tokio::time::timeout(POLL, stream.next()).await else {
                if still_wanted(false) {
                    continue;
                }
                return Err(Refusal::Stopped);
            };
            if !still_wanted(has_come) {
                return Err(Refusal::Stopped);
            }
            has_come = true;
            match event {
                Some(Ok(ChatStreamEvent::End(end))) => return Ok(answer(end)),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(self.refusal(&error)),
                None => return Err(self.server.cut()),
            }
        }
    }

    fn refusal(&self, error: &Error) -> Refusal {
        let said = match error {
            Error::HttpError {
                status,
                body,
                headers,
                ..
            } => {
                let header = |name: &str| headers.get(name)?.to_str().ok().map(str::to_owned);
                Said {
                    status: Some(status.as_u16()),
                    body: body.clone(),
                    location: header("location"),
                    after: refusal::after(
                        header("retry-after-ms").as_deref(),
                        header("retry-after").as_deref(),
                        chant_os::clock::now(),
                    ),
                }
            }
            // In the middle of a stream that had begun well.
            Error::ChatResponse { body, .. } => Said::in_stream(body.to_string()),
            Error::WebStream { error, .. } => {
                return match error.downcast_ref::<Error>() {
                    Some(inner) => self.refusal(inner),
                    None => self.server.out_of_reach(&cause_of(error.as_ref())),
                };
            }
            other => return self.server.misunderstood(&other.to_string()),
        };
        self.server.refused(&said)
    }
}

impl Model for Client {
    fn ask(
        &mut self,
        system: &str,
        messages: &[Message],
        tools: &[Offer],
        still_wanted: &mut dyn FnMut(bool) -> bool,
    ) -> Result<Answer, Refusal> {
        let request = request(system, messages, tools, self.target.model.adapter_kind);
        self.runtime.block_on(self.stream(request, still_wanted))
    }
}

/// The library, over a connection whose cryptography is chosen here.
fn library(arguments: &Arguments) -> Result<Library, String> {
    // Fails where it was installed before, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut http = reqwest::Client::builder()
        .connect_timeout(CONNECT)
        .read_timeout(SILENCE)
        // A key is for the server that was named and for no other that this one names.
        .redirect(reqwest::redirect::Policy::none());
    if arguments.base_url.is_this_machine() {
        // No proxy knows a server on this machine.
        http = http.no_proxy();
    }
    if arguments.base_url.as_str().starts_with("http://") {
        // Nothing is encrypted, so a machine without any certificates will do.
        let empty = rustls::ClientConfig::builder()
            .with_root_certificates(rustls::RootCertStore::empty())
            .with_no_client_auth();
        http = http.tls_backend_preconfigured(empty);
    }
    let http = http
        .build()
        .map_err(|error| format!("cannot talk to a model: {}", cause_of(&error)))?;
    Library::builder()
        .with_reqwest(http)
        .build()
        .map_err(|error| format!("cannot talk to a model: {error}"))
}

fn options(arguments: &Arguments) -> ChatOptions {
    let options = ChatOptions::default()
        .with_capture_usage(true)
        .with_capture_content(true)
        .with_capture_reasoning_content(true)
        .with_capture_tool_calls(true)
        // The library reads meaning into some endings of names; the server is to get the name as it is.
        .with_extra_body(json!({"model": arguments.model}));
    match arguments.provider {
        Provider::OpenAi => options,
        Provider::Anthropic => {
            let share = arguments
                .context
                .map_or(LONGEST_ANSWER, |context| context / 4);
            options.with_max_tokens(share.min(LONGEST_ANSWER))
        }
    }
}

fn request(
    system: &str,
    messages: &[Message],
    tools: &[Offer],
    adapter: AdapterKind,
) -> ChatRequest {
    let mut all: Vec<ChatMessage> = messages.iter().map(message).collect();
    if adapter == AdapterKind::Anthropic {
        // What was said so far is paid in full once, and read from the cache in the next turn.
        for last in all.iter_mut().rev().take(1) {
            *last = last.clone().with_options(CacheControl::Ephemeral);
        }
    }
    let tools = tools.iter().map(|offer| {
        Tool::new(offer.name)
            .with_description(offer.says)
            .with_schema(offer.input.clone())
    });
    ChatRequest::new(all).with_system(system).with_tools(tools)
}

fn message(message: &Message) -> ChatMessage {
    match message {
        Message::User(text) => ChatMessage::user(text.as_str()),
        Message::Results(results) => {
            let results = results
                .iter()
                .map(|result| ToolResponse::new(&result.id, &result.text));
            ChatMessage::tool(MessageContent::from_tool_responses(results.collect()))
        }
        Message::Answer(answer) => {
            let sealed = answer
                .sealed
                .iter()
                .filter_map(|part| serde_json::from_value::<ContentPart>(part.clone()).ok());
            let text = (!answer.text.is_empty()).then(|| ContentPart::from_text(&answer.text));
            let calls = answer.calls.iter().map(|call| {
                ContentPart::ToolCall(ToolCall {
                    call_id: call.id.clone(),
                    fn_name: call.name.clone(),
                    fn_arguments: match &call.input {
                        Input::Object(input) => input.clone(),
                        Input::Unreadable(text) => json!({"unreadable": text}),
                    },
                    thought_signatures: None,
                })
            });
            let parts: Vec<ContentPart> = sealed.chain(text).chain(calls).collect();
            ChatMessage::assistant(MessageContent::from_parts(parts))
        }
    }
}

fn answer(end: StreamEnd) -> Answer {
    let mut answer = Answer {
        thinking: end.captured_reasoning_content.unwrap_or_default(),
        is_cut: matches!(end.captured_stop_reason, Some(StopReason::MaxTokens(_))),
        usage: end.captured_usage.map(usage).unwrap_or_default(),
        ..Answer::default()
    };
    for part in end
        .captured_content
        .map(MessageContent::into_parts)
        .unwrap_or_default()
    {
        match part {
            ContentPart::Text(text) => answer.text.push_str(&text),
            ContentPart::ToolCall(call) => answer.calls.push(Call {
                id: call.call_id,
                name: call.fn_name,
                input: input(call.fn_arguments),
            }),
            // Signed reasoning has to come back as it was.
            sealed => answer.sealed.extend(serde_json::to_value(sealed).ok()),
        }
    }
    answer
}

fn input(arguments: Value) -> Input {
    match arguments {
        Value::Object(fields) => Input::Object(Value::Object(fields)),
        Value::Null => Input::Object(json!({})),
        Value::String(text) if text.trim().is_empty() => Input::Object(json!({})),
        Value::String(text) => Input::Unreadable(text),
        other => Input::Unreadable(other.to_string()),
    }
}

/// The library counts everything that was read as one; what came from the cache and went there is a part of it.
fn usage(usage: genai::chat::Usage) -> Usage {
    let count = |tokens: Option<i32>| u64::try_from(tokens.unwrap_or(0)).unwrap_or(0);
    let details = usage.prompt_tokens_details.unwrap_or_default();
    let cache_read = count(details.cached_tokens);
    let cache_write = count(details.cache_creation_tokens);
    Usage {
        input: count(usage.prompt_tokens).saturating_sub(cache_read + cache_write),
        output: count(usage.completion_tokens),
        cache_read,
        cache_write,
    }
}

/// What lies at the bottom of an error: what is above only says that a request was made.
fn cause_of(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(cause) = error.source() {
        error = cause;
    }
    error.to_string()
}
