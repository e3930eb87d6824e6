//! What the agent does, as chant's events.
//!
//! Owns what has to be remembered between two messages, and the way to whoever listens. An update of an unknown kind is kept
//! as it came: what a later version of the protocol says is never an error.

use std::io::Write;

use chant_agent::{AgentEvent, pattern_for};
use serde_json::{Value, json};

use crate::{
    calls::{self, Calls},
    permission::{self, Permissions},
    speech::{self, Speech, Tone},
    spending::{self, Spending},
    wire::Listener,
};

/// What is known of the turn so far.
pub(crate) struct Report<W> {
    out: W,
    /// What is written next, at once: output that is passed on line by line looks at every piece of one.
    line: Vec<u8>,
    permissions: Permissions,
    speech: Option<Speech>,
    calls: Calls,
    spending: Spending,
    model: Option<String>,
    /// What an agent tells again of an old conversation is no news.
    mute: bool,
    stopping: bool,
}

impl<W: Write + Send> Report<W> {
    pub(crate) fn new(out: W, permissions: Permissions) -> Self {
        Self {
            out,
            line: Vec::new(),
            permissions,
            speech: None,
            calls: Calls::default(),
            spending: Spending::default(),
            model: None,
            mute: false,
            stopping: false,
        }
    }

    /// Tells an event, now.
    pub(crate) fn tell(&mut self, event: AgentEvent) {
        let event = event.bounded();
        self.line.clear();
        // When nobody listens any more, the guard ends this process.
        let _ = serde_json::to_writer(&mut self.line, &event)
            .map_err(std::io::Error::from)
            .and_then(|()| {
                self.line.push(b'\n');
                self.out.write_all(&self.line)
            })
            .and_then(|()| self.out.flush());
    }

    fn tell_all(&mut self, events: Vec<AgentEvent>) {
        for event in events {
            self.tell(event);
        }
    }

    /// Tells the model that answers, once for each. `default` is the name of none.
    pub(crate) fn model(&mut self, name: &str) {
        if !matches!(name, "" | "default") && self.model.as_deref() != Some(name) {
            self.model = Some(name.to_owned());
            self.tell(AgentEvent::Model { name: name.into() });
        }
    }

    /// A line that is no message of the protocol.
    pub(crate) fn stray(&mut self, line: &str) {
        if !line.trim().is_empty() {
            self.tell(AgentEvent::Unknown { raw: line.into() });
        }
    }

    /// From here on an old conversation is told again, until [`Report::begin`].
    pub(crate) fn mute(&mut self) {
        self.mute = true;
    }

    /// The turn begins.
    pub(crate) fn begin(&mut self) {
        self.mute = false;
        self.spending.begin();
    }

    /// The turn is being stopped: nothing is allowed any more.
    pub(crate) fn stopping(&mut self) {
        self.stopping = true;
    }

    /// The turn is over; `answer` is the agent's to the prompt.
    pub(crate) fn end(&mut self, answer: &Value) {
        let mut events: Vec<_> = speech::end(&mut self.speech).into_iter().collect();
        events.extend(self.calls.end());
        events.extend(spending::usage(answer));
        self.tell_all(events);
        if let Some(model) = answer["_meta"]["quota"]["model_usage"][0]["model"].as_str() {
            self.model(model);
        }
    }

    fn update(&mut self, update: &Value) {
        if let Some(model) = update["_meta"]["_claude/model"].as_str() {
            self.model(model);
        }
        let kind = update["sessionUpdate"].as_str().unwrap_or_default();
        let mut events = match kind {
            "agent_message_chunk" => self.say(Tone::Loud, update),
            "agent_thought_chunk" => self.say(Tone::Thought, update),
            // About the conversation, not of it.
            "usage_update" => return self.spent(update),
            "user_message_chunk"
            | "available_commands_update"
            | "current_mode_update"
            | "config_option_update"
            | "session_info_update" => return,
            _ => speech::end(&mut self.speech).into_iter().collect(),
        };
        match kind {
            "agent_message_chunk" | "agent_thought_chunk" => {}
            "tool_call" => events.extend(self.calls.update(update, true)),
            "tool_call_update" => events.extend(self.calls.update(update, false)),
            "plan" => events.extend(plan(update)),
            _ => events.push(AgentEvent::Unknown {
                raw: update.to_string(),
            }),
        }
        self.tell_all(events);
    }

    fn say(&mut self, tone: Tone, update: &Value) -> Vec<AgentEvent> {
        let message = update["messageId"].as_str().unwrap_or_default();
        match calls::text_of(&update["content"]) {
            Some(text) => speech::add(&mut self.speech, tone, message, &text),
            None => Vec::new(),
        }
    }

    fn spent(&mut self, update: &Value) {
        if let Some(event) = self.spending.cost(update) {
            self.tell(event);
        }
    }

    fn permission(&mut self, question: &Value) -> Value {
        if self.stopping {
            return permission::cancelled();
        }
        let call = &question["toolCall"];
        let mut events: Vec<_> = speech::end(&mut self.speech).into_iter().collect();
        events.extend(self.calls.update(call, false));
        let id = call["toolCallId"].as_str().unwrap_or_default();
        let (tool, input) = self.calls.told(id);
        let decision = self.permissions.decide(&tool, &input, &question["options"]);
        if !decision.granted {
            let reason = if decision.unlisted {
                "nobody is there to be asked, and `allow:` does not list it"
            } else {
                "the agent offers no way to allow it"
            };
            events.push(AgentEvent::PermissionDenied {
                allow: decision.unlisted.then(|| pattern_for(&tool, &input)),
                tool,
                input,
                reason: reason.to_owned(),
            });
        }
        self.tell_all(events);
        decision.answer
    }
}

impl<W: Write + Send> Listener for Report<W> {
    fn notified(&mut self, method: &str, params: &Value) {
        match method {
            "session/update" if self.mute => {
                // Only the money is taken note of: it was spent before.
                if params["update"]["sessionUpdate"] == "usage_update" {
                    self.spent(&params["update"]);
                }
            }
            "session/update" => self.update(&params["update"]),
            "$/cancel_request" => {}
            _ => self.tell(raw(method, params)),
        }
    }

    fn asked(&mut self, method: &str, params: &Value) -> Option<Value> {
        if method == "session/request_permission" {
            return Some(self.permission(params));
        }
        self.tell(raw(method, params));
        None
    }
}

fn raw(method: &str, params: &Value) -> AgentEvent {
    AgentEvent::Unknown {
        raw: json!({"method": method, "params": params}).to_string(),
    }
}

/// A plan as a list for people. It is the agent's thinking: what is done is told by what it does.
fn plan(update: &Value) -> Option<AgentEvent> {
    let entries = update["entries"].as_array()?;
    let lines = entries.iter().map(|entry| {
        let mark = match entry["status"].as_str() {
            Some("completed") => "x",
            Some("in_progress") => ">",
            _ => " ",
        };
        format!(
            "- [{mark}] {}",
            entry["content"].as_str().unwrap_or_default()
        )
    });
    let lines: Vec<String> = lines.collect();
    (!lines.is_empty()).then(|| AgentEvent::Thinking {
        text: format!("plan:\n{}", lines.join("\n")),
    })
}

#[cfg(test)]
mod tests;
