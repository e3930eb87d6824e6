//! One run on the board: what it is doing now, since when, and what it has cost.

use std::time::Duration;

use chant_agent::AgentEvent;
use chant_engine::event::Event;

/// What a run has used.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Spent {
    /// Tokens in and out.
    pub tokens: u64,
    /// US dollars, where the agent says.
    pub usd: Option<f64>,
}

impl Spent {
    /// Both together.
    pub(crate) fn and(self, other: Self) -> Self {
        let usd = match (self.usd, other.usd) {
            (None, None) => None,
            (one, other) => Some(one.unwrap_or_default() + other.unwrap_or_default()),
        };
        Self {
            tokens: self.tokens + other.tokens,
            usd,
        }
    }
}

/// A run that is not over.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    /// The spec's id.
    pub spec: String,
    /// In a few words.
    pub doing: String,
    /// When it began, on the board's clock.
    pub since: Duration,
    /// Its checks have passed; it waits for its turn to land.
    pub finished: bool,
    /// By agent processes that are over.
    before: Spent,
    /// By the present one.
    now: Spent,
}

impl Row {
    /// A run that has just been started, and has used something where it was before.
    pub(crate) fn new(spec: &str, since: Duration, before: Spent) -> Self {
        Self {
            spec: spec.to_owned(),
            doing: "begins".to_owned(),
            since,
            finished: false,
            before,
            now: Spent::default(),
        }
    }

    /// Used so far.
    pub(crate) fn spent(&self) -> Spent {
        self.before.and(self.now)
    }

    /// Its checks passed.
    pub(crate) fn finish(&mut self) {
        self.finished = true;
        "waits for its turn to land".clone_into(&mut self.doing);
    }

    /// Takes note of an event of the run.
    pub(crate) fn hear(&mut self, event: &Event) {
        match event {
            Event::Step { name } => self.step(name),
            Event::Agent(event) => self.agent(event),
            Event::Check { name, passed, .. } => {
                let how = if *passed { "passed" } else { "failed" };
                self.doing = format!("check {how}: {name}");
            }
            Event::ProofRow { row } => {
                self.doing = format!("proof: {}", row.side.shown());
            }
            _ => {}
        }
    }

    fn step(&mut self, name: &str) {
        if name == "agent" {
            // A new process of the agent counts from nothing again.
            self.before = self.spent();
            self.now = Spent::default();
        }
        name.clone_into(&mut self.doing);
        if let Some(words) = in_words(name) {
            words.clone_into(&mut self.doing);
        }
    }

    fn agent(&mut self, event: &AgentEvent) {
        match event {
            AgentEvent::Text { text } => {
                if let Some(line) = text.lines().rfind(|line| !line.trim().is_empty()) {
                    line.trim().clone_into(&mut self.doing);
                }
            }
            AgentEvent::ToolCall { name, input, .. } => {
                format!("{name} {input}")
                    .trim_end()
                    .clone_into(&mut self.doing);
            }
            AgentEvent::Retry {
                reason, delay_ms, ..
            } => {
                let seconds = delay_ms.div_ceil(1000);
                self.doing = format!("tries again in {seconds}s: {reason}");
            }
            AgentEvent::Usage { input, output, .. } => self.now.tokens = input + output,
            AgentEvent::Cost { usd } => self.now.usd = Some(*usd),
            _ => {}
        }
    }
}

/// A step as what is going on.
fn in_words(step: &str) -> Option<&'static str> {
    Some(match step {
        "worktree" | "provision" => "prepares the worktree",
        "agent" => "the agent works",
        "collect" | "judge" => "looks at the result",
        "verify" => "checks",
        "land" | "checkout" | "record" | "clean" => "lands",
        _ => return None,
    })
}
