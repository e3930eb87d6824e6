//! Claude's events and ends, from fixtures written by hand and, where they are at hand, from real transcripts.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{fs, path::PathBuf};

use chant_os::tree::{Exit, Line};

use super::*;
use crate::{
    AgentKind,
    observed::Observed,
    stream::{self, Format},
    verdict,
};

fn claude() -> AgentConfig {
    AgentConfig::new("main", AgentKind::Claude)
}

fn read(text: &[u8]) -> Vec<AgentEvent> {
    let lines = text.split(|byte| *byte == b'\n');
    lines
        .flat_map(|bytes| {
            stream::events(
                Format::Claude,
                &Line {
                    bytes: bytes.to_vec(),
                    cut: false,
                },
            )
        })
        .collect()
}

fn fixture(name: &str) -> Vec<AgentEvent> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/claude")
        .join(name);
    read(&fs::read(path).unwrap())
}

fn end_of(events: &[AgentEvent], code: i32) -> End {
    let mut seen = Observed::default();
    for event in events {
        seen.note(event);
    }
    verdict::judge(&claude(), None, &seen, &Exit::Code(code))
}

fn failed(reason: &str) -> End {
    End::Failed {
        reason: reason.into(),
    }
}

#[test]
fn a_good_run_tells_session_model_tools_tokens_and_cost() {
    let text = |text: &str| AgentEvent::Text { text: text.into() };
    let expect = [
        AgentEvent::Session {
            id: "5e55-10".into(),
        },
        AgentEvent::Model {
            name: "claude-test-1".into(),
        },
        AgentEvent::Thinking {
            text: "First look.".into(),
        },
        text("I will write it."),
        AgentEvent::ToolCall {
            id: "t1".into(),
            name: "Bash".into(),
            input: "printf x > a && git add -A".into(),
        },
        AgentEvent::ToolResult {
            id: "t1".into(),
            ok: true,
            text: "done".into(),
        },
        AgentEvent::FileChange {
            path: "/w/a".into(),
            change: "update".into(),
        },
        AgentEvent::ToolCall {
            id: "t2".into(),
            name: "Write".into(),
            input: "/w/b".into(),
        },
        AgentEvent::ToolResult {
            id: "t2".into(),
            ok: true,
            text: "one\ntwo".into(),
        },
        AgentEvent::FileChange {
            path: "/w/b".into(),
            change: "create".into(),
        },
        text("All done."),
        AgentEvent::Usage {
            input: 30,
            output: 12,
            cache_read: 5,
            cache_write: 2,
        },
        AgentEvent::Cost { usd: 0.25 },
        AgentEvent::End {
            ok: true,
            reason: "finished".into(),
        },
    ];
    let events = fixture("success.jsonl");
    assert_eq!(events, expect);
    assert_eq!(end_of(&events, 0), End::Finished);
}

#[test]
fn retries_and_denials_are_events_and_no_failure() {
    let events = fixture("retry_and_denial.jsonl");
    let retry = AgentEvent::Retry {
        reason: "rate limit (429)".into(),
        attempt: 1,
        max: 10,
        delay_ms: 541,
    };
    let denied = AgentEvent::PermissionDenied {
        tool: "Bash".into(),
        input: String::new(),
        reason: "Not in this mode.".into(),
        allow: Some("Bash".into()),
    };
    assert!(events.contains(&retry), "{events:?}");
    assert!(events.contains(&denied), "{events:?}");
    assert_eq!(end_of(&events, 0), End::Finished);
}

#[test]
fn success_is_judged_by_is_error_and_terminal_reason() {
    let cases = [
        (
            r#""subtype":"success","is_error":false,"terminal_reason":"completed","result":"ok""#,
            0,
            End::Finished,
        ),
        (
            r#""subtype":"success","is_error":false,"result":"ok""#,
            0,
            End::Finished,
        ),
        (
            r#""subtype":"success","is_error":true,"terminal_reason":"api_error","result":"Invalid key""#,
            1,
            failed("api error: Invalid key"),
        ),
        (
            r#""subtype":"success","is_error":true,"result":"Invalid key""#,
            1,
            failed("success: Invalid key"),
        ),
        (
            r#""subtype":"success","is_error":false,"terminal_reason":"prompt_too_long","result":"too long""#,
            1,
            failed("prompt too long: too long"),
        ),
        (
            r#""subtype":"error_max_turns","is_error":true,"terminal_reason":"max_turns","errors":["Reached 2"]"#,
            1,
            failed("max turns: Reached 2"),
        ),
        (
            r#""subtype":"error_max_budget_usd","is_error":true,"errors":[]"#,
            1,
            failed("error max budget usd"),
        ),
        (
            r#""subtype":"error_during_execution","is_error":true,"terminal_reason":"aborted_tools""#,
            0,
            failed("the agent was interrupted (aborted_tools)"),
        ),
        (
            r#""subtype":"success","terminal_reason":"completed""#,
            0,
            failed("completed"),
        ),
    ];
    for (fields, code, expect) in cases {
        let events = read(format!(r#"{{{fields},"type":"result"}}"#).as_bytes());
        assert_eq!(end_of(&events, code), expect, "{fields}");
    }
}

#[test]
fn a_used_up_plan_is_a_limit_and_extra_usage_is_not() {
    let event = |fields: &str| {
        let line = format!(r#"{{"type":"rate_limit_event","rate_limit_info":{{{fields}}}}}"#);
        read(line.as_bytes())
    };
    let limit = AgentEvent::Limit {
        reason: "plan limit (five hour) reached".into(),
        until: Some("1795269600".into()),
    };
    let rejected = r#""status":"rejected","resetsAt":1795269600,"rateLimitType":"five_hour""#;
    assert_eq!(event(rejected), [limit]);
    assert_eq!(event(&format!(r#"{rejected},"isUsingOverage":true"#)), []);
    assert_eq!(event(r#""status":"allowed""#), []);
    let warning = AgentEvent::Warning {
        text: "plan limit (seven day): 91 % used".into(),
    };
    assert_eq!(
        event(r#""status":"allowed_warning","utilization":0.91,"rateLimitType":"seven_day""#),
        [warning]
    );
}

#[test]
fn a_success_that_exits_badly_is_none() {
    let events = fixture("success.jsonl");
    assert_eq!(end_of(&events, 3), failed("the agent exited with 3"));
}

#[test]
fn without_a_result_the_last_line_on_stderr_is_the_reason() {
    let stderr = |text: &str| AgentEvent::Stderr { text: text.into() };
    assert_eq!(
        end_of(&[stderr("one"), stderr("two")], 1),
        failed("the agent exited with 1: two")
    );
    assert_eq!(
        end_of(&[stderr("two")], 0),
        failed("the agent ended without a result: two")
    );
    assert_eq!(end_of(&[], 0), failed("the agent ended without a result"));
    assert!(matches!(end_of(&[], 143), End::Killed { .. }));
}

#[test]
fn the_refusal_to_bypass_as_root_says_what_to_do() {
    let bypass = AgentConfig {
        bypass_permissions: true,
        ..claude()
    };
    let mut seen = Observed::default();
    let refusal = "--dangerously-skip-permissions cannot be used with root/sudo privileges for security reasons";
    seen.note(&AgentEvent::Stderr {
        text: refusal.into(),
    });
    let reason = verdict::judge(&bypass, None, &seen, &Exit::Code(1)).to_string();
    assert!(reason.contains("IS_SANDBOX=1"), "{reason}");
    let reason = verdict::judge(&claude(), None, &seen, &Exit::Code(1)).to_string();
    assert!(!reason.contains("IS_SANDBOX"), "{reason}");
}

#[test]
fn permissions_are_bypassed_only_by_the_users_own_setting() {
    let args = arguments(&claude(), Some("m"), Some("id-1")).join(" ");
    let common = "-p --output-format stream-json --verbose --model m --resume id-1";
    assert_eq!(args, format!("{common} --permission-mode acceptEdits"));
    let bypass = AgentConfig {
        bypass_permissions: true,
        args: vec!["--bare".into()],
        ..claude()
    };
    let args = arguments(&bypass, None, None).join(" ");
    assert_eq!(
        args,
        "-p --output-format stream-json --verbose --dangerously-skip-permissions --bare"
    );
}

#[test]
fn cut_unknown_and_odd_lines_are_kept_and_never_an_error() {
    let whole = fixture("odd.jsonl");
    let unknown = whole
        .iter()
        .filter(|event| matches!(event, AgentEvent::Unknown { .. }))
        .count();
    assert_eq!(unknown, whole.len(), "{whole:?}");
    let text = fs::read(
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/claude/success.jsonl"),
    )
    .unwrap();
    for end in 0..text.len() {
        read(&text[..end]);
    }
}

/// Real output of the client, where it is at hand: every file is read, and ends as its name says.
#[test]
fn real_transcripts_are_understood() {
    let Some(folder) = crate::transcript::real() else {
        return;
    };
    let cases = [
        ("claude", 0, "finished"),
        ("claude.auth_max0", 1, "api error: Invalid API key"),
        (
            "claude.budget",
            1,
            "budget exhausted: Reached maximum budget",
        ),
        ("claude.context", 1, "prompt too long: Prompt is too long"),
        ("claude.crash_resume", 0, "finished"),
        (
            "claude.int_tool",
            0,
            "the agent was interrupted (aborted_tools)",
        ),
        (
            "claude.maxturns",
            1,
            "max turns: Reached maximum number of turns (2)",
        ),
        ("claude.mcp", 0, "finished"),
        ("claude.noperm_dontask", 0, "finished"),
        ("claude.partial", 0, "finished"),
        ("claude.rate", 0, "finished"),
        ("claude.term_tool", 143, "the agent was ended by SIGTERM"),
    ];
    for (name, code, expect) in cases {
        let events = read(&fs::read(folder.join(format!("{name}.jsonl"))).unwrap());
        assert!(
            matches!(events[0], AgentEvent::Session { .. }),
            "{name}: {events:?}"
        );
        let unknown = events
            .iter()
            .find(|event| matches!(event, AgentEvent::Unknown { .. }));
        assert_eq!(unknown, None, "{name}");
        let end = end_of(&events, code).to_string();
        assert!(end.starts_with(expect), "{name}: {end}");
    }
}
