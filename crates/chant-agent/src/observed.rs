//! What a run's events add up to.

use std::time::Duration;

use chant_os::tree::Exit;

use crate::{AgentEvent, Bill, End, Outcome, excerpt};

/// The facts of a run so far that outlive the stream.
#[derive(Debug, Default)]
pub(crate) struct Observed {
    session: Option<String>,
    bill: Bill,
    last_text: Option<String>,
    acted: bool,
    /// The last line on standard error that is not blank.
    pub(crate) last_stderr: Option<String>,
    /// That its plan is used up, if that is the last it told: the reason, and when it is renewed.
    pub(crate) limit: Option<(String, Option<String>)>,
    /// What the agent itself said of its end: whether it succeeded, and why.
    pub(crate) claim: Option<(bool, String)>,
}

impl Observed {
    pub(crate) fn note(&mut self, event: &AgentEvent) {
        if went_on(event) {
            self.limit = None;
        }
        self.acted |= matches!(
            event,
            AgentEvent::ToolCall { .. } | AgentEvent::FileChange { .. }
        );
        self.bill.note(event);
        match event {
            AgentEvent::Session { id } => self.session = Some(id.clone()),
            AgentEvent::Text { text } => self.last_text = Some(text.clone()),
            AgentEvent::Stderr { text } if is_of_every_commit(text) => {}
            AgentEvent::Stderr { text } => self.last_stderr = Some(excerpt::one_line(text)),
            AgentEvent::Limit { reason, until } => {
                self.limit = Some((reason.clone(), until.clone()));
            }
            AgentEvent::End { ok, reason } => self.claim = Some((*ok, excerpt::one_line(reason))),
            _ => {}
        }
    }

    pub(crate) fn into_outcome(self, end: End, duration: Duration, exit: Exit) -> Outcome {
        let Self {
            session,
            bill,
            last_text,
            acted,
            ..
        } = self;
        Outcome {
            end,
            session,
            model: bill.model,
            usage: bill.usage,
            cost_usd: bill.usd,
            duration,
            progressed: acted || bill.usage.output > 0,
            last_text,
            exit,
        }
    }
}

/// Git says this at each commit in the sandbox, and commits all the same: it explains nothing that fails later.
fn is_of_every_commit(line: &str) -> bool {
    line.contains("/packed-refs.lock'")
}

/// Whether the event shows an agent at work, which it is not while its plan is used up.
fn went_on(event: &AgentEvent) -> bool {
    matches!(
        event,
        AgentEvent::Text { .. }
            | AgentEvent::Thinking { .. }
            | AgentEvent::ToolCall { .. }
            | AgentEvent::ToolResult { .. }
            | AgentEvent::FileChange { .. }
    )
}
