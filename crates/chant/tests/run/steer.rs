//! Stopping runs from another terminal: what is left, who is told, and how it goes on.

use std::process::{Child, Stdio};

use chant_testkit::{TestRepo, chant_bin};

use crate::stop::{PATIENT, ended, eventually, go, said, signal, tree_of, working, worktree};
use crate::support::*;

/// A command in the background.
fn begin(repo: &TestRepo, args: &[&str]) -> Child {
    let mut command = repo.command(chant_bin());
    command.args(args).stdout(Stdio::piped());
    command.stderr(Stdio::null()).spawn().unwrap()
}

#[test]
fn pause_stops_the_agent_and_keeps_its_work() {
    let repo = with_agent(&format!(
        "echo draft > draft.txt\nsetsid sh -c 'while :; do sleep 0.05; done' &\n{PATIENT}{HONEST}"
    ));
    let mut child = working(&repo);
    let said_by = repo.chant(&["pause", ID, "--by", "Ada"]);
    assert!(
        said_by
            .ok()
            .stdout
            .contains("is paused at the step 'agent'"),
        "{}",
        said_by.stdout
    );
    assert!(tree_of(&repo).is_empty(), "no process is left");
    assert_eq!(ended(&mut child).code(), Some(130));
    assert!(said(&repo).contains("paused by Ada"), "{}", said(&repo));
    assert_eq!(state(&repo), "paused");
    let draft = worktree(&repo).unwrap().join("draft.txt");
    assert_eq!(std::fs::read_to_string(draft).unwrap(), "draft\n");
    let shown = repo.chant(&["show", ID]).ok().stdout.clone();
    assert!(shown.contains("paused by Ada"), "{shown}");
    go(&repo);
    work(&repo).ok();
    assert_landed_once(&repo);
}

#[test]
fn what_is_paused_is_not_paused_again_and_what_is_not_at_work_can_not_be() {
    let repo = with_agent(&format!("{PATIENT}{HONEST}"));
    let refused = repo.chant(&["pause", ID]);
    assert!(
        refused.fails(4).stderr.contains("chant work"),
        "{}",
        refused.stderr
    );
    let mut child = working(&repo);
    repo.chant(&["pause", ID]).ok();
    ended(&mut child);
    let again = repo.chant(&["pause", ID, "--json"]).ok().json();
    assert_eq!(again["data"][0]["already"], true);
    go(&repo);
    work(&repo).ok();
    repo.chant(&["pause", ID]).fails(4);
}

#[test]
fn two_pauses_at_once_interrupt_once() {
    // Asked twice, chant would kill its agent; this one needs a moment to put its work in order.
    let repo = with_agent(&format!(
        "trap 'echo in order > draft.txt; exit 1' INT\n{PATIENT}{HONEST}"
    ));
    let mut child = working(&repo);
    let mut pauses: Vec<Child> = (0..4).map(|_| begin(&repo, &["pause", ID])).collect();
    for pause in &mut pauses {
        assert_eq!(ended(pause).code(), Some(0));
    }
    assert_eq!(ended(&mut child).code(), Some(130));
    let draft = worktree(&repo).unwrap().join("draft.txt");
    assert_eq!(std::fs::read_to_string(draft).unwrap(), "in order\n");
}

#[test]
fn pause_all_stops_what_is_at_work() {
    let repo = with_agent(&format!("{PATIENT}{HONEST}"));
    let none = repo.chant(&["pause", "--all"]);
    assert!(none.ok().stdout.contains("Nothing is at work"));
    let mut child = working(&repo);
    let all = repo.chant(&["pause", "--all", "--json"]).ok().json();
    assert_eq!(all["data"].as_array().unwrap().len(), 1, "{all}");
    assert_eq!(ended(&mut child).code(), Some(130));
    assert_eq!(state(&repo), "paused");
}

#[test]
fn a_run_whose_process_was_killed_can_be_paused() {
    let repo = with_agent(&format!("echo draft > draft.txt\n{PATIENT}{HONEST}"));
    let mut child = working(&repo);
    signal(child.id(), "-KILL");
    ended(&mut child);
    repo.chant(&["pause", ID, "--by", "Ada"]).ok();
    eventually("every process of the run to be gone", || {
        tree_of(&repo).is_empty()
    });
    let shown = repo.chant(&["show", ID]).ok().stdout.clone();
    assert!(shown.contains("paused by Ada"), "{shown}");
    go(&repo);
    work(&repo).ok();
    assert_landed_once(&repo);
}

#[test]
fn a_check_is_stopped_as_well() {
    let repo = with_agent(HONEST);
    repo.write(
        SPEC,
        &spec(
            "verify:\n  - run: touch $HOME/working; while [ ! -e $HOME/go ]; do sleep 0.02; done\n",
        ),
    );
    let mut child = working(&repo);
    repo.chant(&["pause", ID]).ok();
    assert_eq!(ended(&mut child).code(), Some(130));
    assert!(tree_of(&repo).is_empty(), "no process is left");
    go(&repo);
    work(&repo).ok();
    assert_landed_once(&repo);
}

#[test]
fn a_run_that_was_stopped_to_be_cancelled_is_not_gone_on_with() {
    let repo = with_agent(&format!("{PATIENT}{HONEST}"));
    let mut child = working(&repo);
    let coming = repo.chant(&["cancel", ID, "--dry-run"]).ok().stdout.clone();
    assert!(
        coming.contains("would be stopped, and cancelled"),
        "{coming}"
    );
    repo.chant(&["cancel", ID]).ok();
    assert_eq!(ended(&mut child).code(), Some(130));
    let told = said(&repo);
    assert!(told.contains(&format!("chant reset {ID}")), "{told}");
    assert!(!told.contains("chant work"), "{told}");
    let coming = repo.chant(&["cancel", ID, "--dry-run"]).ok().stdout.clone();
    assert!(coming.contains("is cancelled already"), "{coming}");
}

#[test]
fn each_command_says_why_it_does_not_apply_and_what_does() {
    let repo = with_agent(HONEST);
    for (command, hint) in [
        (vec!["merge", ID], format!("chant work {ID}")),
        (vec!["takeover", ID], format!("chant work {ID}")),
        (vec!["finalize", ID], format!("chant work {ID}")),
    ] {
        let refused = repo.chant(&command);
        let said = &refused.fails(4).stderr;
        assert!(said.contains(&hint), "{command:?}: {said}");
    }
    assert_eq!(
        repo.chant(&["reset", ID]).ok().stdout.trim(),
        format!("{ID} is pending already")
    );
    work(&repo).ok();
    for command in ["merge", "pause", "cancel"] {
        let refused = repo.chant(&[command, ID]);
        let said = &refused.fails(4).stderr;
        assert!(said.contains("is completed"), "{command}: {said}");
    }
    repo.chant(&["cancel", ID, "--dry-run"]).fails(4);
}
