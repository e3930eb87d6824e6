//! Real turns and made-up ones, read as the wire hands them over.

use super::*;

/// What a real agent and its client said in a turn that made a commit, one message a line; lists of commands and models are cut.
fn turn(name: &str) -> &'static str {
    match name {
        "claude-agent-acp" => include_str!("turns/claude-agent-acp.jsonl"),
        "codex-acp" => include_str!("turns/codex-acp.jsonl"),
        "gemini" => include_str!("turns/gemini.jsonl"),
        _ => include_str!("turns/opencode.jsonl"),
    }
}

/// The events of a turn, read as the wire would hand it over.
fn told(name: &str) -> Option<Vec<AgentEvent>> {
    let mut out = Vec::new();
    let mut report = Report::new(&mut out, Permissions::Allow);
    let mut answer = Value::Null;
    for line in turn(name).lines() {
        let line: Value = serde_json::from_str(line).ok()?;
        let message = &line["msg"];
        match (line["dir"].as_str(), message["method"].as_str()) {
            (_, Some("session/prompt")) => report.begin(),
            (Some("a>c"), Some(method)) if message["id"].is_null() => {
                report.notified(method, &message["params"]);
            }
            (Some("a>c"), Some(method)) => drop(report.asked(method, &message["params"])),
            (Some("a>c"), None) => message["result"].clone_into(&mut answer),
            _ => {}
        }
    }
    report.end(&answer);
    drop(report);
    let lines = String::from_utf8(out).ok()?;
    let events = lines.lines().map(|line| serde_json::from_str(line).ok());
    events.collect()
}

fn check(name: &str, ok: bool, usage: [u64; 3], cost: Option<f64>) {
    let events = told(name).expect("every message is read");
    let texts: Vec<&str> = events
        .iter()
        .filter_map(|event| match event {
            AgentEvent::Text { text } => Some(text.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(
        texts,
        ["I will do it.", "All done: hello.txt is committed."],
        "{name}"
    );
    let calls = events.iter().filter(|event| matches!(event, AgentEvent::ToolCall { input, .. } if input.starts_with("printf 'hello")));
    assert_eq!(calls.count(), 1, "{name}: {events:?}");
    let results = events
        .iter()
        .filter(|event| matches!(event, AgentEvent::ToolResult { ok: told, .. } if *told == ok));
    assert_eq!(results.count(), 1, "{name}: {events:?}");
    let spent = events.iter().find_map(|event| match *event {
        AgentEvent::Usage {
            input,
            output,
            cache_read,
            ..
        } => Some([input, output, cache_read]),
        _ => None,
    });
    assert_eq!(spent, Some(usage), "{name}");
    let told = events.iter().rev().find_map(|event| match *event {
        AgentEvent::Cost { usd } => Some(usd),
        _ => None,
    });
    assert_eq!(told, cost, "{name}");
}

#[test]
fn nothing_that_a_user_wants_is_lost_of_real_turns() {
    check("claude-agent-acp", true, [2400, 68, 2000], Some(0.01704));
    check("codex-acp", false, [400, 68, 2000], None);
    check("gemini", true, [2400, 68, 0], None);
    check("opencode", true, [200, 34, 1000], Some(0.00222));
}

/// The same shapes by hand, for where the transcripts are not at hand.
#[test]
fn a_turn_in_pieces_is_told_as_a_whole() {
    let mut out = Vec::new();
    let mut report = Report::new(&mut out, Permissions::Listed(Vec::new()));
    report.mute();
    let update = |value: Value| json!({"sessionId": "s", "update": value});
    let say = |words: &str| {
        update(
            json!({"sessionUpdate": "agent_message_chunk", "content": {"type": "text", "text": words}}),
        )
    };
    report.notified("session/update", &say("of long ago"));
    report.begin();
    report.notified("session/update", &say("I "));
    report.notified(
        "session/update",
        &update(json!({"sessionUpdate": "usage_update", "used": 1, "size": 2})),
    );
    report.notified("session/update", &say("look"));
    let question = json!({"toolCall": {"toolCallId": "1", "title": "rm x", "kind": "execute"},
                          "options": [{"optionId": "n", "kind": "reject_once"}]});
    let answer = report.asked("session/request_permission", &question);
    assert_eq!(
        answer,
        Some(json!({"outcome": {"outcome": "selected", "optionId": "n"}}))
    );
    assert_eq!(report.asked("vendor/x", &json!({})), None);
    report.stopping();
    assert_eq!(
        report.asked("session/request_permission", &question),
        Some(permission::cancelled())
    );
    report.end(&Value::Null);
    drop(report);
    let lines = String::from_utf8(out).unwrap_or_default();
    let kinds: Vec<String> = lines
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .map(|event| event["kind"].as_str().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(kinds, ["text", "tool_call", "permission_denied", "unknown"]);
    assert!(lines.contains("\"I look\""), "{lines}");
    assert!(lines.contains("\"allow\":\"execute(rm x)\""), "{lines}");
}
