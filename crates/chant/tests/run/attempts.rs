//! What the next attempt is told, when there is one without anybody asking, and how a spec is given up.

use chant_testkit::TestRepo;

use crate::stop::{PATIENT, ended, said, tree_of, working};
use crate::support::*;

/// Keeps the prompt of each attempt.
const KEEP: &str = "cp \"$CHANT_PROMPT_FILE\" \"$HOME/given-$CHANT_ATTEMPT\"\n";

fn given(repo: &TestRepo, attempt: u32) -> String {
    std::fs::read_to_string(repo.home().join(format!("given-{attempt}"))).unwrap()
}

fn attempts(repo: &TestRepo) -> u64 {
    let shown = repo.chant(&["show", ID, "--json"]).ok().json();
    shown["data"]["attempts"].as_u64().unwrap()
}

#[test]
fn feedback_and_the_last_failure_are_in_the_next_prompt() {
    let repo = with_agent(&format!("{KEEP}exit 3\n"));
    repo.chant(&["feedback", ID, "use a capital H", "--by", "Ada"])
        .ok();
    work(&repo).fails(1);
    assert!(
        given(&repo, 1).contains("use a capital H"),
        "{}",
        given(&repo, 1)
    );
    repo.write("review.md", "it is a greeting,\nnot a letter\n");
    repo.chant(&["feedback", ID, "--file", "review.md"]).ok();
    let shown = repo.chant(&["show", ID]).ok().stdout.clone();
    assert!(
        shown.contains("Ada: use a capital H") && shown.contains("not a letter"),
        "{shown}"
    );
    set_agent(&repo, &format!("{KEEP}{HONEST}"));
    work(&repo).ok();
    let second = given(&repo, 2);
    for part in [
        "Ada",
        "use a capital H",
        "it is a greeting,\nnot a letter",
        "exit",
    ] {
        assert!(second.contains(part), "{part}: {second}");
    }
    let shown = repo.chant(&["show", ID, "--json"]).ok().json();
    assert!(shown["data"]["feedback"].is_null(), "heeded: {shown}");
    repo.chant(&["feedback", ID, "  "]).fails(2);
    let missing = repo.chant(&["feedback", ID, "--file", "missing.md"]);
    missing.fails(2);
    assert!(missing.stderr.contains("missing.md"), "{}", missing.stderr);
    assert!(missing.stderr.contains("name a file"), "{}", missing.stderr);
    repo.chant(&["feedback", ID]).fails(2);
}

#[test]
fn feedback_to_a_run_at_work_is_seen_when_it_goes_on() {
    let repo = with_agent(&format!(
        "cp \"$CHANT_PROMPT_FILE\" \"$HOME/last\"\n{PATIENT}{HONEST}"
    ));
    let mut child = working(&repo);
    let told = repo.chant(&["feedback", ID, "be brief"]);
    assert!(told.ok().stderr.contains("chant pause"), "{}", told.stderr);
    repo.chant(&["pause", ID]).ok();
    ended(&mut child);
    crate::stop::go(&repo);
    work(&repo).ok();
    let last = std::fs::read_to_string(repo.home().join("last")).unwrap();
    assert!(
        last.contains("be brief") && last.contains("begun already"),
        "{last}"
    );
    let shown = repo.chant(&["show", ID, "--json"]).ok().json();
    assert!(shown["data"]["feedback"].is_null(), "heeded: {shown}");
}

#[test]
fn an_agent_goes_on_in_its_own_session_and_is_told_what_is_new() {
    let repo = with_agent("");
    let script = repo.home().join("claude");
    std::fs::write(
        &script,
        r#"#!/bin/sh
[ "$1" = --version ] && { echo 1.0; exit; }
cat > "$HOME/last"
echo "$*" > "$HOME/arguments"
echo '{"type":"system","subtype":"init","session_id":"11111111-2222-3333-4444-555555555555"}'
echo draft > draft.txt
touch "$HOME/working"
while [ ! -e "$HOME/go" ]; do sleep 0.02; done
echo hello > greeting.txt
sed -i 's/- \[ \]/- [x]/' "$CHANT_SPEC_FILE"
echo '{"type":"result","subtype":"success","is_error":false,"result":"done"}'
"#,
    )
    .unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&script, mode).unwrap();
    repo.write(
        ".chant/agents.md",
        &format!(
            "---\nagents:\n  - name: c\n    kind: claude\n    command: [{}]\ndefaults:\n  agent: c\n---\n",
            script.display()
        ),
    );
    let mut child = working(&repo);
    // The session is on record as soon as the agent has named it.
    crate::stop::eventually("the session", || {
        repo.chant(&["log", ID, "--json"])
            .stdout
            .contains("11111111")
    });
    let paused = repo.chant(&["pause", ID, "--json"]).ok().json();
    assert_eq!(paused["data"][0]["session"], true, "{paused}");
    ended(&mut child);
    repo.chant(&["feedback", ID, "be brief"]).ok();
    crate::stop::go(&repo);
    work(&repo).ok();
    assert_landed_once(&repo);
    let arguments = std::fs::read_to_string(repo.home().join("arguments")).unwrap();
    assert!(arguments.contains("--resume 11111111-2222"), "{arguments}");
    let last = std::fs::read_to_string(repo.home().join("last")).unwrap();
    assert!(
        last.contains("be brief") && last.contains("draft.txt"),
        "{last}"
    );
    assert!(
        !last.contains("# Where you are"),
        "not the whole task again: {last}"
    );
}

#[test]
fn without_the_setting_nothing_is_tried_again() {
    let repo = with_agent("exit 3\n");
    work(&repo).fails(1);
    assert_eq!((attempts(&repo), state(&repo)), (1, "failed".to_owned()));
}

#[test]
fn the_same_failure_twice_ends_the_retries() {
    let repo = with_agent(&format!("{KEEP}exit 3\n"));
    repo.write(SPEC, &spec("retries: 5\n"));
    let output = work(&repo);
    let text = &output.fails(1).stderr;
    assert!(text.contains("twice in the same way"), "{text}");
    assert_eq!(attempts(&repo), 2);
    assert_eq!(state(&repo), "needs_attention");
    assert!(given(&repo, 2).contains("# The attempt before this one did not land"));
    // A person's word begins anew.
    set_agent(&repo, HONEST);
    work(&repo).ok();
    assert_landed_once(&repo);
}

#[test]
fn another_failure_is_tried_again_until_it_lands_or_the_tries_are_used_up() {
    let script = format!(
        "case $CHANT_ATTEMPT in 1) exit 3 ;; 2) echo x > unasked.txt; exit 0 ;; esac\n{HONEST}"
    );
    let repo = with_agent(&script);
    let text = repo.file(".chant/agents.md");
    let text = text.replace("defaults:\n", "defaults:\n  retries: 2\n");
    repo.write(".chant/agents.md", &text);
    work(&repo).ok();
    assert_eq!(attempts(&repo), 3);
    assert_landed_once(&repo);
    let repo = with_agent(&script);
    repo.write(SPEC, &spec("retries: 1\n"));
    work(&repo).fails(1);
    assert_eq!((attempts(&repo), state(&repo)), (2, "failed".to_owned()));
}

#[test]
fn a_run_at_work_is_stopped_and_cancelled_with_its_work_kept() {
    let repo = with_agent(&format!("echo draft > draft.txt\n{PATIENT}{HONEST}"));
    let mut child = working(&repo);
    let done = repo.chant(&["cancel", ID, "--json"]).ok().json();
    assert_eq!(ended(&mut child).code(), Some(130));
    assert!(
        said(&repo).contains("cancelled by Tess Ter"),
        "{}",
        said(&repo)
    );
    assert!(tree_of(&repo).is_empty());
    assert_eq!(state(&repo), "cancelled");
    let kept = done["data"][0]["kept"].as_str().unwrap();
    assert_eq!(repo.git(&["show", &format!("{kept}:draft.txt")]), "draft\n");
    assert_eq!(repo.git(&["branch", "--list", "chant/*"]).trim(), "");
    repo.chant(&["work", ID]).fails(4);
}

#[test]
fn what_depends_on_it_is_cancelled_only_if_asked_and_listed_first() {
    let repo = with_agent(HONEST);
    for (id, on) in [
        ("002-b", ID),
        ("003-c", "002-b"),
        ("004-d", "005-e"),
        ("005-e", "006-f"),
    ] {
        let on = if on == "006-f" {
            String::new()
        } else {
            format!("depends_on: [{on}]\n")
        };
        repo.write(
            &format!(".chant/specs/{id}.md"),
            &format!("---\nstatus: pending\n{on}---\n\n# T\n"),
        );
    }
    let status = |id: &str| {
        let shown = repo.chant(&["show", id, "--json"]).ok().json();
        shown["data"]["status"].as_str().unwrap().to_owned()
    };
    let dry = repo.chant(&["cancel", ID, "--cascade", "--dry-run"]);
    assert!(
        dry.ok().stdout.contains("003-c would be cancelled"),
        "{}",
        dry.stdout
    );
    assert_ne!(status(ID), "cancelled");
    let done = repo.chant(&["cancel", ID, "--cascade"]);
    let listed = done.ok().stderr.find("002-b").unwrap();
    assert!(
        listed < done.stderr.find("003-c").unwrap(),
        "{}",
        done.stderr
    );
    for id in [ID, "002-b", "003-c"] {
        assert_eq!(status(id), "cancelled", "{id}");
    }
    assert_eq!(status("005-e"), "pending");
}

#[test]
fn reset_can_begin_again_at_once() {
    let repo = with_agent("echo draft > draft.txt\nexit 3\n");
    work(&repo).fails(1);
    set_agent(&repo, HONEST);
    repo.chant(&["reset", ID, "--work"]).ok();
    assert_landed_once(&repo);
    assert!(!repo.path().join("draft.txt").exists());
}
