//! Real agents' programs, for the tests that drive them.
//!
//! `tests/clients/install` puts them into `target/clients`; `CHANT_TEST_CLIENTS` may name another `node_modules` folder. The
//! native programs are called, never a loader script: nothing then stands between chant and the agent. Where one is missing,
//! a test says so and is skipped; with `CI=true` it fails.

use std::path::{Path, PathBuf};

/// Claude Code.
pub fn claude() -> Option<PathBuf> {
    found("Claude Code", |modules| {
        platforms(modules, "@anthropic-ai", "claude-code-")
            .into_iter()
            .map(|folder| folder.join("claude"))
            .find(|path| path.is_file())
    })
}

/// Codex.
pub fn codex() -> Option<PathBuf> {
    found("Codex", |modules| {
        platforms(modules, "@openai", "codex-")
            .into_iter()
            .flat_map(|folder| entries(&folder.join("vendor")))
            .map(|folder| folder.join("bin/codex"))
            .find(|path| path.is_file())
    })
}

/// Claude's adapter for the Agent Client Protocol: a script that Node runs.
pub fn acp() -> Option<PathBuf> {
    found("claude-agent-acp", |modules| {
        let script = modules.join(".bin/claude-agent-acp");
        script.is_file().then_some(script)
    })
}

/// Qwen Code: a script that Node runs.
pub fn qwen() -> Option<PathBuf> {
    found("Qwen Code", |modules| {
        let script = modules.join(".bin/qwen");
        script.is_file().then_some(script)
    })
}

/// The packages of one scope that hold a program for some platform; only this machine's are installed.
fn platforms(modules: &Path, scope: &str, prefix: &str) -> Vec<PathBuf> {
    let mut all = entries(&modules.join(scope));
    all.retain(|folder| {
        let name = folder.file_name().unwrap_or_default();
        name.to_string_lossy().starts_with(prefix)
    });
    all
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut all: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    all.sort();
    all
}

fn modules() -> PathBuf {
    let usual = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/clients/node_modules");
    std::env::var_os("CHANT_TEST_CLIENTS").map_or_else(usual, PathBuf::from)
}

#[expect(clippy::print_stderr, reason = "a test says why it is skipped")]
fn found(name: &str, find: impl FnOnce(&Path) -> Option<PathBuf>) -> Option<PathBuf> {
    let modules = modules();
    let program = find(&modules);
    if program.is_none() {
        let missing = format!(
            "{name} is not in {}: run tests/clients/install",
            modules.display()
        );
        let in_ci = std::env::var_os("CI").is_some_and(|value| value == "true");
        assert!(!in_ci, "{missing}");
        eprintln!("SKIPPED: {missing}");
    }
    program
}
