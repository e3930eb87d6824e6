//! `chant watch`: goes on with what was asked for, and with nothing else.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use chant_testkit::TestRepo;

use crate::stop::eventually;
use crate::support::*;

fn killed_at(repo: &TestRepo, point: &str) {
    let killed = repo.chant_with(|command| {
        command.args(["work", ID]).env("CHANT_CRASH_AT", point);
    });
    killed.signalled();
}

/// A watch that is running, and has said so.
fn watching(repo: &TestRepo, args: &[&str]) -> (Child, BufReader<std::process::ChildStderr>) {
    let mut child = repo
        .command(chant_testkit::chant_bin())
        .arg("watch")
        .args(args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap());
    wait_for_line(&mut said, "watching");
    (child, said)
}

fn wait_for_line(said: &mut impl BufRead, part: &str) {
    let mut line = String::new();
    while !line.contains(part) {
        line.clear();
        assert_ne!(
            said.read_line(&mut line).unwrap(),
            0,
            "no {part:?} was said"
        );
    }
}

/// Ctrl-C, and how it ended.
fn interrupt(mut child: Child) -> Option<i32> {
    let pid = child.id().to_string();
    let sent = std::process::Command::new("kill")
        .args(["-INT", &pid])
        .status();
    assert!(sent.unwrap().success());
    child.wait().unwrap().code()
}

#[test]
fn once_goes_on_with_what_was_cut_off() {
    for point in ["agent:before", "judge:before", "land:after", "clean:before"] {
        let repo = with_agent(HONEST);
        killed_at(&repo, point);
        let watched = repo.chant(&["watch", "--once"]);
        watched.ok();
        assert!(
            watched.stdout.contains("1 went on, 1 landed"),
            "{}",
            watched.stdout
        );
        assert_landed_once(&repo);
    }
}

#[test]
fn once_starts_nothing_that_was_not_asked_for() {
    let repo = with_agent("touch ../../started; exit 1");
    let watched = repo.chant(&["watch", "--once", "--json"]);
    watched.ok();
    assert_eq!(watched.json()["data"]["runs"].as_array().unwrap().len(), 0);
    assert_eq!(state(&repo), "pending");
    assert!(
        !repo.path().join(".git/chant/runs").exists(),
        "no run was begun"
    );
}

#[test]
fn with_work_it_begins_what_is_ready_and_what_becomes_ready() {
    let repo = with_agent(
        "echo hello > greeting.txt; echo x > \"$CHANT_SPEC_ID.txt\"; sed -i 's/- \\[ \\]/- [x]/' \"$CHANT_SPEC_FILE\"",
    );
    repo.write(
        ".chant/specs/002-next.md",
        "---\ntype: code\nstatus: pending\nlabels: [nightly]\ndepends_on: [001-greeting]\n---\n\n# Next\n\n## Acceptance Criteria\n\n- [ ] done\n",
    );
    repo.chant(&["watch", "--once", "--work", "--label", "nightly"])
        .ok();
    assert_eq!(state(&repo), "pending", "it has no such label");
    let watched = repo.chant(&["watch", "--once", "--work"]);
    watched.ok();
    assert!(watched.stdout.contains("2 landed"), "{}", watched.stdout);
    let statuses = repo.chant(&["list", "--json"]).json();
    let statuses: Vec<&str> = statuses["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|spec| spec["status"].as_str().unwrap())
        .collect();
    assert_eq!(statuses, ["completed", "completed"]);
}

/// Agents that are ready at the same time work at the same time: each waits for the other here.
#[test]
fn with_work_it_begins_several_at_once() {
    let repo = with_agent(
        "touch \"$HOME/at-$CHANT_SPEC_ID\"; for id in 001-greeting 002-other; do until test -e \"$HOME/at-$id\"; do sleep 0.02; done; done; echo hello > greeting.txt; echo x > \"$CHANT_SPEC_ID.txt\"; sed -i 's/- \\[ \\]/- [x]/' \"$CHANT_SPEC_FILE\"",
    );
    repo.write(".chant/specs/002-other.md", &spec(""));
    let watched = repo.chant(&["watch", "--once", "--work", "--json"]);
    watched.ok();
    // What happens is told while it happens; the last line is the document.
    let last = watched.stdout.lines().last().unwrap();
    let document: serde_json::Value = serde_json::from_str(last).unwrap();
    let runs = &document["data"]["runs"];
    assert_eq!(runs.as_array().map(Vec::len), Some(2), "{runs}");
}

#[test]
fn what_failed_or_was_paused_is_left_to_its_person() {
    let repo = with_agent("exit 3");
    work(&repo).fails(1);
    set_agent(&repo, HONEST);
    repo.chant(&["watch", "--once"]).ok();
    assert_eq!(state(&repo), "failed");
}

#[test]
fn a_result_in_whose_way_something_lies_lands_when_that_is_gone() {
    let repo = with_agent(HONEST);
    repo.write("greeting.txt", "mine\n");
    work(&repo).fails(4);
    repo.chant(&["watch", "--once"]).fails(1);
    assert_eq!(repo.file("greeting.txt"), "mine\n");
    std::fs::remove_file(repo.path().join("greeting.txt")).unwrap();
    repo.chant(&["watch", "--once"]).ok();
    assert_landed_once(&repo);
}

#[test]
fn it_supervises_until_it_is_interrupted_and_leaves_nothing_running() {
    let repo = with_agent(HONEST);
    killed_at(&repo, "judge:before");
    let (mut child, _said) = watching(&repo, &[]);
    let mut printed = BufReader::new(child.stdout.take().unwrap());
    wait_for_line(&mut printed, "completed on main");
    assert_eq!(interrupt(child), Some(0));
    assert_landed_once(&repo);
}

/// A quiet watch costs nothing that could be measured: no process, and less than a hundredth of a core.
#[test]
fn a_quiet_project_costs_nothing() {
    let repo = with_agent(HONEST);
    let (child, _said) = watching(&repo, &[]);
    let stat = format!("/proc/{}/stat", child.id());
    let Ok(before) = std::fs::read_to_string(&stat) else {
        interrupt(child);
        return;
    };
    std::thread::sleep(std::time::Duration::from_secs(3));
    let ticks = |stat: &str| -> u64 {
        let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
        // User and system time, and those of children it waited for.
        fields[11..15]
            .iter()
            .map(|ticks| ticks.parse::<u64>().unwrap())
            .sum()
    };
    let spent = ticks(&std::fs::read_to_string(&stat).unwrap()) - ticks(&before);
    assert_eq!(interrupt(child), Some(0));
    assert!(
        spent <= 6,
        "{spent} hundredths of a second in three seconds"
    );
}

/// Two of them share the work: each run is driven by one, and lands once.
#[test]
fn two_supervisors_do_not_fight() {
    let repo = with_agent(HONEST);
    killed_at(&repo, "agent:before");
    let children: Vec<Child> = (0..2)
        .map(|_| {
            repo.command(chant_testkit::chant_bin())
                .args(["watch", "--once"])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap()
        })
        .collect();
    for mut child in children {
        assert_eq!(child.wait().unwrap().code(), Some(0));
    }
    assert_landed_once(&repo);
}

/// The command that had asked for several is killed in the middle: all of them are made all the same.
#[test]
fn what_a_killed_command_had_asked_for_is_taken_up() {
    let repo = with_agent(
        "echo x > \"$CHANT_SPEC_ID.txt\"; sed -i 's/- \\[ \\]/- [x]/' \"$CHANT_SPEC_FILE\"\nif test ! -e \"$HOME/killed\"; then touch \"$HOME/killed\"; kill -9 \"$(cat \"$HOME/pid\")\"; sleep 60; fi",
    );
    repo.write(
        ".chant/specs/002-other.md",
        &spec("depends_on: [001-greeting]\n"),
    );
    let mut child = repo
        .command("sh")
        .args([
            "-c",
            "echo $$ > \"$HOME/pid\"; exec \"$0\" work --parallel=1 001 002",
        ])
        .arg(chant_testkit::chant_bin())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    assert_eq!(child.wait().unwrap().code(), None, "it was killed");
    let watched = repo.chant(&["watch", "--once"]);
    watched.ok();
    assert!(
        watched.stderr.contains("asked for by commands that ended"),
        "{}",
        watched.stderr
    );
    for id in [ID, "002-other"] {
        let landed = repo.git(&["show", &format!("main:{id}.txt")]);
        assert_eq!(landed.trim(), "x");
    }
}

/// The first agent waits for the second, whose spec comes when the first is at work already.
#[test]
fn with_work_what_is_added_meanwhile_begins_by_itself() {
    let repo = with_agent(
        "touch \"$HOME/at-$CHANT_SPEC_ID\"; until test -e \"$HOME/at-002-other\"; do sleep 0.02; done; echo hello > greeting.txt; echo x > \"$CHANT_SPEC_ID.txt\"; sed -i 's/- \\[ \\]/- [x]/' \"$CHANT_SPEC_FILE\"",
    );
    repo.write(".chant/specs/001-greeting.md", &spec("labels: [nightly]\n"));
    let (mut child, _said) = watching(&repo, &["--work", "--label", "nightly"]);
    eventually("the first to begin", || {
        repo.home().join("at-001-greeting").exists()
    });
    repo.write(".chant/specs/003-not-meant.md", &spec(""));
    repo.write(".chant/specs/002-other.md", &spec("labels: [nightly]\n"));
    let mut printed = BufReader::new(child.stdout.take().unwrap());
    wait_for_line(&mut printed, "2 landed");
    assert_eq!(interrupt(child), Some(0));
    assert!(!repo.home().join("at-003-not-meant").exists());
}

/// What was cut off holds up nothing that is ready.
#[test]
fn with_work_what_was_cut_off_and_what_is_ready_are_worked_at_once() {
    let repo = with_agent(HONEST);
    killed_at(&repo, "agent:before");
    set_agent(
        &repo,
        "touch \"$HOME/at-$CHANT_SPEC_ID\"; for id in 001-greeting 002-other; do until test -e \"$HOME/at-$id\"; do sleep 0.02; done; done; echo hello > greeting.txt; echo x > \"$CHANT_SPEC_ID.txt\"; sed -i 's/- \\[ \\]/- [x]/' \"$CHANT_SPEC_FILE\"",
    );
    repo.write(".chant/specs/002-other.md", &spec(""));
    let watched = repo.chant(&["watch", "--once", "--work"]);
    watched.ok();
    assert!(watched.stdout.contains("2 landed"), "{}", watched.stdout);
}

/// Who reads what happens need not know whether it happens to one or to many.
#[test]
fn one_run_alone_is_told_as_one_of_many() {
    let repo = with_agent(HONEST);
    killed_at(&repo, "judge:before");
    let watched = repo.chant(&["watch", "--once", "--json"]);
    watched.ok();
    let told: Vec<serde_json::Value> = watched
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let (document, events) = told.split_last().unwrap();
    assert_eq!(document["data"]["runs"][0]["id"], ID);
    assert!(events.iter().all(|event| event["spec"] == ID), "{events:?}");
    let kinds: Vec<&str> = events
        .iter()
        .map(|event| event["event"].as_str().unwrap())
        .filter(|kind| *kind != "run")
        .collect();
    assert_eq!(kinds, ["started", "landed", "ended"]);
}

/// Somebody saves the settings half written in the middle of the night.
#[test]
fn settings_that_cannot_be_read_for_a_moment_end_no_watch() {
    let repo = with_agent(HONEST);
    let (child, mut said) = watching(&repo, &["--work"]);
    // What was to be done is done; from now on it waits.
    wait_for_line(&mut said, "landed");
    let config = repo.file(".chant/config.md");
    repo.write(".chant/config.md", "---\nproject: [\n");
    wait_for_line(&mut said, "the frontmatter begins");
    repo.write(
        ".chant/specs/002-second.md",
        &spec("").replace("greeting", "second"),
    );
    set_agent(&repo, &HONEST.replace("greeting", "second"));
    repo.write(".chant/config.md", &config);
    wait_for_line(&mut said, "002-second");
    wait_for_line(&mut said, "landed");
    // Where it is at that moment is for chance; what landed has landed.
    assert!([Some(1), Some(130)].contains(&interrupt(child)));
    assert_eq!(repo.git(&["show", "main:second.txt"]).trim(), "hello");
}

/// Not every editor replaces a file: what is changed in its place is seen as well.
#[test]
fn with_work_a_spec_that_is_changed_in_its_place_is_seen() {
    let repo = with_agent(HONEST);
    let (mut child, _said) = watching(&repo, &["--work", "--label", "nightly"]);
    let folder = repo.path().join(".chant/specs");
    let changed = || folder.metadata().unwrap().modified().unwrap();
    let before = changed();
    repo.write(".chant/specs/001-greeting.md", &spec("labels: [nightly]\n"));
    assert_eq!(changed(), before, "the folder does not tell");
    let mut printed = BufReader::new(child.stdout.take().unwrap());
    wait_for_line(&mut printed, "1 landed");
    assert_eq!(interrupt(child), Some(0));
}

/// A watch that always has something to do takes up new settings all the same.
#[test]
fn with_work_new_settings_hold_for_what_comes_after_them() {
    let held = "touch \"$HOME/at-$CHANT_SPEC_ID\"; until test -e \"$HOME/go\"; do sleep 0.02; done; echo hello > greeting.txt; echo x > \"$CHANT_SPEC_ID.txt\"; sed -i 's/- \\[ \\]/- [x]/' \"$CHANT_SPEC_FILE\"";
    let repo = with_agent(held);
    let (mut child, _said) = watching(&repo, &["--work"]);
    eventually("the first to begin", || {
        repo.home().join("at-001-greeting").exists()
    });
    let settings = repo.file(".chant/agents.md");
    let (agents, defaults) = settings.split_once("defaults:\n").unwrap();
    let another = agents.split_once("agents:\n").unwrap().1;
    let another = another.replace("name: shell", "name: fresh");
    let defaults = defaults.replace("agent: shell", "agent: fresh");
    let settings = format!("{agents}{another}defaults:\n{defaults}");
    repo.write(".chant/agents.md", &settings);
    repo.write(".chant/specs/002-other.md", &spec(""));
    std::fs::write(repo.home().join("go"), "").unwrap();
    let mut printed = BufReader::new(child.stdout.take().unwrap());
    wait_for_line(&mut printed, "1 landed");
    wait_for_line(&mut printed, "1 landed");
    assert_eq!(interrupt(child), Some(0));
    let agents = repo.git(&["log", "--format=%(trailers:key=Chant-Agent,valueonly)"]);
    assert!(agents.trim_start().starts_with("fresh "), "{agents}");
    assert!(agents.contains("shell "), "{agents}");
}
