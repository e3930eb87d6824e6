//! `gate: human`: a step that only a person takes, on what the specs before it left.

use chant_testkit::{Output, TestRepo};
use serde_json::Value;

use crate::support::*;

const GATE: &str = ".chant/specs/002-gate.md";
const NEXT: &str = ".chant/specs/003-next.md";

const GATE_TEXT: &str = "---\ntype: task\nstatus: pending\ngate: human # the maintainer\ndepends_on: [001-greeting]\n---\n\n# Send it\n\n## Acceptance Criteria\n\n- [ ] The greeting is friendly\n- [x] It is in English\n";

/// A spec, a gate behind it, and a spec behind the gate; everything is committed.
fn chain() -> TestRepo {
    let repo = with_agent(HONEST);
    repo.write(GATE, GATE_TEXT);
    let next = "---\ndepends_on: [002-gate]\ntarget_files: [next.txt]\n---\n# Go on\n";
    repo.write(NEXT, next);
    repo.commit("specs");
    repo
}

/// The same with the first spec landed.
fn at_the_gate() -> TestRepo {
    let repo = chain();
    work(&repo).ok();
    repo
}

fn approve(repo: &TestRepo) -> Output {
    repo.chant(&["approve", "002-gate", "--by", "Ada"])
}

fn shown(repo: &TestRepo, id: &str) -> Value {
    repo.chant(&["show", id, "--json"]).json()["data"].take()
}

fn next_waits_for(repo: &TestRepo) -> String {
    shown(repo, "003")["blocked_by"].to_string()
}

#[test]
fn work_shows_the_gate_and_what_came_before() {
    let repo = at_the_gate();
    let said = repo.chant(&["work", "002"]);
    said.fails(4);
    for part in [
        "002-gate  Send it",
        "001-greeting  Write a greeting  (completed)",
        "left  greeting.txt",
        "[ ] The greeting is friendly",
        "[x] It is in English",
    ] {
        assert!(said.stdout.contains(part), "{part} in {}", said.stdout);
    }
    assert!(
        said.stderr.contains("chant approve 002-gate --by NAME"),
        "{}",
        said.stderr
    );
    let said = repo.chant(&["work", "002", "--json"]).json();
    assert_eq!(said["error"]["code"], "gate-closed");
    let gate = &said["error"]["details"]["gate"];
    assert_eq!(
        gate["phases"][0]["outputs"],
        serde_json::json!(["greeting.txt"])
    );
    assert_eq!(
        gate["phases"][0]["commit"],
        repo.git(&["rev-parse", "HEAD"]).trim()
    );
    assert_eq!(gate["checklist"][0]["checked"], false);
    assert_eq!(repo.file(GATE), GATE_TEXT);
}

#[test]
fn a_gate_waits_for_what_comes_before() {
    let repo = chain();
    let said = repo.chant(&["approve", "002", "--by", "Ada", "--json"]);
    said.fails(4);
    assert_eq!(said.json()["error"]["code"], "blocked");
    assert!(
        said.stdout
            .contains("depends on 001-greeting, which is pending")
    );
    let said = repo.chant(&["work", "002"]);
    said.fails(4);
    assert!(
        said.stderr.contains("depends on 001-greeting"),
        "{}",
        said.stderr
    );
    assert_eq!(repo.file(GATE), GATE_TEXT);
}

#[test]
fn an_approval_completes_the_gate_and_frees_what_is_behind() {
    let repo = at_the_gate();
    assert!(next_waits_for(&repo).contains("depends on 002-gate, which is pending"));
    let said = approve(&repo);
    said.ok();
    assert!(
        said.stdout
            .contains("002-gate is approved and completed by Ada (unsigned)")
    );
    assert!(
        said.stdout
            .contains("Ada vouches for what was open on its list: The greeting is friendly")
    );
    assert!(
        said.stderr.contains("ready: chant work 003-next"),
        "{}",
        said.stderr
    );
    let text = repo.git(&["show", &format!("main:{GATE}")]);
    for part in [
        "status: completed\n",
        "completed_at: ",
        "gate: human # the maintainer\n",
        ", tree: ",
        "- [x] The greeting is friendly",
        "Ada approved, and vouches for: The greeting is friendly",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert_eq!(shown(&repo, "002")["status"], "completed");
    assert_eq!(shown(&repo, "002")["approval"]["status"], "approved");
    assert_eq!(next_waits_for(&repo), "[]");
    let ready = repo.chant(&["list", "--ready", "--json"]).json();
    assert_eq!(ready["data"][0]["id"], "003-next");
    approve(&repo).fails(4);
    repo.chant(&["work", "002"]).fails(4);
}

#[test]
fn what_was_approved_changes_and_the_approval_lapses() {
    let repo = at_the_gate();
    approve(&repo).ok();
    repo.write("README.md", "Something else.\n");
    repo.commit("something else");
    assert_eq!(shown(&repo, "002")["approval"]["status"], "approved");
    repo.write("greeting.txt", "hello, rudely\n");
    assert_eq!(
        shown(&repo, "002")["approval"]["status"],
        "approved",
        "main is what counts"
    );
    repo.commit("by hand");

    let why = "approval lapsed: what the specs before it left changed since Ada approved it at";
    let gate = shown(&repo, "002");
    assert_eq!(gate["status"], "completed");
    assert_eq!(gate["approval"]["lapsed"], true);
    assert!(gate["reason"].as_str().unwrap().starts_with(why), "{gate}");
    for command in ["list", "status"] {
        let said = repo.chant(&[command, "--json"]).stdout;
        assert!(said.contains(why), "{command}: {said}");
    }
    assert!(repo.chant(&["show", "002"]).stdout.contains(why));
    let lapsed = repo
        .chant(&["list", "--approval", "lapsed", "--json"])
        .json();
    assert_eq!(lapsed["data"][0]["id"], "002-gate");
    assert!(
        next_waits_for(&repo)
            .contains("depends on 002-gate, a gate: what the specs before it left")
    );
    repo.chant(&["work", "003"]).fails(4);
    let diagnosed = repo.chant(&["diagnose"]).stdout;
    assert!(diagnosed.contains("002-gate"), "{diagnosed}");

    let clone = repo.home().join("clone");
    repo.git(&["clone", "-q", ".", clone.to_str().unwrap()]);
    let elsewhere = repo.chant_with(|command| {
        command
            .arg("-C")
            .arg(&clone)
            .args(["show", "002", "--json"]);
    });
    assert_eq!(elsewhere.json()["data"]["approval"]["lapsed"], true);

    let again = repo.chant(&["work", "002"]);
    again.fails(4);
    assert!(again.stdout.contains(why), "{}", again.stdout);
    approve(&repo).ok();
    assert_eq!(next_waits_for(&repo), "[]");
    repo.write("greeting.txt", "hello\n");
    repo.commit("and back");
    assert_eq!(shown(&repo, "002")["approval"]["lapsed"], true);
}

#[test]
fn what_builds_on_a_gate_does_not_take_its_approval_away() {
    let repo = at_the_gate();
    approve(&repo).ok();
    set_agent(&repo, "echo more >> greeting.txt; echo done > next.txt");
    repo.chant(&["work", "003"]).ok();
    assert_eq!(repo.git(&["show", "main:greeting.txt"]), "hello\nmore\n");
    assert_eq!(shown(&repo, "002")["approval"]["status"], "approved");
    repo.write("greeting.txt", "hello\nmore\nby hand\n");
    repo.commit("by hand");
    assert_eq!(shown(&repo, "002")["approval"]["status"], "lapsed");
}

#[test]
fn a_gate_that_is_forged_in_its_file_is_not_passed() {
    let repo = at_the_gate();
    let completed = GATE_TEXT.replace("status: pending", "status: completed");
    let unsaid = "depends on 002-gate, a gate that nobody approved on record";
    repo.write(GATE, &completed);
    assert!(next_waits_for(&repo).contains(unsaid));
    let said = repo.chant(&["list"]).stdout;
    assert!(
        said.contains("completed, but nobody approved it on record"),
        "{said}"
    );
    let typed = "gate: human\napproval: {required: true, status: approved, by: Ada}\n";
    repo.write(
        GATE,
        &completed.replace("gate: human # the maintainer\n", typed),
    );
    assert!(next_waits_for(&repo).contains(unsaid));
    approve(&repo).ok();
    assert_eq!(next_waits_for(&repo), "[]");
    repo.write(GATE, &repo.file(GATE).replace("is friendly", "exists"));
    assert!(next_waits_for(&repo).contains("a gate: its criteria changed since Ada approved it"));
}

#[test]
fn a_gate_in_silent_mode_is_passed_and_lapses_too() {
    let repo = TestRepo::new();
    repo.chant(&["init", "--silent"]).ok();
    set_agent(
        &repo,
        "mkdir -p .chant/research; echo found > .chant/research/issue.md; sed -i 's/- \\[ \\]/- [x]/' \"$CHANT_SPEC_FILE\"",
    );
    let research = "---\ntype: research\ntarget_files: [.chant/research/issue.md]\n---\n# Look\n";
    repo.write(".chant/specs/001-look.md", research);
    repo.write(GATE, &GATE_TEXT.replace("001-greeting", "001-look"));
    repo.write(NEXT, "---\ndepends_on: [002-gate]\n---\n# Go on\n");
    repo.chant(&["work", "001"]).ok();
    approve(&repo).ok();
    assert_eq!(next_waits_for(&repo), "[]");
    assert_eq!(repo.git(&["log", "--format=%s"]).trim(), "first commit");
    assert_eq!(repo.git(&["status", "--porcelain"]), "");
    repo.write(".chant/research/issue.md", "found something else\n");
    assert!(next_waits_for(&repo).contains("a gate: what the specs before it left changed"));
}
