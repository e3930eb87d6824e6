//! What it can not reach, what it never shows, and what its settings may say.

use chant_testkit::TestRepo;
use serde_json::json;

use super::*;

/// Every file below a folder whose content holds this.
fn files_with(folder: &std::path::Path, needle: &str) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files_with(&path, needle));
        } else if let Ok(bytes) = std::fs::read(&path)
            && bytes
                .windows(needle.len())
                .any(|window| window == needle.as_bytes())
        {
            found.push(path);
        }
    }
    found
}

#[test]
fn nothing_outside_of_the_worktree_is_read_or_written_by_its_tools() {
    let outside = TestRepo::folder_only();
    over_both(|client| {
        let script = json!([
            {"sh": format!("ln -s {} out", outside.path().display())},
            {"calls": [
                {"write": {"path": "../escape.txt", "content": "x"}},
                {"call": {"name": "write_file", "input": {"path": outside.path().join("b"), "content": "x"}}},
                {"call": {"name": "write_file", "input": {"path": "out/c", "content": "x"}}},
                {"call": {"name": "read_file", "input": {"path": "out/secret"}}},
                {"call": {"name": "search", "input": {"pattern": "hush"}}},
                {"call": {"name": "write_file", "input": {"path": ".git", "content": "x"}}},
            ]},
            {"sh": format!("rm out; {}", honest(ID))},
            {"text": "done"},
        ]);
        std::fs::write(outside.path().join("secret"), "hush\n").unwrap();
        let scene = scene(client, &script, NO_WAIT);
        scene.work().ok();
        scene.assert_landed(&[ID]);
        let results = told(&scene, "tool_result");
        let ok: Vec<bool> = results
            .iter()
            .map(|event| event["ok"].as_bool().unwrap())
            .collect();
        assert_eq!(ok, [true, false, false, false, false, true, false, true]);
        assert_eq!(results[5]["text"], "[nothing found]");
        let left: Vec<_> = std::fs::read_dir(outside.path())
            .unwrap()
            .flatten()
            .collect();
        assert_eq!(left.len(), 1, "{left:?}");
    });
}

#[test]
fn the_key_is_seen_by_no_command_and_kept_nowhere() {
    let look = json!({"sh": "env; tr '\\0' '\\n' < /proc/$PPID/environ; tr '\\0' ' ' < /proc/$PPID/cmdline"});
    over_both(|client| {
        let scene = scene(client, &then_honest(std::slice::from_ref(&look)), NO_WAIT);
        scene.work().ok();
        scene.assert_landed(&[ID]);
        let kept = files_with(&scene.repo.path().join(".git/chant"), KEY);
        assert!(kept.is_empty(), "{kept:?}");
        for request in scene.model.requests() {
            assert!(!request.body.to_string().contains(KEY));
        }
        let seen = texts(&scene, "tool_result", "text");
        assert!(seen.contains("CHANT_SPEC_ID="), "{seen}");
    });
}

#[test]
fn what_a_command_finds_is_not_kept_in_the_conversation() {
    let shape = format!("ghp_{}", "aB3x".repeat(9));
    let look = json!({"sh": format!("printf '%s%s %s\\n' ghp_ {} 'plum-'jam-38", &shape[4..])});
    over_both(|client| {
        let scene = scene(client, &then_honest(std::slice::from_ref(&look)), NO_WAIT);
        let output = scene.repo.chant_with(|command| {
            command.args(["work", ID]).env("SHOP_TOKEN", "plum-jam-38");
        });
        output.ok();
        for secret in [shape.as_str(), "plum-jam-38"] {
            let kept = files_with(&scene.repo.path().join(".git/chant"), secret);
            assert!(kept.is_empty(), "{secret} in {kept:?}");
        }
        let seen = scene.model.requests()[1].body.to_string();
        assert!(seen.contains(&shape), "the model sees what is there");
    });
}

#[test]
fn a_proxy_is_not_asked_for_a_server_on_this_machine() {
    over_both(|client| {
        let scene = scene(client, &honest_turns(), NO_WAIT);
        let output = scene.repo.chant_with(|command| {
            let command = command.args(["work", ID]);
            for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY"] {
                command.env(name, "http://127.0.0.1:9");
            }
        });
        output.ok();
        scene.assert_landed(&[ID]);
    });
}

#[test]
fn wrong_settings_are_told_with_the_key() {
    let settings = [
        (
            json!({"provider": "openai", "base_url": "localhost:1"}),
            "base_url: it must begin with http",
        ),
        (
            json!({"base_url": "http://me:pw@host/"}),
            "put the key into the variable",
        ),
        (
            json!({"key_env": "sk-ant-not-a-name"}),
            "never the key itself",
        ),
        (json!({"context": 0}), "whole number above 0"),
        (json!({"max_turns": "many"}), "whole number above 0"),
        (
            json!({"kind": "command", "command": "x"}),
            "has no such setting",
        ),
    ];
    for (more, sentence) in settings {
        let client = Builtin {
            more,
            ..Builtin::new("openai")
        };
        let scene = scene(&client, &json!([]), "");
        let output = scene.work();
        assert_ne!(output.code, Some(0));
        assert!(
            output.stderr.contains(sentence),
            "{sentence}: {}",
            output.stderr
        );
        assert!(
            !output.stderr.contains("sk-ant-not-a-name"),
            "{}",
            output.stderr
        );
    }
    let client = Builtin {
        more: json!({"model": null}),
        ..Builtin::new("openai")
    };
    let scene = scene(&client, &json!([]), "");
    let output = scene.work();
    assert!(
        output.stderr.contains("no model; set `model:`"),
        "{}",
        output.stderr
    );
}

#[test]
fn it_is_shown_among_the_agents() {
    let client = Builtin::new("openai");
    let scene = scene(&client, &json!([]), "");
    let survey = scene.repo.chant(&["agents", "--json"]).json();
    let mut agents = survey["data"]["agents"].as_array().unwrap().iter();
    let agent = agents.find(|agent| agent["name"] == "real").unwrap();
    assert_eq!(agent["kind"], "builtin", "{survey}");
    assert_eq!(agent["login"]["by"], "SCRIPTED_KEY");
    assert!(agent["problem"].is_null(), "{agent}");
}
