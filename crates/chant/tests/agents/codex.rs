//! Codex.

use chant_testkit::clients;
use serde_json::{Value, json};

use crate::scene::*;

/// Codex as a test calls it: quickly discouraged, and nothing looked up outside.
struct Codex {
    program: std::path::PathBuf,
}

impl Codex {
    fn find() -> Option<Self> {
        clients::codex().map(|program| Self { program })
    }
}

impl Client for Codex {
    fn entry(&self, base_url: &str) -> Value {
        let provider = format!(
            "model_providers.scripted={{name=\"scripted\",base_url=\"{base_url}/v1\",env_key=\"SCRIPTED_KEY\",\
             wire_api=\"responses\",request_max_retries=1,stream_max_retries=0,stream_idle_timeout_ms=20000}}"
        );
        json!({
            "kind": "codex",
            "command": [self.program],
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

#[test]
fn works_and_lands() {
    let Some(codex) = Codex::find() else { return };
    let scene = Scene::new(&codex, &honest_turns());
    scene.work().ok();
    scene.assert_landed(&[ID]);
    scene.model.assert_done();
}
