//! A used-up plan parks a run, an overloaded provider is tried again; both are told by an agent that is a program.

use std::process::Stdio;

use chant_testkit::{Output, TestRepo, chant_bin};

use crate::stop::{ended, eventually, signal};
use crate::support::*;

const NOON: &str = "2026-11-21T12:00:00Z";

/// Refuses until there is a file, then does honest work.
fn refusing(limit: &str) -> String {
    format!(
        r#"
echo run >> "$HOME/runs"
if [ ! -e "$HOME/renewed" ]; then
  echo '{limit}'
  exit 1
fi
{HONEST}"#
    )
}

const UNTIL_TWO: &str =
    r#"{"kind":"limit","reason":"plan limit reached","until":"2026-11-21T14:05:00Z"}"#;
const NOBODY_KNOWS: &str = r#"{"kind":"limit","reason":"plan limit reached"}"#;

/// Settings beside the agent's.
fn settings(repo: &TestRepo, yaml: &str) {
    let agents = repo.file(".chant/agents.md");
    let (head, rest) = agents.split_at("---\n".len());
    repo.write(".chant/agents.md", &format!("{head}{yaml}{rest}"));
}

fn chant_at(repo: &TestRepo, now: &str, args: &[&str]) -> Output {
    repo.chant_with(|command| {
        command.args(args).env("CHANT_NOW", now);
    })
}

fn renew(repo: &TestRepo) {
    std::fs::write(repo.home().join("renewed"), "").unwrap();
}

fn runs(repo: &TestRepo) -> usize {
    let runs = std::fs::read_to_string(repo.home().join("runs"));
    runs.unwrap_or_default().lines().count()
}

#[test]
fn a_used_up_plan_parks_the_run_and_it_goes_on_when_its_time_has_come() {
    let repo = with_agent(&refusing(UNTIL_TWO));
    let parked = chant_at(&repo, NOON, &["work", ID]);
    parked.fails(4);
    let says = "parked: until 14:05, limit of agent shell: plan limit reached";
    assert!(parked.stderr.contains(says), "{}", parked.stderr);
    let list = chant_at(&repo, NOON, &["list", "--json"]).json();
    assert_eq!(list["data"][0]["status"], "parked");
    let status = chant_at(&repo, NOON, &["status"]);
    assert!(
        status.stdout.contains("Next: chant watch"),
        "{}",
        status.stdout
    );
    let told = status.stdout.matches(ID).count();
    assert_eq!(told, 1, "it stands in one place: {}", status.stdout);
    assert!(status.stdout.contains("Under way"), "{}", status.stdout);

    let early = chant_at(&repo, "2026-11-21T14:04:59Z", &["work", ID, "--json"]);
    early.fails(4);
    let error = &early.json()["error"];
    assert_eq!(error["code"], "parked");
    assert_eq!(
        error["details"]["parked_until"], "2026-11-21T14:05:00Z",
        "{error}"
    );
    assert_eq!(runs(&repo), 1, "nothing was started before its time");

    renew(&repo);
    chant_at(&repo, "2026-11-21T14:05:00Z", &["work", ID]).ok();
    assert_landed_once(&repo);
    assert_eq!(runs(&repo), 2);
}

#[test]
fn a_person_can_go_on_at_once_or_with_another_agent() {
    let repo = with_agent(&refusing(UNTIL_TWO));
    chant_at(&repo, NOON, &["work", ID]).fails(4);
    // Refused again: it says so, and waits again.
    chant_at(&repo, NOON, &["work", ID, "--now"]).fails(4);
    assert_eq!(runs(&repo), 2);
    let other = repo.home().join("other.sh");
    std::fs::write(&other, format!("set -e\n{HONEST}")).unwrap();
    let command = format!("kind: command, command: [sh, {}]", other.display());
    let agents = repo.file(".chant/agents.md");
    let agents = agents.replace(
        "agents:\n",
        &format!("agents:\n  - {{name: other, {command}}}\n"),
    );
    repo.write(".chant/agents.md", &agents);
    let landed = chant_at(&repo, NOON, &["work", ID, "--agent", "other", "--json"]);
    landed.ok();
    assert_eq!(landed.json()["data"]["agent"], "other");
    assert_landed_once(&repo);
}

#[test]
fn where_the_settings_allow_it_another_agent_takes_over_at_once() {
    let repo = with_agent(&refusing(UNTIL_TWO));
    let other = repo.home().join("other.sh");
    std::fs::write(&other, format!("set -e\n{HONEST}")).unwrap();
    let command = format!("kind: command, command: [sh, {}]", other.display());
    let agents = repo.file(".chant/agents.md");
    let agents = agents
        .replace(
            "agents:\n",
            &format!("agents:\n  - {{name: other, {command}}}\n"),
        )
        .replace("defaults:\n", "defaults:\n  fallback: [other]\n");
    repo.write(".chant/agents.md", &agents);
    let landed = chant_at(&repo, NOON, &["work", ID, "--json"]);
    landed.ok();
    assert_eq!(landed.json()["data"]["agent"], "other");
    assert_landed_once(&repo);
    assert_eq!(runs(&repo), 1, "the refused agent was not asked again");
}

#[test]
fn a_reset_that_never_comes_is_for_a_person() {
    let repo = with_agent(&refusing(NOBODY_KNOWS));
    let parked = chant_at(&repo, NOON, &["work", ID]);
    parked.fails(4);
    assert!(parked.stderr.contains("until 12:15"), "{}", parked.stderr);
    chant_at(&repo, "2026-11-21T12:14:00Z", &["work", ID]).fails(4);
    let second = chant_at(&repo, "2026-11-21T12:15:00Z", &["work", ID]);
    second.fails(4);
    assert!(second.stderr.contains("until 12:45"), "{}", second.stderr);
    let last = chant_at(&repo, "2026-11-22T12:00:00Z", &["work", ID]);
    last.fails(1);
    let says = "was not renewed in 24 hours (3 tries): plan limit reached";
    assert!(last.stderr.contains(says), "{}", last.stderr);
    assert_eq!(state(&repo), "needs_attention");
}

#[test]
fn an_overloaded_provider_is_tried_again_and_then_waited_for() {
    let overloaded = r#"{"kind":"end","ok":false,"reason":"API Error: 529 overloaded"}"#;
    let script = format!(
        r#"
echo run >> "$HOME/runs"
if [ "$(wc -l < "$HOME/runs")" -lt 3 ]; then
  echo '{overloaded}'
  exit 1
fi
{HONEST}"#
    );
    let repo = with_agent(&script);
    settings(&repo, "limits: {backoff: [1ms, 1ms]}\n");
    let landed = work(&repo);
    landed.ok();
    assert!(
        landed.stderr.contains("529 overloaded, again in"),
        "{}",
        landed.stderr
    );
    assert_landed_once(&repo);
    assert_eq!(runs(&repo), 3);

    let repo = with_agent(&refusing(overloaded));
    settings(&repo, "limits: {backoff: [1ms, 1ms]}\n");
    let parked = chant_at(&repo, NOON, &["work", ID]);
    parked.fails(4);
    assert_eq!(runs(&repo), 3);
    assert!(parked.stderr.contains("until 12:15"), "{}", parked.stderr);
}

/// Who waits for an overloaded provider listens all the same.
#[test]
fn a_wish_to_stop_ends_the_waiting_for_a_provider() {
    let overloaded = r#"{"kind":"end","ok":false,"reason":"API Error: 529 overloaded"}"#;
    let repo = with_agent(&refusing(overloaded));
    settings(&repo, "limits: {backoff: [1h]}\n");
    let stderr = repo.home().join("stderr");
    let mut command = repo.command(chant_bin());
    command.args(["work", ID]).stdout(Stdio::null());
    command.stderr(std::fs::File::create(&stderr).unwrap());
    let mut child = command.spawn().unwrap();
    eventually("the wait to begin", || {
        std::fs::read_to_string(&stderr)
            .unwrap()
            .contains("529 overloaded, again in")
    });
    signal(child.id(), "-INT");
    assert_eq!(ended(&mut child).code(), Some(130));
    assert_eq!(state(&repo), "paused");
    renew(&repo);
    work(&repo).ok();
    assert_landed_once(&repo);
}

/// The clock can be moved while something waits for it.
#[test]
fn a_test_can_move_the_clock_of_a_command() {
    let repo = with_agent(&refusing(UNTIL_TWO));
    let clock = repo.home().join("clock");
    let now = format!("@{}", clock.display());
    std::fs::write(&clock, NOON).unwrap();
    chant_at(&repo, &now, &["work", ID]).fails(4);
    renew(&repo);
    chant_at(&repo, &now, &["work", ID]).fails(4);
    std::fs::write(&clock, "2026-11-21T14:05:00Z\n").unwrap();
    chant_at(&repo, &now, &["work", ID]).ok();
}

/// The place of a parked run is free, nothing else is started with its agent, and all of it goes on by itself.
#[test]
fn a_scheduler_waits_for_a_plan_and_goes_on_by_itself() {
    let work = HONEST_QUIET.replace("greeting.txt", "$CHANT_SPEC_ID.txt");
    let repo = with_agent(&refusing(UNTIL_TWO).replace(HONEST, &work));
    for name in ["002-second", "003-third"] {
        repo.write(&format!(".chant/specs/{name}.md"), &spec(""));
    }
    let clock = repo.home().join("clock");
    std::fs::write(&clock, NOON).unwrap();
    let mut command = repo.command(chant_bin());
    command
        .args(["work", "--parallel=2", ID, "002", "003"])
        .env("CHANT_NOW", format!("@{}", clock.display()))
        .stdout(Stdio::null())
        .stderr(std::fs::File::create(repo.home().join("stderr")).unwrap());
    let mut child = command.spawn().unwrap();
    eventually("a run to be parked", || {
        state(&repo) == "parked" || runs(&repo) == 2
    });
    eventually("all that ran to be parked", || {
        let journal = chant_at(&repo, NOON, &["list", "--json"]).json();
        let states = journal["data"].as_array().unwrap().iter();
        let parked = states.filter(|spec| spec["status"] == "parked").count();
        parked > 0 && parked == runs(&repo)
    });
    assert!(child.try_wait().unwrap().is_none(), "it waits");
    renew(&repo);
    std::fs::write(&clock, "2026-11-21T14:05:00Z").unwrap();
    assert_eq!(ended(&mut child).code(), Some(0));
    for name in [ID, "002-second", "003-third"] {
        repo.git(&["show", &format!("main:{name}.txt")]);
    }
}
