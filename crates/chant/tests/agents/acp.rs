//! An agent that speaks the Agent Client Protocol: Claude's adapter for it, which is Claude Code's engine behind the protocol.
//!
//! The protocol tells neither retries nor why an agent waits; what a badly behaved agent does is in `tests/run/acp.rs`.

use std::path::PathBuf;

use chant_testkit::clients;
use serde_json::{Value, json};

use crate::both::{self, Page};
use crate::scene::*;

/// The adapter as a test calls it: quickly discouraged, and nothing looked up outside.
struct Adapter(PathBuf);

impl Client for Adapter {
    fn entry(&self, base_url: &str) -> Value {
        json!({
            "kind": "acp",
            "command": [self.0],
            "env": {
                "ANTHROPIC_BASE_URL": base_url,
                "ANTHROPIC_API_KEY": "sk-ant-scripted",
                "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
                "CLAUDE_CODE_MAX_RETRIES": "1",
                "IS_SANDBOX": "1",
            },
        })
    }
}

/// Runs a test with it, where it is installed.
fn with(test: impl FnOnce(&Adapter)) {
    if let Some(program) = clients::acp() {
        test(&Adapter(program));
    }
}

#[test]
fn works_the_demo() {
    with(|adapter| {
        let page = Page {
            name: "acp",
            agent: "adapter",
            program: Some(("claude-agent-acp", &adapter.0)),
            key: ("ANTHROPIC_API_KEY", "sk-ant-scripted"),
        };
        page.works_the_demo();
    });
}

/// The conversation is taken up again. This version of the engine leaves out the call that was cut off, so what shows it is
/// the first prompt, which is not said again.
#[test]
fn goes_on_after_sigkill() {
    with(|adapter| {
        let mut script = long_tool_then_honest();
        script[1]["expect"] = json!("# The spec: Write a greeting");
        let scene = Scene::new(adapter, &script);
        let mut child = scene.begin_until_a_tool_runs();
        scene.kill_everything(&mut child);
        scene.work().ok();
        scene.assert_all_done(&[ID]);
        let ids = scene.said("session");
        assert_eq!(ids[0]["id"], ids[1]["id"]);
        assert_eq!(scene.said("warning"), [Value::Null; 0]);
    });
}

#[test]
fn is_paused_and_goes_on() {
    with(both::is_paused_and_goes_on);
}

#[test]
fn interrupted_while_a_tool_runs_it_leaves_no_process() {
    with(both::leaves_no_process);
}

#[test]
fn the_sandbox_keeps_it_in_bounds() {
    with(both::is_kept_in_bounds);
}

#[test]
fn six_at_once() {
    with(both::six_at_once);
}

#[test]
fn tokens_and_cost_are_the_programs_own() {
    with(both::tells_tokens_and_cost);
}

/// It waits by itself and says nothing of it.
#[test]
fn a_rate_limit_and_a_cut_stream_are_waited_out() {
    with(|adapter| {
        for refusal in [
            json!({ "error": "rate_limit", "retry_after": 1 }),
            json!({ "error": "rate_limit" }),
            json!({ "text": "half of an answer, and no more", "drop": true }),
        ] {
            let scene = Scene::new(adapter, &then_honest(&json!([refusal])));
            scene.work().ok();
            scene.assert_all_done(&[ID]);
        }
    });
}

#[test]
fn overload_without_end_parks() {
    with(|adapter| both::is_parked_by(adapter, json!({ "error": "overloaded" }), "Overloaded"));
}

#[test]
fn a_wrong_key_fails() {
    with(|adapter| both::fails_by(adapter, json!({ "error": "auth" }), "API key"));
}

#[test]
fn no_credit_fails() {
    with(|adapter| {
        both::fails_by(
            adapter,
            json!({ "error": "billing" }),
            "Credit balance is too low",
        );
    });
}

#[test]
fn a_session_that_is_too_long_fails_and_the_next_begins_anew() {
    with(|adapter| both::begins_anew_after_an_overflow(adapter, "too long"));
}

/// What the agent's own settings forbid is not asked for, is told as a failed call, and is not done.
#[test]
fn a_denied_permission_is_told() {
    with(|adapter| {
        let scene = Scene::new(adapter, &then_honest(&json!([])));
        let settings = json!({ "permissions": { "deny": ["Bash(echo:*)"] } }).to_string();
        let folder = scene.repo.home().join(".claude");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("settings.json"), settings).unwrap();
        scene.refused("failed", "changed nothing");
        let results = scene.said("tool_result");
        assert_eq!(results[0]["ok"], false, "{results:?}");
    });
}

/// Nobody is asked over this protocol yet: what no list names is denied and told, and the line that is told allows it.
#[test]
fn what_no_list_names_is_denied_and_told_with_the_line_to_add() {
    with(|adapter| {
        let scene = Scene::new(adapter, &honest_turns());
        let mut entry = adapter.entry(&scene.model.base_url());
        entry["permissions"] = json!("ask");
        scene.set(entry.clone());
        let output = scene.work();
        output.fails(1);
        let line = "agents: [{name: real, allow: ['Bash']}]";
        assert!(output.stderr.contains(line), "{}", output.stderr);
        let scene = Scene::new(adapter, &honest_turns());
        let mut entry = adapter.entry(&scene.model.base_url());
        entry["permissions"] = json!("ask");
        entry["allow"] = json!(["Bash"]);
        scene.set(entry);
        scene.work().ok();
        scene.assert_all_done(&[ID]);
    });
}
