//! The first minutes with an agent: setting one up, trying it, and the demo with one that is missing or fails.

use chant_testkit::TestRepo;

use crate::agents::{chant, install};

#[test]
fn an_agent_that_is_not_let_in_is_told_how_to_get_in() {
    let repo = TestRepo::new();
    repo.chant(&["init"]).ok();
    install(&repo, "claude", "2.1.329");
    let refused = r#"echo '{"type":"result","subtype":"success","is_error":true,"terminal_reason":"api_error","result":"Not logged in"}'; exit 1"#;
    let program = repo.home().join("clients/claude");
    std::fs::write(&program, format!("#!/bin/sh\n{refused}\n")).unwrap();
    let output = chant(&repo, &["agents", "test", "claude"], |_| {});
    output.fails(1);
    assert!(
        output.stderr.contains("sign in with: claude"),
        "{}",
        output.stderr
    );
    for point in [
        "no   started       api error: Not logged in",
        "it left nothing to commit",
    ] {
        assert!(output.stdout.contains(point), "{point}: {}", output.stdout);
    }
    let output = chant(&repo, &["agents", "test", "claude", "--json"], |command| {
        command.env("ANTHROPIC_API_KEY", "sk-ant-not-taken-any-more");
    });
    let hint = output.json()["data"]["hint"].as_str().unwrap().to_owned();
    assert!(hint.contains("ANTHROPIC_API_KEY: make sure"), "{hint}");
}

#[test]
fn a_model_that_the_settings_name_for_all_counts_in_the_check_too() {
    let repo = TestRepo::new();
    repo.chant(&["init", "--agent", "builtin", "--model", "small"])
        .ok();
    let own = repo
        .file(".chant/config.md")
        .replace("http://localhost:11434 ", "http://127.0.0.1:9 ");
    repo.write(
        ".chant/config.md",
        &own.replace(
            "kind: builtin\n",
            "kind: builtin\n    args: [--tries, '1']\n",
        ),
    );
    repo.chant(&["trust"]).ok();
    let output = repo.chant(&["agents", "test", "main"]);
    output.fails(1);
    let told = &output.stdout;
    assert!(told.contains("network error with 127.0.0.1:9"), "{told}");
    assert!(!told.contains("limit of agent"), "{told}");
}

#[test]
fn init_sets_up_chants_own_agent() {
    let repo = TestRepo::new();
    let output = repo.chant(&["init", "--agent", "builtin"]);
    output.fails(2);
    assert!(output.stderr.contains("--model NAME"), "{}", output.stderr);
    assert!(!repo.path().join(".chant").exists());
    let keyed = |name: &'static str| {
        let repo = TestRepo::new();
        let args = ["init", "--agent", "builtin", "--model", "m"];
        chant(&repo, &args, |command| {
            if !name.is_empty() {
                command.env(name, "sk-0123456789");
            }
        })
        .ok();
        repo.file(".chant/config.md")
    };
    assert!(keyed("").contains("base_url: http://localhost:11434"));
    assert!(keyed("ANTHROPIC_API_KEY").contains("provider: anthropic"));
    assert!(keyed("OPENAI_API_KEY").contains("provider: openai"));
    repo.chant(&["init"]).ok();
    let again = repo.chant(&["init", "--agent", "codex"]);
    assert!(
        again.ok().stderr.contains("the settings were there"),
        "{}",
        again.stderr
    );
}

#[test]
fn the_demo_makes_nothing_where_its_agent_is_missing() {
    let place = TestRepo::folder_only();
    let own = place.home().join("config/chant/config.md");
    std::fs::create_dir_all(own.parent().unwrap()).unwrap();
    std::fs::write(
        &own,
        "---\nagents: [{name: mine, kind: command, command: sh}]\n---\n",
    )
    .unwrap();
    for (agent, code, sentence) in [
        ("claude", 4, "is not in PATH"),
        ("mine,claude", 4, "is not in PATH"),
        ("nobody", 3, "known agents: mine, claude, codex"),
        ("mime", 3, "did you mean `mine`?"),
        ("builtin", 3, "config/chant/config.md"),
    ] {
        let output = chant(&place, &["demo", "here", "--agent", agent], |_| {});
        output.fails(code);
        assert!(
            output.stderr.contains(sentence),
            "{sentence}: {}",
            output.stderr
        );
        assert!(!place.path().join("here").exists(), "{agent}");
    }
}

#[test]
fn a_demo_whose_agent_fails_says_how_to_go_on_from_here() {
    let place = TestRepo::folder_only();
    let own = place.home().join("config/chant/config.md");
    std::fs::create_dir_all(own.parent().unwrap()).unwrap();
    std::fs::write(
        &own,
        "---\nagents: [{name: mine, kind: command, command: 'false'}]\n---\n",
    )
    .unwrap();
    let output = chant(&place, &["demo", "here", "--agent", "mine"], |_| {});
    output.fails(1);
    for way in [
        "chant -C here log 001",
        "chant -C here work 001-comprehension --agent mine",
    ] {
        assert!(output.stderr.contains(way), "{way}: {}", output.stderr);
    }
    let again = chant(&place, &["demo", "here"], |_| {});
    again.fails(4);
    assert!(again.stderr.contains("exists already"), "{}", again.stderr);
}
