//! Claude Code.

use std::path::PathBuf;

use chant_testkit::clients;
use chant_testkit::terminal::Terminal;
use serde_json::{Value, json};

use crate::both::{self, Page};
use crate::scene::*;

/// Claude Code as a test calls it: quickly discouraged, and nothing looked up outside.
struct Claude(PathBuf);

impl Client for Claude {
    fn entry(&self, base_url: &str) -> Value {
        json!({
            "kind": "claude",
            "command": [self.0],
            "bypass_permissions": true,
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

impl Claude {
    fn find() -> Option<Self> {
        clients::claude().map(Self)
    }
}

/// Runs a test with it, where it is installed.
fn with(test: impl FnOnce(&Claude)) {
    if let Some(claude) = Claude::find() {
        test(&claude);
    }
}

#[test]
fn works_the_demo() {
    with(|claude| {
        let page = Page {
            name: "claude",
            agent: "claude",
            program: Some(("claude", &claude.0)),
            key: ("ANTHROPIC_API_KEY", "sk-ant-scripted"),
        };
        page.works_the_demo();
    });
}

/// The sandbox hands it its own variables, so an account in them needs no settings.
#[test]
fn an_account_in_the_environment_is_used() {
    with(|claude| {
        let scene = Scene::new(claude, &honest_turns());
        scene.set(json!({ "command": [claude.0], "kind": "claude", "permissions": "sandbox" }));
        let output = scene.repo.chant_with(|command| {
            command.args(["work", ID]).env_remove("CHANT_SANDBOX");
            command.env("ANTHROPIC_BASE_URL", scene.model.base_url());
            command.env("ANTHROPIC_AUTH_TOKEN", "scripted-token");
        });
        output.ok();
        scene.assert_all_done(&[ID]);
        let asked = &scene.model.work()[0].headers;
        assert_eq!(asked["authorization"], "Bearer scripted-token");
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

#[test]
fn tokens_and_cost_are_the_programs_own() {
    with(both::tells_tokens_and_cost);
}

#[test]
fn waits_out_a_rate_limit() {
    with(|claude| {
        both::waits_out(
            claude,
            &json!([{ "error": "rate_limit", "retry_after": 1 }]),
        );
        both::waits_out(claude, &json!([{ "error": "rate_limit" }]));
    });
}

#[test]
fn waits_out_a_stream_that_is_cut() {
    with(|claude| {
        both::waits_out(
            claude,
            &json!([{ "text": "half of an answer, and no more", "drop": true }]),
        );
    });
}

#[test]
fn overload_without_end_parks() {
    with(|claude| {
        both::is_parked_by(claude, json!({ "error": "overloaded" }), "529 Overloaded");
        both::is_parked_by(
            claude,
            json!({ "text": "half", "drop": true }),
            "Connection dropped",
        );
    });
}

#[test]
fn a_wrong_key_fails() {
    with(|claude| both::fails_by(claude, json!({ "error": "auth" }), "Invalid API key"));
}

#[test]
fn no_credit_fails() {
    with(|claude| {
        both::fails_by(
            claude,
            json!({ "error": "billing" }),
            "Credit balance is too low",
        );
    });
}

#[test]
fn a_session_that_is_too_long_fails_and_the_next_begins_anew() {
    with(|claude| both::begins_anew_after_an_overflow(claude, "prompt too long"));
}

#[test]
fn its_own_budget_ends_it() {
    with(|claude| {
        let again = json!({ "sh": "date >> log.txt", "usage": { "in": 10000, "out": 1000 } });
        let scene = Scene::new(claude, &for_ever(again));
        let mut entry = claude.entry(&scene.model.base_url());
        entry["args"] = json!(["--max-budget-usd", "0.10"]);
        scene.set(entry);
        scene.refused("failed", "budget");
        assert!(
            scene.cost()["failed"]["usd"].as_f64().unwrap() > 0.1,
            "{}",
            scene.cost()
        );
    });
}

/// It tells what it costs at its end only, and its tokens on the way.
#[test]
fn chants_budget_ends_it() {
    with(|claude| both::chants_budget_ends_it(claude, "budgets: {spec: {tokens: 40000}}\n"));
}

/// What it may not do is told, and is not done.
#[test]
fn a_denied_permission_is_told() {
    with(|claude| {
        let scene = Scene::new(claude, &honest_turns());
        let mut entry = claude.entry(&scene.model.base_url());
        entry["bypass_permissions"] = json!(false);
        scene.set(entry);
        scene.refused("failed", "changed nothing");
        let denied = scene.said("permission_denied");
        assert_eq!(denied[0]["tool"], "Bash", "{denied:?}");
    });
}

/// Only for those who pay for a plan: with a key of the API there is none.
#[test]
fn a_used_up_plan_parks_until_it_is_renewed() {
    with(|claude| {
        let reset = in_two_hours();
        let limit = json!({
            "error": "rate_limit",
            "headers": {
                "anthropic-ratelimit-unified-status": "rejected",
                "anthropic-ratelimit-unified-reset": reset.to_string(),
                "anthropic-ratelimit-unified-representative-claim": "five_hour",
            },
        });
        let scene = Scene::new(claude, &then_honest(&json!([limit])));
        let mut entry = claude.entry(&scene.model.base_url());
        entry["env"]
            .as_object_mut()
            .unwrap()
            .remove("ANTHROPIC_API_KEY");
        entry["env"]["CLAUDE_CODE_OAUTH_TOKEN"] = json!("sk-ant-oat01-scripted");
        scene.set(entry);
        both::is_parked_until(&scene, reset);
    });
}

/// The same with its questions answered instead of left out.
struct Asking<'a> {
    claude: &'a Claude,
    permissions: &'static str,
    allow: &'static [&'static str],
}

impl Client for Asking<'_> {
    fn entry(&self, base_url: &str) -> Value {
        let mut entry = self.claude.entry(base_url);
        entry["bypass_permissions"] = json!(false);
        entry["permissions"] = json!(self.permissions);
        entry["allow"] = json!(self.allow);
        entry
    }
}

/// A scene in which it is to do honest work, with these words on its permissions.
fn asking(claude: &Claude, permissions: &'static str, allow: &'static [&'static str]) -> Scene {
    let client = Asking {
        claude,
        permissions,
        allow,
    };
    Scene::new(&client, &honest_turns())
}

#[test]
fn its_questions_are_answered_yes_where_a_sandbox_bounds_it() {
    with(|claude| {
        let scene = asking(claude, "sandbox", &[]);
        let refused = scene.work();
        refused.fails(4);
        assert!(
            refused.stderr.contains("there is none"),
            "{}",
            refused.stderr
        );
        assert_eq!(scene.model.work().len(), 0);
        scene.in_bounds(&["work", ID]).ok();
        scene.assert_all_done(&[ID]);
    });
}

#[test]
fn its_questions_are_answered_no_where_nobody_is_there() {
    with(|claude| {
        let scene = asking(claude, "ask", &[]);
        let output = scene.work();
        output.fails(1);
        for told in [
            "denied  Bash echo hello > 001-greeting.txt && ",
            "nobody is there to be asked",
            "real was not allowed to use Bash echo hello > ",
            "; to allow it, in .chant/agents.md: agents: [{name: real, allow: ['Bash']}]",
        ] {
            assert!(
                output.stderr.contains(told),
                "{told:?} in {}",
                output.stderr
            );
        }
    });
}

#[test]
fn a_person_at_the_terminal_answers_its_questions() {
    with(|claude| {
        let scene = asking(claude, "ask", &[]);
        let mut command = scene.repo.command(chant_testkit::chant_bin());
        command.args(["work", ID]);
        let yes = ("May the agent use Bash?", "\x1b[B\r");
        let (shown, code) = Terminal::new(120, 40).talk(&mut command, &[yes]);
        assert_eq!(code, Some(0), "{shown}");
        scene.assert_all_done(&[ID]);
    });
}

/// The line that a denied run tells is what allows it.
#[test]
fn what_is_listed_is_used_unasked() {
    with(|claude| {
        for mode in ["ask", "allow"] {
            let scene = asking(claude, mode, &["Bash"]);
            scene.work().ok();
            scene.assert_all_done(&[ID]);
        }
    });
}

/// With its questions answered it is spoken with, and so it is stopped in words too.
#[test]
fn spoken_with_it_is_paused_and_killed_and_goes_on() {
    with(|claude| {
        let client = Asking {
            claude,
            permissions: "ask",
            allow: &["Bash"],
        };
        both::is_paused_and_goes_on(&client);
        both::goes_on_after_sigkill(&client);
        both::leaves_no_process(&client);
    });
}
