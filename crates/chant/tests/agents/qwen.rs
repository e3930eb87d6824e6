//! Qwen Code, one of the agents that are known by name and speak the Agent Client Protocol.

use std::path::{Path, PathBuf};

use chant_testkit::clients;
use serde_json::{Value, json};

use crate::both;
use crate::scene::*;

/// Qwen Code as its docs page sets it up, with nothing looked up outside.
struct Qwen(PathBuf);

impl Client for Qwen {
    fn entry(&self, base_url: &str) -> Value {
        json!({
            "kind": "qwen",
            "command": [self.0],
            "env": {
                "OPENAI_API_KEY": "sk-scripted",
                "OPENAI_BASE_URL": format!("{base_url}/v1"),
                "OPENAI_MODEL": "scripted-model",
            },
        })
    }

    fn prepare(&self, home: &Path) {
        let settings = json!({
            "privacy": { "usageStatisticsEnabled": false },
            "telemetry": { "enabled": false },
            "general": { "enableAutoUpdate": false, "disableAutoUpdate": true, "disableUpdateNag": true },
        });
        std::fs::create_dir_all(home.join(".qwen")).unwrap();
        std::fs::write(home.join(".qwen/settings.json"), settings.to_string()).unwrap();
    }
}

/// Runs a test with it, where it is installed.
fn with(test: impl FnOnce(&Qwen)) {
    if let Some(program) = clients::qwen() {
        test(&Qwen(program));
    }
}

#[test]
fn works_and_lands() {
    with(|qwen| {
        let scene = Scene::new(qwen, &honest_turns());
        scene.work().ok();
        scene.assert_all_done(&[ID]);
    });
}

/// It has not written its conversation down by then, so it is told the whole task and what is there already.
#[test]
fn goes_on_after_sigkill() {
    with(|qwen| {
        let mut script = long_tool_then_honest();
        script[1]["expect"] = json!("begun already");
        let scene = Scene::new(qwen, &script);
        let mut child = scene.begin_until_a_tool_runs();
        scene.kill_everything(&mut child);
        scene.work().ok();
        scene.assert_all_done(&[ID]);
        assert_eq!(scene.said("session").len(), 2);
    });
}

#[test]
fn interrupted_while_a_tool_runs_it_leaves_no_process() {
    with(both::leaves_no_process);
}

#[test]
fn a_wrong_key_fails() {
    with(|qwen| both::fails_by(qwen, json!({ "error": "auth" }), "401"));
}

#[test]
fn the_sandbox_keeps_it_in_bounds() {
    with(both::is_kept_in_bounds);
}
