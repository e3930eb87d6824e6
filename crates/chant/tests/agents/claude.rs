//! Claude Code.

use chant_testkit::clients;
use serde_json::{Value, json};

use crate::scene::*;

/// Claude Code as a test calls it: quickly discouraged.
struct Claude {
    program: std::path::PathBuf,
}

impl Claude {
    fn find() -> Option<Self> {
        clients::claude().map(|program| Self { program })
    }
}

impl Client for Claude {
    fn entry(&self, base_url: &str) -> Value {
        json!({
            "kind": "claude",
            "command": [self.program],
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

#[test]
fn works_and_lands() {
    let Some(claude) = Claude::find() else { return };
    let scene = Scene::new(&claude, &honest_turns());
    scene.work().ok();
    scene.assert_landed(&[ID]);
    scene.model.assert_done();
}

/// The same with its questions answered instead of left out.
struct Asking {
    claude: Claude,
    permissions: &'static str,
}

impl Client for Asking {
    fn entry(&self, base_url: &str) -> Value {
        let mut entry = self.claude.entry(base_url);
        entry["bypass_permissions"] = json!(false);
        entry["permissions"] = json!(self.permissions);
        entry
    }
}

#[test]
fn its_questions_are_answered_yes_where_a_sandbox_bounds_it() {
    let Some(claude) = Claude::find() else { return };
    let scene = Scene::new(
        &Asking {
            claude,
            permissions: "sandbox",
        },
        &honest_turns(),
    );
    scene.work().ok();
    scene.assert_landed(&[ID]);
    scene.model.assert_done();
}

#[test]
fn its_questions_are_answered_no_where_nobody_is_there() {
    let Some(claude) = Claude::find() else { return };
    let scene = Scene::new(
        &Asking {
            claude,
            permissions: "ask",
        },
        &honest_turns(),
    );
    let output = scene.work();
    output.fails(1);
    let told = &output.stderr;
    assert!(
        told.contains("denied  Bash: nobody is there to be asked"),
        "{told}"
    );
}
