//! What real clients printed, as events: nothing that a user would want is dropped, and nothing breaks on what they did
//! not print.
//!
//! The transcripts of real clients are not part of the repository. What is mangled is made from the fixtures that are.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use proptest::prelude::*;

use super::*;

fn line(bytes: &[u8]) -> Line {
    Line {
        bytes: bytes.to_vec(),
        cut: false,
    }
}

/// An event in a few words.
fn words(event: AgentEvent) -> String {
    match event {
        AgentEvent::Session { .. } => "session".into(),
        AgentEvent::Model { name } => format!("model {name}"),
        AgentEvent::ToolCall { name, .. } => format!("call {name}"),
        AgentEvent::ToolResult { ok, .. } => format!("result {ok}"),
        AgentEvent::FileChange { change, .. } => format!("file {change}"),
        AgentEvent::Retry {
            reason,
            attempt,
            max,
            ..
        } => format!("retry {attempt}/{max} {reason}"),
        AgentEvent::PermissionDenied { tool, allow, .. } => {
            format!("denied {tool}, allowed by {allow:?}")
        }
        AgentEvent::Usage { input, output, .. } => format!("usage {input} {output}"),
        AgentEvent::Cost { usd } => format!("cost {usd:.5}"),
        AgentEvent::Warning { text } => format!("warning {text}"),
        AgentEvent::Text { text } => format!("text {text}"),
        AgentEvent::Unknown { raw } => format!("unknown {raw}"),
        AgentEvent::End { ok, reason } => format!("end {ok} {reason}"),
        other => format!("{other:?}"),
    }
}

fn read(folder: &Path, name: &str) -> Vec<String> {
    let format = if name.starts_with("claude") {
        Format::Claude
    } else {
        Format::Codex
    };
    let bytes = std::fs::read(folder.join(format!("{name}.jsonl"))).unwrap();
    let lines = bytes.split(|byte| *byte == b'\n');
    let events = lines.flat_map(|bytes| events(format, &line(bytes)));
    events.map(words).collect()
}

/// What each has to tell, by how an event begins.
const EXPECTED: &[(&str, &[&str])] = &[
    (
        "claude",
        &[
            "session",
            "model ",
            "text ",
            "call Bash",
            "result true",
            "usage ",
            "cost 0.0",
            "end true",
        ],
    ),
    (
        "claude.rate",
        &[
            "retry 1/10 rate limit (429)",
            "retry 2/10 rate limit (429)",
            "cost 0.01136",
            "end true",
        ],
    ),
    (
        "claude.noperm_dontask",
        &[
            "denied Bash, allowed by Some(\"Bash\")",
            "result false",
            "end true",
        ],
    ),
    ("claude.auth_max0", &["session", "warning ", "end false"]),
    ("claude.context", &["session", "end false"]),
    ("claude.budget", &["call Bash", "cost 0.", "end false"]),
    ("claude.maxturns", &["call Bash", "cost 0.", "end false"]),
    (
        "claude.int_tool",
        &[
            "call Bash",
            "result false",
            "end false the agent was interrupted",
        ],
    ),
    ("claude.term_tool", &["session", "call Bash"]),
    (
        "claude.mcp",
        &["call mcp__note__note", "result true", "end true"],
    ),
    (
        "claude.partial",
        &["text ", "call Bash", "result true", "end true"],
    ),
    ("claude.crash_resume", &["session", "text ", "end true"]),
    (
        "codex",
        &[
            "session",
            "text ",
            "call shell",
            "result true",
            "usage ",
            "end true",
        ],
    ),
    ("codex.failure", &["session", "retry ", "end false"]),
    ("codex.context", &["session", "end false"]),
    (
        "codex.rate1",
        &["session", "retry ", "call shell", "end true"],
    ),
    ("codex.mcp", &["call note.note", "result true", "end true"]),
    ("codex.patch", &["file ", "end true"]),
    ("codex.int_tool", &["session", "call shell"]),
    ("codex.ws_fail", &["call shell", "result false", "end true"]),
    ("codex.crash_resume", &["session", "text ", "end true"]),
];

#[test]
fn what_real_clients_print_is_told() {
    let Some(folder) = crate::transcript::real() else {
        return;
    };
    let mut wrong = Vec::new();
    for (name, expected) in EXPECTED {
        let told = read(&folder, name);
        let is_told = |wanted: &&&str| told.iter().any(|words| words.starts_with(**wanted));
        let missing: Vec<_> = expected.iter().filter(|wanted| !is_told(wanted)).collect();
        let unknown = told.iter().any(|words| words.starts_with("unknown "));
        if !missing.is_empty() || unknown {
            wrong.push(format!("{name} lacks {missing:?}: {told:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

const PRINTED: &[&str] = &[
    include_str!("../../tests/fixtures/claude/success.jsonl"),
    include_str!("../../tests/fixtures/claude/retry_and_denial.jsonl"),
    include_str!("../../tests/fixtures/claude/odd.jsonl"),
];

/// One line of the fixtures, cut, spoilt, or with another one in the middle of it.
fn mangled() -> impl Strategy<Value = Vec<u8>> {
    let lines: Vec<&'static str> = PRINTED.iter().flat_map(|text| text.lines()).collect();
    let one = prop::sample::select(lines);
    (
        one.clone(),
        one,
        any::<prop::sample::Index>(),
        any::<u8>(),
        0..5u8,
    )
        .prop_map(|(first, second, at, byte, how)| {
            let mut bytes = first.as_bytes().to_vec();
            let at = at.index(bytes.len().max(1));
            match how {
                0 => bytes.truncate(at),
                1 => bytes.splice(at..at, second.bytes()).for_each(drop),
                2 => bytes
                    .get_mut(at)
                    .into_iter()
                    .for_each(|found| *found = byte),
                3 => bytes.drain(..at).for_each(drop),
                _ => {}
            }
            bytes
        })
}

proptest! {
    #[test]
    fn no_line_breaks_anything_or_vanishes(lines in prop::collection::vec(mangled(), 0..20)) {
        let formats = [
            Format::Claude,
            Format::Codex,
            Format::Configured(OutputMode::Auto),
            Format::Configured(OutputMode::JsonLines),
            Format::Configured(OutputMode::Text),
        ];
        for format in formats {
            for bytes in &lines {
                let line = line(bytes);
                let told = events(format, &line);
                let json = serde_json::to_string(&told).unwrap();
                let back: Vec<AgentEvent> = serde_json::from_str(&json).unwrap();
                prop_assert_eq!(&back, &told);
                // What is no JSON at all is kept as it is.
                let text = String::from_utf8_lossy(bytes);
                if object(text.trim_end()).is_none() && !text.trim_end().is_empty() {
                    prop_assert_eq!(told.len(), 1);
                }
            }
        }
    }
}
