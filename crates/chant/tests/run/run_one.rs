//! `chant run-one`: the first half of a run, for a scheduler. It may be repeated, and never writes the main branch.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use chant_testkit::{TestRepo, chant_bin};

use crate::support::*;

/// The run's id: one for each repository, since a run's processes are found by it.
fn run_id(repo: &TestRepo) -> String {
    let folder = repo.home();
    let name = folder.parent().unwrap().file_name().unwrap();
    format!("01J-{}", name.to_str().unwrap().trim_start_matches('.'))
}

/// Begins it, with its lifeline held.
fn begin(repo: &TestRepo, prepare: impl FnOnce(&mut Command)) -> Child {
    let mut command = repo.command(chant_bin());
    command
        .args(["run-one", "--json", "--spec", ID, "--run", &run_id(repo)])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    prepare(&mut command);
    command.spawn().unwrap()
}

/// All that it printed, and its exit status.
fn end(mut child: Child) -> (Vec<serde_json::Value>, Option<i32>) {
    // Taken, not dropped: its end would stop the run.
    let lifeline = child.stdin.take();
    let lines = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .map(|line| serde_json::from_str(&line.unwrap()).unwrap())
        .collect();
    let status = child.wait().unwrap();
    drop(lifeline);
    (lines, status.code())
}

fn result(repo: &TestRepo) -> String {
    repo.git(&["rev-parse", &format!("refs/chant/runs/{}", run_id(repo))])
}

/// Counts the agent's starts beside its honest work.
fn counting() -> String {
    format!("echo started >> \"$HOME/starts\"\n{HONEST}")
}

fn starts(repo: &TestRepo) -> usize {
    let text = std::fs::read_to_string(repo.home().join("starts")).unwrap_or_default();
    text.lines().count()
}

#[test]
fn it_makes_a_result_and_leaves_main_alone() {
    let repo = with_agent(&counting());
    let main = repo.git(&["rev-parse", "main"]);
    let (lines, code) = end(begin(&repo, |_| {}));
    assert_eq!(code, Some(0), "{lines:?}");
    assert_eq!(lines[0]["event"], "run_started");
    let last = lines.last().unwrap();
    assert_eq!(last["ok"], true);
    assert_eq!(last["data"]["status"], "finished");
    assert_eq!(repo.git(&["rev-parse", "main"]), main);
    assert_eq!(
        result(&repo),
        repo.git(&["rev-parse", &format!("chant/{ID}")])
    );
    assert_eq!(state(&repo), "landing");
    repo.chant(&["merge", ID]).ok();
    assert_landed_once(&repo);
    assert_eq!(repo.git(&["for-each-ref", "refs/chant/runs"]), "");
    assert_eq!(starts(&repo), 1);
}

#[test]
fn repeated_it_tells_the_same_and_pays_nobody() {
    let repo = with_agent(&counting());
    end(begin(&repo, |_| {}));
    let first = result(&repo);
    let (lines, code) = end(begin(&repo, |_| {}));
    assert_eq!(code, Some(0));
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!(lines[0]["data"]["status"], "finished");
    assert_eq!(result(&repo), first);
    repo.chant(&["merge", ID]).ok();
    let (lines, code) = end(begin(&repo, |_| {}));
    assert_eq!((code, lines.len()), (Some(0), 1));
    assert_eq!(lines[0]["data"]["status"], "completed");
    assert_eq!(starts(&repo), 1);
}

#[test]
fn killed_at_its_end_it_goes_on_from_there() {
    for point in ["verify:after", "finish:ref"] {
        let repo = with_agent(&counting());
        let killed = begin(&repo, |command| {
            command.env("CHANT_CRASH_AT", point);
        });
        let (lines, code) = end(killed);
        assert_eq!(code, None, "killed at {point}: {lines:?}");
        assert_eq!(end(begin(&repo, |_| {})).1, Some(0));
        assert_eq!(starts(&repo), 1, "{point}");
        repo.chant(&["work", ID]).ok();
        assert_landed_once(&repo);
    }
}

#[test]
fn without_anybody_who_waits_for_it_it_stops_and_may_go_on() {
    let repo = with_agent("touch \"$HOME/working\"; read -r line < \"$HOME/go\"");
    let go = repo.home().join("go");
    let made = Command::new("mkfifo").arg(&go).status().unwrap();
    assert!(made.success());
    let mut child = begin(&repo, |_| {});
    let mut events = BufReader::new(child.stdout.take().unwrap()).lines();
    let agent = events.find(|line| {
        let line: serde_json::Value = serde_json::from_str(line.as_ref().unwrap()).unwrap();
        line["event"] == "step" && line["name"] == "agent"
    });
    assert!(agent.is_some());
    drop(child.stdin.take());
    let rest: Vec<String> = events.map(Result::unwrap).collect();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{rest:?}");
    assert_eq!(state(&repo), "paused");
    set_agent(&repo, HONEST);
    work(&repo).ok();
    assert_landed_once(&repo);
}
