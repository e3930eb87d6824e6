//! A run's events as lines for people. The same lines are shown live and by `chant log`.

use chant_agent::AgentEvent;
use chant_engine::event::Event;
use chant_engine::proof::{Row, Side, Verdict};

/// How important a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    /// What a person follows.
    Normal,
    /// Good news.
    Good,
    /// Bad news.
    Bad,
    /// Worth a look.
    Warning,
    /// Only with `-v`.
    Detail,
}

/// One line of progress: a word that says what it is, and the rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// How important it is.
    pub weight: Weight,
    /// `agent`, `tool`, `check`, `landed`, …
    pub word: &'static str,
    /// The rest, from outside: not yet safe for a terminal.
    pub text: String,
}

impl Line {
    fn new(weight: Weight, word: &'static str, text: impl Into<String>) -> Self {
        Self {
            weight,
            word,
            text: text.into(),
        }
    }
}

/// The lines of an event; most have one, some none.
pub(crate) fn lines(event: &Event) -> Vec<Line> {
    match event {
        Event::RunStarted {
            spec,
            title,
            attempt,
            agent,
            branch,
            resumed,
            ..
        } => {
            let how = if *resumed { "goes on" } else { "begins" };
            vec![
                Line::new(Weight::Normal, "spec", format!("{spec}  {title}")),
                Line::new(
                    Weight::Detail,
                    "run",
                    format!("{how}: agent {agent}, attempt {attempt}, branch {branch}"),
                ),
            ]
        }
        Event::Step { name } => vec![Line::new(Weight::Detail, "step", name)],
        Event::Agent(event) => agent(event),
        Event::Check {
            name,
            passed: true,
            outcome,
        } => vec![Line::new(
            Weight::Good,
            "check",
            format!("{name}: {outcome}"),
        )],
        Event::Check {
            name,
            passed: false,
            outcome,
        } => vec![Line::new(
            Weight::Bad,
            "check",
            format!("{name}: {outcome}"),
        )],
        Event::ProofRow { row } => vec![Line::new(
            if row.holds { Weight::Good } else { Weight::Bad },
            "proof",
            proof_row(row),
        )],
        Event::Proof { verdict, sentence } => vec![Line::new(
            if *verdict == Verdict::Proven {
                Weight::Good
            } else {
                Weight::Bad
            },
            "proof",
            format!("{}: {sentence}", verdict.shown()),
        )],
        Event::Concern { concern } => {
            vec![Line::new(Weight::Warning, "look at", concern.to_string())]
        }
        Event::Note { text } => vec![Line::new(Weight::Normal, "note", text)],
        Event::Warning { text } => vec![Line::new(Weight::Warning, "warning", text)],
        Event::Landed { branch, commit } => vec![landed(branch, commit.as_deref())],
        Event::Ended { state, .. } if state == "completed" || state == "finished" => Vec::new(),
        Event::Ended { state, reason } => vec![Line::new(
            Weight::Bad,
            "ended",
            format!("{}: {reason}", state.replace('_', " ")),
        )],
    }
}

/// One row of a proof: which side, what the runs showed, and what it means.
pub(crate) fn proof_row(row: &Row) -> String {
    let text = if row.side == Side::Suite {
        format!("{:<20} {}: {}", row.side.shown(), row.run, row.found)
    } else {
        format!(
            "{:<20} {:<14} {}",
            row.side.shown(),
            row.counts.shown(),
            row.found
        )
    };
    match row.same_as {
        Some(side) => format!("{text} (the same tree as {}, run once)", side.shown()),
        None => text,
    }
}

fn landed(branch: &str, commit: Option<&str>) -> Line {
    match commit {
        Some(commit) => Line::new(
            Weight::Good,
            "landed",
            format!("on {branch} as {}", commit.get(..10).unwrap_or(commit)),
        ),
        None => Line::new(
            Weight::Good,
            "landed",
            "nothing to commit: only files that git does not know changed",
        ),
    }
}

fn agent(event: &AgentEvent) -> Vec<Line> {
    if let AgentEvent::Text { text } = event {
        let said = text.lines().filter(|line| !line.trim().is_empty());
        return said
            .map(|line| Line::new(Weight::Normal, "agent", line))
            .collect();
    }
    did(event).or_else(|| told(event)).into_iter().collect()
}

/// What it does, and what comes in its way.
fn did(event: &AgentEvent) -> Option<Line> {
    let used = |tool: &str, input: &str| format!("{tool} {input}").trim_end().to_owned();
    let (weight, word, text) = match event {
        AgentEvent::ToolCall { name, input, .. } => (Weight::Normal, "tool", used(name, input)),
        AgentEvent::ToolResult {
            ok: false, text, ..
        } => {
            let text = format!("failed: {}", first_line(text));
            (Weight::Warning, "tool", text)
        }
        AgentEvent::FileChange { path, change } => {
            (Weight::Detail, "file", format!("{change} {path}"))
        }
        AgentEvent::PermissionRequest { tool, input, .. } => {
            (Weight::Normal, "asks", used(tool, input))
        }
        AgentEvent::PermissionDenied {
            tool,
            input,
            reason,
            ..
        } => {
            let text = format!("{}: {reason}", used(tool, input));
            let text = text.trim_end_matches(": ").to_owned();
            (Weight::Warning, "denied", text)
        }
        AgentEvent::Retry {
            reason,
            attempt,
            delay_ms,
            ..
        } => {
            let seconds = delay_ms.div_ceil(1000);
            let text = format!("{attempt}: {reason}, again in {seconds} s");
            (Weight::Warning, "retry", text)
        }
        AgentEvent::Limit { reason, .. } => (Weight::Warning, "limit", reason.clone()),
        AgentEvent::Compacted { reason, .. } => {
            let text = format!(
                "the conversation grew too long and was summarised by the agent ({reason})"
            );
            let text = text.trim_end_matches(" ()").to_owned();
            (Weight::Warning, "compacts", text)
        }
        _ => return None,
    };
    Some(Line::new(weight, word, text))
}

/// What it says of itself.
fn told(event: &AgentEvent) -> Option<Line> {
    let (weight, word, text) = match event {
        AgentEvent::Warning { text } => (Weight::Warning, "warning", text.clone()),
        AgentEvent::Stderr { text } => (Weight::Detail, "stderr", text.clone()),
        AgentEvent::Model { name } => (Weight::Detail, "model", name.clone()),
        AgentEvent::Cost { usd } => (Weight::Detail, "cost", format!("${usd:.4}")),
        AgentEvent::Usage { input, output, .. } => (
            Weight::Detail,
            "tokens",
            format!("{input} in, {output} out"),
        ),
        AgentEvent::Thinking { text } => (Weight::Detail, "thinks", first_line(text).to_owned()),
        AgentEvent::Unknown { raw } => (Weight::Detail, "unknown", first_line(raw).to_owned()),
        // Told above, or of no use to a person; a new kind has to be put somewhere.
        AgentEvent::Text { .. }
        | AgentEvent::ToolCall { .. }
        | AgentEvent::ToolResult { .. }
        | AgentEvent::FileChange { .. }
        | AgentEvent::PermissionRequest { .. }
        | AgentEvent::PermissionDenied { .. }
        | AgentEvent::Retry { .. }
        | AgentEvent::Limit { .. }
        | AgentEvent::Compacted { .. }
        | AgentEvent::Session { .. }
        | AgentEvent::End { .. } => return None,
    };
    Some(Line::new(weight, word, text))
}

fn first_line(text: &str) -> &str {
    text.lines()
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default()
}
