//! `chant agents`, and what `chant init` proposes: which agents are there, without asking any of them to do anything.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use chant_testkit::{Output, TestRepo, path};
use serde_json::Value;

/// Puts a client into a folder that is first in `PATH`; it tells its version and notes that it was asked for anything.
fn install(repo: &TestRepo, name: &str, version: &str) {
    let folder = repo.home().join("clients");
    std::fs::create_dir_all(&folder).unwrap();
    let script = format!(
        "#!/bin/sh\necho \"$@\" >> '{}'\n[ \"$1\" = --version ] && echo '{version}'\n",
        repo.home().join("asked").display()
    );
    let program = folder.join(name);
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
}

fn asked(repo: &TestRepo) -> String {
    std::fs::read_to_string(repo.home().join("asked")).unwrap_or_default()
}

/// `chant` where these clients are first in `PATH`.
fn chant(repo: &TestRepo, args: &[&str], prepare: impl FnOnce(&mut Command)) -> Output {
    let rest = path::without_agents(&repo.home());
    let folders = std::iter::once(repo.home().join("clients")).chain(std::env::split_paths(&rest));
    let path = std::env::join_paths(folders).unwrap();
    repo.chant_with(|command| {
        command.args(args).env("PATH", path);
        prepare(command);
    })
}

#[track_caller]
fn survey(repo: &TestRepo, prepare: impl FnOnce(&mut Command)) -> Value {
    let output = chant(repo, &["agents", "--json"], prepare);
    output.ok();
    output.json()["data"].clone()
}

#[track_caller]
fn agent<'a>(survey: &'a Value, name: &str) -> &'a Value {
    let mut agents = survey["agents"].as_array().unwrap().iter();
    agents
        .find(|agent| agent["name"] == name)
        .unwrap_or_else(|| panic!("{name} is not among {survey:#}"))
}

#[test]
fn without_any_agent_it_says_what_to_do() {
    let repo = TestRepo::new();
    let output = chant(&repo, &["agents"], |_| {});
    output.ok();
    for part in [
        "No agent can be used yet.",
        "Claude Code",
        "codex login",
        "chant init --agent",
        "chant demo",
    ] {
        assert!(output.stdout.contains(part), "{part}: {}", output.stdout);
    }
    let survey = survey(&repo, |_| {});
    assert_eq!(survey["agents"].as_array().unwrap().len(), 0);
    assert_eq!(survey["default"], "claude");
}

#[test]
fn what_is_installed_is_shown_with_its_version_and_its_login() {
    let repo = TestRepo::new();
    install(&repo, "claude", "2.1.329 (Claude Code)");
    install(&repo, "codex", "codex-cli 0.169.0");
    let survey = survey(&repo, |command| {
        command.env("ANTHROPIC_API_KEY", "sk-never-shown");
    });
    let claude = agent(&survey, "claude");
    assert_eq!(claude["version"], "2.1.329");
    assert_eq!(claude["login"]["state"], "yes");
    assert_eq!(claude["login"]["by"], "ANTHROPIC_API_KEY");
    assert_eq!(claude["configured"], false);
    assert_eq!(claude["default"], true);
    assert!(!survey.to_string().contains("sk-never-shown"));
    let codex = agent(&survey, "codex");
    assert_eq!(codex["version"], "0.169.0");
    assert_eq!(codex["login"]["state"], "unknown");
    let cost = codex["features"].as_array().unwrap();
    let cost = cost
        .iter()
        .find(|feature| feature["name"] == "cost")
        .unwrap();
    assert_eq!(cost["support"], "partly");
    assert_eq!(asked(&repo), "--version\n--version\n");

    let text = chant(&repo, &["agents"], |_| {});
    text.ok();
    assert!(text.stdout.contains("* claude"), "{}", text.stdout);
    let text = chant(&repo, &["-v", "agents"], |_| {});
    assert!(text.stdout.contains("found in path"), "{}", text.stdout);
}

#[test]
fn an_agent_of_the_settings_that_is_not_there_says_why() {
    let repo = TestRepo::new();
    repo.chant(&["init"]).ok();
    repo.write(
        ".chant/agents.md",
        "---\nagents:\n  - {name: mine, kind: command, command: ./gone.sh}\n  - {name: odd, kind: cluade}\n---\n",
    );
    let survey = survey(&repo, |_| {});
    let problem = |name| agent(&survey, name)["problem"]["message"].as_str().unwrap();
    assert!(problem("main").contains("not in PATH"), "{survey:#}");
    assert!(problem("mine").contains("does not exist"), "{survey:#}");
    assert!(
        problem("odd").contains("did you mean `claude`?"),
        "{survey:#}"
    );
    let text = chant(&repo, &["agents"], |_| {});
    text.ok();
    assert!(text.stdout.contains("mine: "), "{}", text.stdout);
}

#[test]
fn a_program_that_a_repository_names_is_not_started_before_it_is_trusted() {
    let repo = TestRepo::new();
    install(&repo, "claude", "2.1.329 (Claude Code)");
    let evil = repo.home().join("clients/claude");
    repo.write(
        ".chant/config.md",
        &format!(
            "---\nagents:\n  - {{name: main, kind: claude, command: {}}}\n---\n",
            evil.display()
        ),
    );
    let before = survey(&repo, |_| {});
    assert_eq!(agent(&before, "main")["version"], Value::Null);
    assert_eq!(agent(&before, "claude")["version"], "2.1.329");
    assert_eq!(asked(&repo), "--version\n", "only what was found in PATH");
    repo.chant(&["trust"]).ok();
    assert_eq!(agent(&survey(&repo, |_| {}), "main")["version"], "2.1.329");
}

#[test]
fn outside_of_a_project_the_persons_own_settings_count() {
    let repo = TestRepo::folder_only();
    let config = repo.home().join("config/chant/config.md");
    std::fs::create_dir_all(config.parent().unwrap()).unwrap();
    std::fs::write(
        &config,
        "---\nagents: [{name: mine, kind: command, command: sh}]\n---\n",
    )
    .unwrap();
    let survey = survey(&repo, |_| {});
    assert_eq!(survey["in_project"], false);
    assert_eq!(survey["default"], "mine");
    assert_eq!(agent(&survey, "mine")["problem"], Value::Null);
    assert_eq!(agent(&survey, "mine")["source"], "person");
}

#[test]
fn init_takes_the_client_that_is_there_and_names_the_others() {
    let repo = TestRepo::new();
    install(&repo, "codex", "codex-cli 0.169.0");
    let only = chant(&repo, &["init"], |_| {});
    only.ok();
    assert!(only.stdout.contains("specs go to codex"), "{}", only.stdout);
    assert!(repo.file(".chant/config.md").contains("kind: codex"));
    assert_eq!(asked(&repo), "", "nobody is asked anything");

    let both = TestRepo::new();
    install(&both, "codex", "1");
    install(&both, "claude", "1");
    let output = chant(&both, &["init"], |_| {});
    output.ok();
    assert!(
        output
            .stdout
            .contains("specs go to claude; codex can be had too"),
        "{}",
        output.stdout
    );
    assert!(both.file(".chant/config.md").contains("kind: claude"));

    let named = TestRepo::new();
    install(&named, "claude", "1");
    chant(&named, &["init", "--agent", "codex"], |_| {}).ok();
    assert!(named.file(".chant/config.md").contains("kind: codex"));
}
