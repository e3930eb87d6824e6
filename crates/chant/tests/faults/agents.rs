//! Agents that misbehave beside honest ones: only they fail, and nothing of theirs is left running.

use chant_testkit::crew;
use serde_json::json;

use crate::many::*;

#[test]
fn only_the_bad_ones_fail() {
    let settings = "limits: {idle: 2s, total: 60s}\n";
    let ids = [
        "001-a", "002-b", "003-c", "004-d", "005-e", "006-f", "007-g",
    ];
    let many = Many::with_settings(settings, &ids.map(|id| (id, honest(id))));
    let work = |id| {
        let mut all = honest(id);
        move |more: serde_json::Value| {
            all.as_array_mut().unwrap().push(more);
            all
        }
    };
    many.script("002-b", &json!(["ignore_signals", "hang"]));
    many.script(
        "003-c",
        &first(json!([{"spawn_daemon": many.file("daemon")}]), "003-c"),
    );
    many.script("004-d", &work("004-d")(json!("hang")));
    many.script(
        "005-e",
        &first(
            json!([{"flood": 3_000_000}, {"flood_stderr": 300_000}]),
            "005-e",
        ),
    );
    many.script("006-f", &json!(["hang"]));
    let output = many.work();
    output.fails(1);
    many.assert_landed(&["001-a", "003-c", "005-e", "007-g"]);
    for id in ["002-b", "004-d", "006-f"] {
        let (status, reason) = many.standing(id);
        assert_eq!(status, "failed", "{id}");
        assert!(reason.contains("no output"), "{id}: {reason}");
        assert!(
            output.stderr.contains(id) || output.stdout.contains(id),
            "the report names {id}"
        );
    }
    let daemon = std::fs::read_to_string(many.file("daemon")).unwrap();
    assert!(
        !std::path::Path::new(&format!("/proc/{}", daemon.trim())).exists(),
        "the daemon is gone"
    );
    many.assert_quiet();
}

#[test]
fn a_hook_that_refuses_commits_fails_those_who_commit() {
    let many = Many::with(&["001-a", "002-b"].map(|id| (id, honest(id))));
    many.script(
        "001-a",
        &first(
            json!([{"write": {"x.txt": "x\n"}}, {"commit": "x"}]),
            "001-a",
        ),
    );
    let hook = many.repo.path().join(".git/hooks/pre-commit");
    std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
    std::fs::write(&hook, "#!/bin/sh\necho 'not on a Saturday' >&2\nexit 1\n").unwrap();
    many.repo
        .command("chmod")
        .args(["+x"])
        .arg(&hook)
        .status()
        .unwrap();
    many.work().fails(1);
    many.assert_landed(&["002-b"]);
    let (status, reason) = many.standing("001-a");
    assert_eq!(status, "failed");
    assert!(!reason.is_empty());
    std::fs::remove_file(&hook).unwrap();
    many.work().ok();
    many.assert_landed(&["001-a", "002-b"]);
}

#[test]
fn a_limit_that_is_renewed_lets_the_run_go_on_by_itself() {
    let many = Many::with(&["001-a", "002-b"].map(|id| (id, honest(id))));
    let told = many.file("told");
    let refusal = json!({"once": [told, [{"stderr": "usage limit reached, try again in 1 second"}, {"exit": 1}]]});
    many.script("001-a", &first(json!([refusal]), "001-a"));
    many.work().ok();
    many.assert_landed(&["001-a", "002-b"]);
    many.assert_paid("001-a", 2);
    many.assert_paid("002-b", 1);
}

#[test]
fn a_limit_that_is_never_renewed_ends_with_its_reason() {
    let settings = "limits: {parked: 3s}\n";
    let many = Many::with_settings(settings, &["001-a", "002-b"].map(|id| (id, honest(id))));
    let refusal = "usage limit reached, try again in 1 second";
    many.script("001-a", &json!([{"stderr": refusal}, {"exit": 1}]));
    let mut child = many.working("one");
    let code = ended(&mut child);
    assert!(
        code.is_some_and(|code| code != 0),
        "{code:?}: {}",
        many.said("one")
    );
    many.assert_landed(&["002-b"]);
    let (status, reason) = many.standing("001-a");
    assert!(reason.contains("limit"), "{status}: {reason}");
    let begun = crew::ledger(&many.repo).len();
    assert!(begun < 20, "it was not asked for ever: {begun}");
    many.assert_quiet();
}

#[test]
fn an_agent_killed_while_it_brings_both_together_is_asked_again() {
    let many = Many::with(&["001-a", "002-b"].map(|id| (id, honest(id))));
    many.repo.write("shared.txt", "line:\n");
    many.repo.commit("shared");
    let joins = |id: &str| json!({"join": {"path": "shared.txt", "line": "line:", "text": format!(" {id}")}});
    let killed = json!({"once": [many.file("killed"), ["kill_self"]]});
    let joining = json!({"on_conflict": [killed, "resolve", "tick_all"]});
    let meet = |other: &str| json!({"wait_for": many.file(other)});
    for (id, other) in [("001-a", "two"), ("002-b", "one")] {
        let here = many.file(if other == "two" { "one" } else { "two" });
        let arrive = json!({"once": [here, []]});
        many.script(
            id,
            &first(json!([joining, arrive, meet(other), joins(id)]), id),
        );
    }
    many.work().fails(130);
    let standings = ["001-a", "002-b"].map(|id| many.standing(id));
    let paused = standings.iter().find(|(status, _)| status == "paused");
    assert!(
        paused.is_some_and(|(_, reason)| reason.contains("brought together")),
        "{standings:?}"
    );
    many.work().ok();
    many.assert_landed(&["001-a", "002-b"]);
    let shared = many.repo.git(&["show", "main:shared.txt"]);
    assert!(
        shared.contains("001-a") && shared.contains("002-b"),
        "{shared}"
    );
}
