//! Codex.

use std::path::PathBuf;

use chant_testkit::clients;
use serde_json::{Value, json};

use crate::both::{self, Page};
use crate::scene::*;

/// Codex as a test calls it: quickly discouraged, and nothing looked up outside.
struct Codex(PathBuf);

impl Client for Codex {
    fn entry(&self, base_url: &str) -> Value {
        let provider = provider(base_url, "env_key=\"SCRIPTED_KEY\"");
        json!({
            "kind": "codex",
            "command": [self.0],
            "model": "gpt-5.5",
            "env": { "SCRIPTED_KEY": "scripted" },
            "args": [
                "-c", "model_provider=scripted",
                "-c", provider,
                "-c", "analytics.enabled=false",
                "-c", "check_for_update_on_startup=false",
                "--disable", "apps",
                "--disable", "plugins",
            ],
        })
    }
}

/// The provider that asks the scripted model; `key` says where its key is.
fn provider(base_url: &str, key: &str) -> String {
    format!(
        "model_providers.scripted={{name=\"scripted\",base_url=\"{base_url}/v1\",{key},\
         wire_api=\"responses\",request_max_retries=1,stream_max_retries=1,stream_idle_timeout_ms=20000}}"
    )
}

/// Runs a test with it, where it is installed.
fn with(test: impl FnOnce(&Codex)) {
    if let Some(program) = clients::codex() {
        test(&Codex(program));
    }
}

#[test]
fn works_the_demo() {
    with(|codex| {
        let page = Page {
            name: "codex",
            agent: "codex",
            program: Some(("codex", &codex.0)),
            key: ("CODEX_API_KEY", "sk-scripted"),
        };
        page.works_the_demo();
    });
}

/// Signed in by `codex login --with-api-key`, it finds its account within the sandbox too.
#[test]
fn the_account_that_it_is_signed_in_with_is_used() {
    with(|codex| {
        let scene = Scene::new(codex, &honest_turns());
        let mut login = scene.repo.command(&codex.0);
        login.args(["login", "--with-api-key"]);
        let key = scene.repo.home().join("key");
        std::fs::write(&key, "sk-signed-in-0123456789\n").unwrap();
        login.stdin(std::fs::File::open(&key).unwrap());
        assert!(login.output().unwrap().status.success());
        let url = scene.model.base_url();
        let mut entry = codex.entry(&url);
        entry["env"] = json!({});
        entry["args"][3] = json!(provider(&url, "requires_openai_auth=true"));
        scene.set(entry);
        scene.in_bounds(&["work", ID]).ok();
        scene.assert_all_done(&[ID]);
        let asked = &scene.model.work()[0].headers;
        assert_eq!(asked["authorization"], "Bearer sk-signed-in-0123456789");
    });
}

#[test]
fn goes_on_after_sigkill() {
    with(both::goes_on_after_sigkill);
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

/// It tells no cost: that is told as unknown, and not as nothing.
#[test]
fn tokens_are_the_programs_own_and_the_cost_is_unknown() {
    with(|codex| {
        let script = json!([
            { "sh": honest(ID), "usage": { "in": 1200, "out": 34, "cache_read": 1000 } },
            { "text": "It is written.", "usage": { "in": 1300, "out": 21, "cache_read": 1100 } },
        ]);
        let scene = Scene::new(codex, &script);
        scene.work().ok();
        scene.assert_all_done(&[ID]);
        let usage = scene.said("usage").pop().unwrap();
        let counted = ["input", "output", "cache_read"].map(|kind| usage[kind].clone());
        // Its input holds what came from the cache.
        assert_eq!(counted, [400, 55, 2100].map(|count| json!(count)));
        let cost = scene.cost();
        assert_eq!(cost["runs_of_unknown_cost"], 1, "{cost}");
        assert_eq!(cost["output_tokens"], 55);
    });
}

#[test]
fn waits_out_a_rate_limit() {
    with(|codex| {
        both::waits_out(codex, &json!([{ "error": "rate_limit", "retry_after": 1 }]));
        both::waits_out(codex, &json!([{ "error": "rate_limit" }]));
    });
}

#[test]
fn waits_out_a_stream_that_is_cut() {
    with(|codex| {
        both::waits_out(
            codex,
            &json!([{ "text": "half of an answer, and no more", "drop": true }]),
        );
        both::waits_out(
            codex,
            &json!([{ "text": "half of an answer, and no more", "stream_error": true }]),
        );
    });
}

#[test]
fn overload_without_end_parks() {
    with(|codex| {
        both::is_parked_by(codex, json!({ "error": "overloaded" }), "at capacity");
        both::is_parked_by(codex, json!({ "error": "server" }), "high demand");
        both::is_parked_by(
            codex,
            json!({ "text": "half", "drop": true }),
            "stream disconnected",
        );
    });
}

#[test]
fn a_wrong_key_fails() {
    with(|codex| both::fails_by(codex, json!({ "error": "auth" }), "401 Unauthorized"));
}

#[test]
fn no_credit_fails() {
    with(|codex| both::fails_by(codex, json!({ "error": "billing" }), "Quota exceeded"));
}

#[test]
fn a_session_that_is_too_long_fails_and_the_next_begins_anew() {
    with(|codex| both::begins_anew_after_an_overflow(codex, "ran out of room"));
}

/// Its own sandbox lets it write its worktree and the temporary folder, and commit; nothing beside that.
#[test]
fn its_sandbox_denies_what_is_outside() {
    with(|codex| {
        let outside = format!("/var/tmp/chant-test-{}", std::process::id());
        let tries = json!([{ "sh": format!("touch {outside}; echo tried") }]);
        let scene = Scene::new(codex, &then_honest(&tries));
        scene.work().ok();
        scene.assert_all_done(&[ID]);
        assert!(std::fs::remove_file(&outside).is_err(), "it was written");
        let result = scene.said("tool_result").remove(0);
        let text = result["text"].as_str().unwrap();
        assert!(
            text.contains("cannot touch") && text.contains("tried"),
            "{text}"
        );
    });
}

#[test]
fn a_used_up_plan_parks_until_it_is_renewed() {
    with(|codex| {
        let reset = in_two_hours();
        let error = json!({ "type": "usage_limit_reached", "message": "The usage limit has been reached",
            "plan_type": "plus", "resets_at": reset });
        let limit = json!({ "error": 429, "body": { "error": error } });
        let scene = Scene::new(codex, &then_honest(&json!([limit])));
        both::is_parked_until(&scene, reset);
    });
}
