//! One turn with an agent: the conversation is opened or taken up again, the prompt is said, and its end is waited for.
//!
//! That an agent ends its turn says nothing about the work; it is judged elsewhere, by git.

use std::{
    io::Write,
    path::Path,
    pin::pin,
    sync::{Arc, Mutex},
};

use chant_agent::AgentEvent;
use futures::{
    FutureExt, StreamExt,
    channel::mpsc::UnboundedReceiver,
    future::{Either, select},
};
use serde_json::Value;

use crate::{
    order::{Order, read_prompt},
    report::Report,
    wire::{Refusal, Wire, lock},
};

/// How a turn ended, as the agent tells it.
#[derive(Debug, PartialEq)]
pub(crate) enum Ending {
    /// The agent says that it is done.
    Ended,
    /// It says that it is not, or could not begin; one sentence.
    Failed(String),
    /// It has closed its output before its turn was over.
    WentAway,
}

impl Ending {
    fn failed(reason: impl Into<String>) -> Self {
        Self::Failed(reason.into())
    }

    fn refused(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::Closed => Self::WentAway,
            Refusal::Error { .. } => Self::Failed(reason(refusal)),
        }
    }
}

/// What a turn needs.
pub(crate) struct Turn<'a, W> {
    pub(crate) wire: Wire,
    pub(crate) order: &'a Order,
    pub(crate) prompt: &'a Path,
    pub(crate) dir: &'a Path,
    pub(crate) report: &'a Arc<Mutex<Report<W>>>,
}

/// A conversation that is open.
struct Session {
    id: String,
    /// Whether the agent remembers what was said before.
    remembers: bool,
    told: Value,
}

impl<W: Write + Send> Turn<'_, W> {
    /// Takes the turn; something in `stop` ends it early.
    pub(crate) async fn take(&self, mut stop: UnboundedReceiver<()>) -> Ending {
        let opened = {
            let open = pin!(self.open());
            match select(open, stop.next()).await {
                Either::Left((opened, _)) => opened,
                Either::Right(_) => return Ending::failed("stopped before the turn began"),
            }
        };
        let session = match opened {
            Ok(session) => session,
            Err(ending) => return ending,
        };
        let text = match self.text(&session) {
            Ok(text) => text,
            Err(problem) => return Ending::failed(problem),
        };
        lock(self.report).begin();
        let answer = self.prompt(&session.id, text, stop).await;
        lock(self.report).end(answer.as_ref().unwrap_or(&Value::Null));
        match answer {
            Ok(answer) => ending(&answer),
            Err(refusal) => Ending::refused(&refusal),
        }
    }

    async fn open(&self) -> Result<Session, Ending> {
        let hello = self.wire.initialize().await;
        let hello = hello.map_err(|refusal| Ending::refused(&refusal))?;
        let session = match self.again(&hello).await {
            Some(session) => session,
            None => self.anew(&hello).await?,
        };
        let id = session.id.clone();
        lock(self.report).tell(AgentEvent::Session { id });
        self.choose_model(&session).await;
        Ok(session)
    }

    /// Takes the conversation up again, by the way that does not tell it all again where there is one.
    async fn again(&self, hello: &Value) -> Option<Session> {
        let id = self.order.session.as_deref()?;
        let able = &hello["agentCapabilities"];
        let answer = if able["sessionCapabilities"]["resume"].is_object() {
            self.wire.resume_session(id, self.dir).await
        } else if able["loadSession"] == true {
            lock(self.report).mute();
            self.wire.load_session(id, self.dir).await
        } else {
            self.warn("the agent cannot go on with a conversation; it begins a new one and is told what is there");
            return None;
        };
        match answer {
            Ok(told) => Some(Session {
                id: id.to_owned(),
                remembers: true,
                told,
            }),
            Err(refusal) => {
                let why = reason(&refusal);
                self.warn(&format!(
                    "the agent does not go on with its conversation ({why}); it begins a new one and is told what is there"
                ));
                None
            }
        }
    }

    async fn anew(&self, hello: &Value) -> Result<Session, Ending> {
        let mut answer = self.wire.new_session(self.dir).await;
        if answer.as_ref().is_err_and(Refusal::is_sign_in)
            && let Some(method) = by_environment(hello, |name| std::env::var_os(name).is_some())
        {
            answer = match self.wire.authenticate(&method).await {
                Ok(_) => self.wire.new_session(self.dir).await,
                Err(refusal) => Err(refusal),
            };
        }
        let told = answer.map_err(|refusal| {
            if refusal.is_sign_in() {
                Ending::Failed(reason(&refusal) + &ways_to_sign_in(hello))
            } else {
                Ending::refused(&refusal)
            }
        })?;
        match told["sessionId"].as_str() {
            Some(id) => Ok(Session {
                id: id.to_owned(),
                remembers: false,
                told,
            }),
            None => Err(Ending::failed("the agent opened no conversation")),
        }
    }

    /// Asks for the configured model by the way the agent offers, and tells which one answers.
    async fn choose_model(&self, session: &Session) {
        let offer = Offer::of(&session.told);
        let Some(wanted) = self.order.model.as_deref() else {
            return lock(self.report).model(&offer.current);
        };
        let answer = match (&offer.option, offer.has(wanted)) {
            _ if offer.current == wanted => Ok(Value::Null),
            (Some(option), true) => self.wire.set_option(&session.id, option, wanted).await,
            (None, true) => self.wire.set_model(&session.id, wanted).await,
            (_, false) => {
                self.warn(&offer.without(wanted));
                return lock(self.report).model(&offer.current);
            }
        };
        match answer {
            Ok(_) => lock(self.report).model(wanted),
            Err(refusal) => {
                self.warn(&format!(
                    "the agent does not take the model {wanted}: {}",
                    reason(&refusal)
                ));
                lock(self.report).model(&offer.current);
            }
        }
    }

    fn warn(&self, text: &str) {
        lock(self.report).tell(AgentEvent::Warning { text: text.into() });
    }

    /// What to say: to an agent that was to go on and has forgotten everything, all of it.
    fn text(&self, session: &Session) -> Result<String, String> {
        match &self.order.handover {
            Some(whole) if !session.remembers => read_prompt(whole),
            _ => read_prompt(self.prompt),
        }
    }

    async fn prompt(
        &self,
        session: &str,
        text: String,
        mut stop: UnboundedReceiver<()>,
    ) -> Result<Value, Refusal> {
        let mut answer = pin!(self.wire.prompt(session, text).fuse());
        match select(&mut answer, stop.next()).await {
            Either::Left((answer, _)) => answer,
            Either::Right(_) => {
                lock(self.report).stopping();
                self.wire.cancel(session);
                answer.await
            }
        }
    }
}

/// The models an agent offers, in one of the two ways there are.
#[derive(Debug, Default, PartialEq)]
struct Offer {
    /// The option by which one is chosen, where it is one.
    option: Option<String>,
    current: String,
    names: Vec<String>,
}

impl Offer {
    fn of(told: &Value) -> Self {
        let string = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let names = |list: &Value, field: &str| -> Vec<String> {
            let list = list.as_array().into_iter().flatten();
            list.map(|entry| string(&entry[field])).collect()
        };
        let options = told["configOptions"].as_array().into_iter().flatten();
        let mut options = options.filter(|option| option["type"] == "select");
        if let Some(option) = options.find(|option| option["category"] == "model") {
            return Self {
                option: Some(string(&option["id"])),
                current: string(&option["currentValue"]),
                names: names(&option["options"], "value"),
            };
        }
        let models = &told["models"];
        Self {
            option: None,
            current: string(&models["currentModelId"]),
            names: names(&models["availableModels"], "modelId"),
        }
    }

    fn has(&self, model: &str) -> bool {
        self.names.iter().any(|name| name == model)
    }

    fn without(&self, wanted: &str) -> String {
        if self.names.is_empty() {
            return format!("the agent offers no choice of models; {wanted} is not asked for");
        }
        format!(
            "the agent does not offer the model {wanted}; it offers {}",
            self.names.join(", ")
        )
    }
}

/// What the agent says of the end of its turn.
fn ending(answer: &Value) -> Ending {
    match answer["stopReason"].as_str().unwrap_or_default() {
        "end_turn" => Ending::Ended,
        "max_tokens" => Ending::failed("the model's answer grew too long (max_tokens)"),
        "max_turn_requests" => {
            Ending::failed("the agent asked its model too often in one turn (max_turn_requests)")
        }
        "refusal" => Ending::failed("the model refused to go on (refusal)"),
        "cancelled" => Ending::failed("the turn was cancelled"),
        other => Ending::failed(format!(
            "the agent stopped for a reason that is not known: {other:?}"
        )),
    }
}

/// A refusal as one sentence, with what agents put beside their message.
fn reason(refusal: &Refusal) -> String {
    let Refusal::Error {
        code,
        message,
        data,
    } = refusal
    else {
        return "it closed the conversation".into();
    };
    let beside = [
        &data["details"],
        &data["message"],
        &data["error"]["message"],
        &data["errorMessage"],
        data,
    ];
    let beside = beside.into_iter().find_map(Value::as_str);
    let beside = beside.filter(|beside| !message.contains(*beside));
    let beside = beside.map_or_else(String::new, |beside| format!(": {beside}"));
    if refusal.is_sign_in() {
        return format!("the agent is not signed in: {message}{beside}");
    }
    format!("the agent reported an error: {message}{beside} ({code})")
}

/// The way to sign in that needs nobody: a key that is in the environment.
fn by_environment(hello: &Value, is_set: impl Fn(&str) -> bool) -> Option<String> {
    const KEYS: [(&str, &str); 4] = [
        ("gemini-api-key", "GEMINI_API_KEY"),
        ("openai", "OPENAI_API_KEY"),
        ("openai-api-key", "OPENAI_API_KEY"),
        ("api-key", "OPENAI_API_KEY"),
    ];
    let methods = hello["authMethods"].as_array()?;
    let fits = |method: &&Value| {
        let id = method["id"].as_str().unwrap_or_default();
        let named = method["vars"].as_array().into_iter().flatten();
        let mut named = named.filter_map(|var| var["name"].as_str());
        let by_name =
            method["type"] == "env_var" && named.clone().count() > 0 && named.all(&is_set);
        by_name || KEYS.iter().any(|(known, key)| *known == id && is_set(key))
    };
    let method = methods.iter().find(fits)?;
    Some(method["id"].as_str()?.to_owned())
}

fn ways_to_sign_in(hello: &Value) -> String {
    let methods = hello["authMethods"].as_array().into_iter().flatten();
    let ways =
        methods.filter_map(|method| method["description"].as_str().or(method["name"].as_str()));
    let ways: Vec<&str> = ways.collect();
    if ways.is_empty() {
        return String::new();
    }
    format!(" (it offers: {})", ways.join("; "))
}

#[cfg(test)]
mod tests;
