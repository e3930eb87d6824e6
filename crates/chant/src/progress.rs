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
    match event {
        AgentEvent::Text { text } => text
            .lines()
            .filter(|line| !line.trim().is_empty())
            .map(|line| Line::new(Weight::Normal, "agent", line))
            .collect(),
        AgentEvent::ToolCall { name, input, .. } => vec![Line::new(
            Weight::Normal,
            "tool",
            format!("{name} {input}").trim_end(),
        )],
        AgentEvent::ToolResult {
            ok: false, text, ..
        } => vec![Line::new(
            Weight::Warning,
            "tool",
            format!("failed: {}", first_line(text)),
        )],
        AgentEvent::Retry {
            reason,
            attempt,
            delay_ms,
            ..
        } => {
            vec![Line::new(
                Weight::Warning,
                "retry",
                format!(
                    "{attempt}: {reason}, again in {} s",
                    delay_ms.div_ceil(1000)
                ),
            )]
        }
        AgentEvent::Limit { reason, .. } => vec![Line::new(Weight::Warning, "limit", reason)],
        AgentEvent::PermissionRequest { tool, input, .. } => vec![Line::new(
            Weight::Normal,
            "asks",
            format!("{tool} {input}").trim_end(),
        )],
        AgentEvent::Compacted { reason, .. } => vec![Line::new(
            Weight::Warning,
            "compacts",
            format!("the conversation grew too long and was summarised by the agent ({reason})")
                .trim_end_matches(" ()"),
        )],
        AgentEvent::PermissionDenied {
            tool,
            input,
            reason,
            ..
        } => {
            let used = format!("{tool} {input}");
            vec![Line::new(
                Weight::Warning,
                "denied",
                format!("{}: {reason}", used.trim_end()).trim_end_matches(": "),
            )]
        }
        AgentEvent::Warning { text } => vec![Line::new(Weight::Warning, "warning", text)],
        AgentEvent::Stderr { text } => vec![Line::new(Weight::Detail, "stderr", text)],
        AgentEvent::Model { name } => vec![Line::new(Weight::Detail, "model", name)],
        AgentEvent::Cost { usd } => vec![Line::new(Weight::Detail, "cost", format!("${usd:.4}"))],
        AgentEvent::Usage { input, output, .. } => vec![Line::new(
            Weight::Detail,
            "tokens",
            format!("{input} in, {output} out"),
        )],
        AgentEvent::FileChange { path, change } => vec![Line::new(
            Weight::Detail,
            "file",
            format!("{change} {path}"),
        )],
        AgentEvent::Thinking { text } => {
            vec![Line::new(Weight::Detail, "thinks", first_line(text))]
        }
        AgentEvent::Unknown { raw } => vec![Line::new(Weight::Detail, "unknown", first_line(raw))],
        AgentEvent::Session { .. } | AgentEvent::End { .. } | AgentEvent::ToolResult { .. } => {
            Vec::new()
        }
    }
}

fn first_line(text: &str) -> &str {
    text.lines()
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default()
}
