//! What an agent told while it was tried, as `chant agents test` goes by it.

use chant_agent::{AgentEvent, Login};

use crate::event::Event;
use crate::run::Report;

/// What its events told.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) spoke: bool,
    pub(super) session: Option<String>,
    model: Option<String>,
    tools: u32,
    denied: Option<String>,
    /// How it ended, in its own words.
    ended: Option<String>,
}

impl Seen {
    pub(super) fn note(&mut self, event: &Event) {
        let Event::Agent(event) = event else { return };
        match event {
            AgentEvent::Session { id } => self.session = Some(id.clone()),
            AgentEvent::Model { name } => self.model = Some(name.clone()),
            AgentEvent::ToolResult { ok, .. } => {
                self.spoke = true;
                self.tools += u32::from(*ok);
            }
            AgentEvent::PermissionDenied { tool, reason, .. } => {
                self.denied = Some(format!("permission for {tool} was not given: {reason}"));
            }
            AgentEvent::End { ok: false, reason } => self.ended = Some(reason.clone()),
            AgentEvent::Text { .. }
            | AgentEvent::Thinking { .. }
            | AgentEvent::ToolCall { .. }
            | AgentEvent::FileChange { .. } => self.spoke = true,
            _ => {}
        }
    }

    /// Why nothing landed. For how long a run would wait is of no interest here.
    pub(super) fn reason<'a>(&'a self, report: &'a Report) -> &'a str {
        self.ended.as_deref().unwrap_or(&report.reason)
    }

    /// What to look at, where its provider did not let it in.
    pub(super) fn way_in(&self, login: &Login) -> Option<String> {
        const SIGNS: [&str; 7] = [
            "401",
            "403",
            "api key",
            "logged in",
            "log in",
            "login",
            "authenticat",
        ];
        let reason = self.ended.as_deref()?.to_lowercase();
        if !SIGNS.iter().any(|sign| reason.contains(sign)) {
            return None;
        }
        Some(match login {
            Login::Yes { by } => {
                format!("its key or login is in {by}: make sure that its provider still takes it")
            }
            Login::No { hint } => hint.clone(),
            Login::Unknown { why } => why.clone(),
        })
    }

    pub(super) fn started(&self, report: &Report) -> String {
        match (&self.model, self.spoke) {
            (Some(model), true) => format!("it answers with the model {model}"),
            (None, true) => "it answers".to_owned(),
            (_, false) if self.reason(report).is_empty() => "it said nothing".to_owned(),
            (_, false) => self.reason(report).to_owned(),
        }
    }

    pub(super) fn command(&self, ran: bool) -> String {
        match (ran, &self.denied) {
            (true, _) if self.tools > 0 => {
                format!("checked.txt, as asked; {} tools ran", self.tools)
            }
            (true, _) => "checked.txt, as asked".to_owned(),
            (false, Some(denied)) => denied.clone(),
            (false, None) => "checked.txt is not what the command would have left".to_owned(),
        }
    }

    pub(super) fn cost(report: &Report) -> Option<String> {
        let tokens = report.input_tokens + report.output_tokens;
        match (report.cost_usd, tokens) {
            (Some(usd), _) => Some(format!("{usd:.4} US dollars, {tokens} tokens")),
            (None, 0) => None,
            (None, tokens) => Some(format!("{tokens} tokens")),
        }
    }
}
