//! The one stream of events that describes a run. The terminal, `--json`, the run's `events.jsonl` and
//! `chant log` all read this.

use std::borrow::Cow;
use std::sync::mpsc::Receiver;

use chant_agent::redact::Redactor;
use chant_agent::{AgentEvent, Control};
use chant_os::tree::Guard;
use serde::{Deserialize, Serialize};

/// Receives events as they happen.
pub type Sink<'a> = &'a mut dyn FnMut(&Event);

/// What a run needs from outside.
pub struct Surroundings<'a> {
    /// A person's wish to stop: once asks, twice kills.
    pub control: &'a Receiver<Control>,
    /// Who hears of it.
    pub sink: Sink<'a>,
    /// How to start a guard process.
    pub guard: Guard,
}

/// Something that happened in a run.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A run began, or goes on.
    RunStarted {
        /// The run's id.
        run: String,
        /// The spec's id.
        spec: String,
        /// The spec's title.
        title: String,
        /// 1 for the first attempt.
        attempt: u32,
        /// The agent's name.
        agent: String,
        /// The run's branch.
        branch: String,
        /// Whether it goes on where an earlier one was interrupted.
        resumed: bool,
    },
    /// A step began.
    Step {
        /// The step's name.
        name: String,
    },
    /// Something the agent did or said.
    Agent(
        /// The agent's event.
        AgentEvent,
    ),
    /// A check ended.
    Check {
        /// What it is called.
        name: String,
        /// Whether what was expected happened.
        passed: bool,
        /// One sentence.
        outcome: String,
    },
    /// One side of a red-to-green proof was run.
    ProofRow {
        /// What it showed.
        row: crate::proof::Row,
    },
    /// A red-to-green proof ended.
    Proof {
        /// What follows from it.
        verdict: crate::proof::Verdict,
        /// One sentence.
        sentence: String,
    },
    /// Something in the result that a person should look at.
    Concern {
        /// What and where.
        concern: crate::concern::Concern,
    },
    /// Something worth knowing.
    Note {
        /// One sentence.
        text: String,
    },
    /// Something worth a look.
    Warning {
        /// One sentence.
        text: String,
    },
    /// The result is on the main branch.
    Landed {
        /// The branch.
        branch: String,
        /// The commit; absent where git had nothing to land (silent research).
        commit: Option<String>,
    },
    /// The run is over, or waits.
    Ended {
        /// The run's state.
        state: String,
        /// Why, one sentence; empty for a landing.
        reason: String,
    },
}

impl Event {
    /// The same without secrets. An agent's own have come without any.
    pub(crate) fn without_secrets(&self) -> Cow<'_, Self> {
        if matches!(self, Self::Agent(_)) {
            return Cow::Borrowed(self);
        }
        let clean = || {
            let json = serde_json::to_string(self).ok()?;
            match Redactor::of_user().text(&json) {
                Cow::Borrowed(_) => None,
                Cow::Owned(clean) => serde_json::from_str(&clean).ok(),
            }
        };
        clean().map_or(Cow::Borrowed(self), Cow::Owned)
    }
}

/// An event with its time, as a line of `events.jsonl`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Stamped {
    /// RFC 3339.
    pub at: String,
    /// The event.
    #[serde(flatten)]
    pub event: Event,
}
