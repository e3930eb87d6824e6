//! Codex's events and ends, from lines written by hand and, where they are at hand, from real transcripts.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::PathBuf;

use chant_os::tree::{Exit, Line};

use super::*;
use crate::{
    AgentKind, End,
    observed::Observed,
    stream::{self, Format},
    verdict,
};

fn codex() -> AgentConfig {
    AgentConfig::new("main", AgentKind::Codex)
}

fn read(text: &str) -> Vec<AgentEvent> {
    text.lines()
        .flat_map(|line| {
            let line = Line {
                bytes: line.as_bytes().to_vec(),
                cut: false,
            };
            stream::events(Format::Codex, &line)
        })
        .collect()
}

fn end_of(events: &[AgentEvent], code: i32) -> End {
    let mut seen = Observed::default();
    for event in events {
        seen.note(event);
    }
    verdict::judge(&codex(), None, &seen, &Exit::Code(code))
}

#[track_caller]
fn check(line: &str, expect: &[AgentEvent]) {
    assert_eq!(read(line), expect);
}

#[test]
fn the_command_line_confines_it_unless_the_user_lifts_that() {
    let writable = [
        PathBuf::from("/r/.git/objects"),
        PathBuf::from("/r/a \"b\""),
    ];
    assert_eq!(
        arguments(&codex(), Some("gpt"), Some("id"), Some(&writable)),
        [
            "exec",
            "--sandbox",
            "workspace-write",
            "-c",
            r#"sandbox_workspace_write.writable_roots=["/r/.git/objects","/r/a \"b\""]"#,
            "--json",
            "--model",
            "gpt",
            "resume",
            "id",
            "-",
        ]
    );
    let free = AgentConfig {
        bypass_permissions: true,
        ..codex()
    };
    assert_eq!(
        arguments(&codex(), None, None, None)[1..3],
        ["--sandbox", "danger-full-access"],
        "what chant confines can not confine itself"
    );
    assert_eq!(
        arguments(&free, None, None, Some(&writable)),
        [
            "exec",
            "--dangerously-bypass-approvals-and-sandbox",
            "--json",
            "-"
        ]
    );
}

#[test]
fn a_command_is_a_call_and_its_result() {
    check(
        r#"{"type":"item.started","item":{"id":"i1","type":"command_execution","command":"ls -l","exit_code":null}}"#,
        &[AgentEvent::ToolCall {
            id: "i1".into(),
            name: "shell".into(),
            input: "ls -l".into(),
        }],
    );
    let result = |ok: bool| AgentEvent::ToolResult {
        id: "i1".into(),
        ok,
        text: "out\n".into(),
    };
    for (code, ok) in [("0", true), ("3", false), ("null", false)] {
        let line = format!(
            r#"{{"type":"item.completed","item":{{"id":"i1","type":"command_execution","aggregated_output":"out\n","exit_code":{code}}}}}"#
        );
        check(&line, &[result(ok)]);
    }
}

#[test]
fn a_patch_names_its_files_if_it_was_applied() {
    let patch = |status: &str| {
        format!(
            r#"{{"type":"item.completed","item":{{"id":"i","type":"file_change","changes":[{{"path":"a.rs","kind":"add"}},{{"path":"b.rs","kind":"update"}}],"status":"{status}"}}}}"#
        )
    };
    let change = |path: &str, change: &str| AgentEvent::FileChange {
        path: path.into(),
        change: change.into(),
    };
    check(
        &patch("completed"),
        &[change("a.rs", "add"), change("b.rs", "update")],
    );
    assert!(matches!(
        read(&patch("failed"))[..],
        [AgentEvent::Warning { .. }]
    ));
}

#[test]
fn a_retry_is_told_apart_from_other_trouble() {
    check(
        r#"{"type":"error","message":"Reconnecting... 2/5 (unexpected status 503)"}"#,
        &[AgentEvent::Retry {
            reason: "unexpected status 503".into(),
            attempt: 2,
            max: 5,
            delay_ms: 0,
        }],
    );
    check(
        r#"{"type":"error","message":"Reconnecting... soon"}"#,
        &[AgentEvent::Stderr {
            text: "Reconnecting... soon".into(),
        }],
    );
}

#[test]
fn cached_input_is_counted_once() {
    let events = read(
        r#"{"type":"turn.completed","usage":{"input_tokens":2400,"cached_input_tokens":2000,"output_tokens":68}}"#,
    );
    assert_eq!(
        events[0],
        AgentEvent::Usage {
            input: 400,
            output: 68,
            cache_read: 2000,
            cache_write: 0,
        }
    );
}

#[test]
fn without_a_turn_that_ends_a_clean_exit_proves_nothing() {
    let begun = read(r#"{"type":"turn.started"}"#);
    assert_eq!(
        end_of(&begun, 0),
        End::Failed {
            reason: "the agent ended without a result".into()
        }
    );
}

#[test]
fn what_is_not_known_is_kept() {
    for line in [
        r#"{"type":"dream.started"}"#,
        r#"{"type":"item.completed","item":{"type":"dance"}}"#,
        "Reading prompt from stdin...",
    ] {
        check(line, &[AgentEvent::Unknown { raw: line.into() }]);
    }
}

/// Real output of the client, where it is at hand: every file is read, and ends as its name says.
#[test]
fn real_transcripts_are_understood() {
    let Some(folder) = crate::transcript::real() else {
        return;
    };
    let cases = [
        ("codex", 0, "finished"),
        (
            "codex.context",
            1,
            "Codex ran out of room in the model's context window",
        ),
        ("codex.crash_resume", 0, "finished"),
        ("codex.failure", 1, "unexpected status 401 Unauthorized"),
        ("codex.int_tool", 1, "the agent exited with 1"),
        ("codex.mcp", 0, "finished"),
        ("codex.patch", 0, "finished"),
        ("codex.rate1", 0, "finished"),
        ("codex.ws_fail", 0, "finished"),
    ];
    for (name, code, ending) in cases {
        let text = std::fs::read_to_string(folder.join(format!("{name}.jsonl"))).unwrap();
        let events = read(&text);
        let unknown = events
            .iter()
            .find(|event| matches!(event, AgentEvent::Unknown { .. }));
        assert_eq!(unknown, None, "{name}");
        assert!(matches!(events[0], AgentEvent::Session { .. }), "{name}");
        let end = end_of(&events, code).to_string();
        assert!(end.starts_with(ending), "{name}: {end}");
    }
}
