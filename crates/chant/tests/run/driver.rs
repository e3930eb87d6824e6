//! Drivers: what holds their members, and how they are completed.

use chant_testkit::TestRepo;

use crate::support::{set_agent, with_agent};

/// Writes a file named like the spec, and ticks everything.
const HONEST: &str = r#"
echo done > "$CHANT_SPEC_ID.txt"
sed -i 's/- \[ \]/- [x]/' "$CHANT_SPEC_FILE"
"#;

fn spec(repo: &TestRepo, id: &str, frontmatter: &str) {
    let text = format!(
        "---\nstatus: pending\n{frontmatter}---\n\n# The title of {id}\n\n## Acceptance Criteria\n\n- [ ] Done\n"
    );
    repo.write(&format!(".chant/specs/{id}.md"), &text);
}

/// A driver `x` of `x.1` and of the driver `x.2`, whose members are `x.2.1` and `x.2.2`.
fn two_depths() -> TestRepo {
    let repo = with_agent(HONEST);
    std::fs::remove_file(repo.path().join(crate::support::SPEC)).unwrap();
    spec(&repo, "x", "type: driver\n");
    spec(&repo, "x.1", "");
    spec(&repo, "x.2", "type: driver\n");
    spec(&repo, "x.2.1", "");
    spec(&repo, "x.2.2", "");
    repo.commit("specs");
    repo
}

fn state(repo: &TestRepo, id: &str) -> String {
    let list = repo.chant(&["list", "--json"]).json();
    let specs = list["data"].as_array().unwrap().clone();
    let found = specs.into_iter().find(|spec| spec["id"] == id).unwrap();
    found["status"].as_str().unwrap().to_owned()
}

fn blocked_by(repo: &TestRepo, id: &str) -> String {
    let shown = repo.chant(&["show", id, "--json"]).json();
    let reasons = shown["data"]["blocked_by"].as_array().unwrap().clone();
    let words: Vec<&str> = reasons.iter().filter_map(|it| it.as_str()).collect();
    words.join("; ")
}

fn trailer(repo: &TestRepo, key: &str) -> Vec<String> {
    let format = format!("--format=%(trailers:key={key},valueonly)");
    let log = repo.git(&["log", "--reverse", &format, "main"]);
    log.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn a_driver_is_completed_by_its_last_member_upwards_at_two_depths() {
    let repo = two_depths();
    assert_eq!(
        blocked_by(&repo, "x"),
        "waits for its members: 0 of 2 completed"
    );
    // What comes before the inner driver comes before its members.
    assert_eq!(
        blocked_by(&repo, "x.2.1"),
        "belongs to x.2, which comes after x.1, which is pending"
    );
    repo.chant(&["work", "x.2.1"]).fails(4);
    repo.chant(&["work", "x.1"]).ok();
    repo.chant(&["work", "x.2.1"]).ok();
    assert_eq!(state(&repo, "x.2"), "pending");
    let last = repo.chant(&["work", "x.2.2"]);
    last.ok();
    let said = last.stdout + &last.stderr;
    assert!(
        said.contains("x.2 is completed: its members are done"),
        "{said}"
    );
    for id in ["x", "x.2"] {
        assert_eq!(state(&repo, id), "completed");
        let file = repo.git(&["show", &format!("main:.chant/specs/{id}.md")]);
        assert!(file.contains("status: completed\n"), "{file}");
        assert!(
            file.contains("- [ ] Done"),
            "no box is ticked for anybody: {file}"
        );
    }
    assert_eq!(
        trailer(&repo, "Chant-Spec"),
        ["x.1", "x.2.1", "x.2.2", "x.2", "x"]
    );
    assert_eq!(
        trailer(&repo, "Chant-Member"),
        ["x.2.1", "x.2.2", "x.1", "x.2"]
    );
    assert_eq!(repo.git(&["status", "--porcelain"]).trim(), "");
}

#[test]
fn a_failed_member_keeps_its_driver_open_and_a_cancelled_one_does_not() {
    let repo = two_depths();
    repo.chant(&["work", "x.1"]).ok();
    repo.chant(&["work", "x.2.1"]).ok();
    set_agent(&repo, "exit 1");
    repo.chant(&["work", "x.2.2"]).fails(1);
    assert_eq!(state(&repo, "x.2.2"), "failed");
    assert_eq!(state(&repo, "x.2"), "pending");
    assert_eq!(
        blocked_by(&repo, "x.2"),
        "waits for its members: 1 of 2 completed"
    );
    let cancelled = repo.chant(&["cancel", "x.2.2"]);
    cancelled.ok();
    let said = cancelled.stdout + &cancelled.stderr;
    assert!(
        said.contains("x.2 is completed: its members are done (cancelled: x.2.2)"),
        "{said}"
    );
    assert_eq!(state(&repo, "x"), "completed");
    assert_eq!(trailer(&repo, "Chant-Member-Cancelled"), ["x.2.2"]);
}

/// Works everything but the last member, and then that with these variables.
fn work_last(repo: &TestRepo, env: &[(&str, &str)]) -> chant_testkit::Output {
    repo.chant(&["work", "x.1"]).ok();
    repo.chant(&["work", "x.2.1"]).ok();
    repo.chant_with(|command| {
        command.args(["work", "x.2.2"]).envs(env.iter().copied());
    })
}

#[test]
fn a_completion_that_was_killed_is_finished_by_the_next_command() {
    let repo = two_depths();
    work_last(&repo, &[("CHANT_CRASH_AT", "driver:landed")]).signalled();
    assert_ne!(repo.git(&["status", "--porcelain"]).trim(), "");
    repo.chant(&["merge", "--all"]).ok();
    assert_eq!(repo.git(&["status", "--porcelain"]).trim(), "");
    assert_eq!(
        (state(&repo, "x"), state(&repo, "x.2")),
        ("completed".to_owned(), "completed".to_owned())
    );
    assert_eq!(trailer(&repo, "Chant-Spec").len(), 5, "each landed once");
    repo.chant(&["merge", "--all"]).ok();
    assert_eq!(trailer(&repo, "Chant-Spec").len(), 5);
}

#[test]
fn changes_of_yours_to_a_driver_are_not_lost() {
    let repo = two_depths();
    let mine = repo.file(".chant/specs/x.md") + "\nMy words.\n";
    repo.write(".chant/specs/x.md", &mine);
    let last = work_last(&repo, &[]);
    last.ok();
    let said = last.stdout + &last.stderr;
    assert!(
        said.contains(
            "the members of x are done, but your uncommitted changes to .chant/specs/x.md"
        ),
        "{said}"
    );
    assert_eq!(repo.file(".chant/specs/x.md"), mine);
    repo.commit("my words");
    repo.chant(&["merge", "--all"]).ok();
    assert_eq!(state(&repo, "x"), "completed");
    assert!(repo.file(".chant/specs/x.md").contains("My words."));
}

#[test]
fn a_driver_is_completed_wherever_you_are_and_in_silence() {
    // Another branch is checked out: its dependants are ready all the same.
    let repo = two_depths();
    spec(&repo, "y", "depends_on: [x]\n");
    repo.commit("another");
    repo.git(&["switch", "-q", "-c", "mine"]);
    work_last(&repo, &[]).ok();
    assert_eq!(state(&repo, "x"), "completed");
    assert_eq!(blocked_by(&repo, "y"), "");
    assert_eq!(repo.git(&["status", "--porcelain"]).trim(), "");

    // Git knows nothing of the specs: only the file says it.
    let silent = with_agent(HONEST);
    std::fs::remove_file(silent.path().join(crate::support::SPEC)).unwrap();
    silent.chant(&["silent"]).ok();
    spec(&silent, "x", "type: driver\n");
    spec(&silent, "x.1", "");
    silent.chant(&["work", "x.1"]).ok();
    assert_eq!(state(&silent, "x"), "completed");
    assert!(
        silent
            .file(".chant/specs/x.md")
            .contains("status: completed\n")
    );
    assert!(!silent.git(&["log", "main"]).contains("Chant-"));
    // Never committed: the landing brings it.
    let fresh = with_agent(HONEST);
    std::fs::remove_file(fresh.path().join(crate::support::SPEC)).unwrap();
    spec(&fresh, "x", "type: driver\nmembers: [other]\n");
    spec(&fresh, "other", "");
    fresh.chant(&["work", "other"]).ok();
    assert_eq!(state(&fresh, "x"), "completed");
    assert!(
        fresh
            .git(&["show", "main:.chant/specs/x.md"])
            .contains("status: completed\n")
    );
}

#[test]
fn what_holds_a_driver_holds_its_members() {
    let repo = two_depths();
    spec(&repo, "first", "");
    spec(&repo, "x", "type: driver\ndepends_on: [first, x.1]\n");
    assert_eq!(
        blocked_by(&repo, "x.1"),
        "belongs to x, which depends on first, which is pending"
    );
    repo.chant(&["work", "first"]).ok();
    assert_eq!(blocked_by(&repo, "x.1"), "");
    spec(&repo, "x", "type: driver\napproval:\n  required: true\n");
    assert!(blocked_by(&repo, "x.1").contains("belongs to x, which waits for approval"));
    let empty = repo.chant(&["add", "-q", "--type", "driver", "Nothing yet"]);
    empty.ok();
    let id = empty.stdout.trim().to_owned();
    assert_eq!(blocked_by(&repo, &id), "is a driver without members");
    repo.chant(&["work", &id]).fails(4);
}

#[test]
fn work_of_a_driver_works_its_members_and_nothing_else() {
    let repo = two_depths();
    spec(&repo, "other", "");
    repo.commit("another");
    repo.chant(&["work", "x"]).ok();
    assert_eq!(state(&repo, "x"), "completed");
    assert_eq!(state(&repo, "other"), "pending");
    assert_eq!(repo.git(&["status", "--porcelain"]).trim(), "");

    let cut_off = two_depths();
    work_last(&cut_off, &[("CHANT_CRASH_AT", "driver:landed")]).signalled();
    cut_off.git(&["update-ref", "refs/heads/main", "main~2"]);
    cut_off.git(&["reset", "-q", "--hard"]);
    let completed = cut_off.chant(&["work", "x"]);
    completed.ok();
    assert!(
        completed.stdout.contains("x is completed"),
        "{}",
        completed.stdout
    );
    assert_eq!(state(&cut_off, "x"), "completed");
}

/// A driver `d` of `d.1` and `d.2` with a check of its own.
fn with_check() -> TestRepo {
    let repo = with_agent(HONEST);
    std::fs::remove_file(repo.path().join(crate::support::SPEC)).unwrap();
    let check = "verify:\n  - run: test -e both.txt\n    name: both are there\n";
    spec(&repo, "d", &format!("type: driver\n{check}"));
    spec(&repo, "d.1", "");
    spec(&repo, "d.2", "");
    repo.commit("specs");
    repo
}

#[test]
fn a_driver_whose_own_check_fails_is_not_completed_until_it_holds() {
    const WHY: &str =
        "the members of d are done, but a check of its own failed: both are there: exit 1";
    let repo = with_check();
    repo.chant(&["work", "d.1"]).ok();
    let last = repo.chant(&["work", "d.2"]);
    // The member itself has landed.
    last.ok();
    assert!(last.stderr.contains(WHY), "{}", last.stderr);
    assert_eq!(
        (state(&repo, "d.2"), state(&repo, "d")),
        ("completed".to_owned(), "failed".to_owned())
    );
    let shown = repo.chant(&["list"]);
    assert!(
        shown
            .stdout
            .contains("a check of its own failed: both are there: exit 1"),
        "{}",
        shown.stdout
    );
    let log = repo.chant(&["log", "d"]);
    assert!(
        log.ok().stdout.contains("both are there: exit 1"),
        "{}",
        log.stdout
    );

    // Asked again it is looked at again, and nothing else is done.
    let again = repo.chant(&["work", "d", "--json"]);
    again.fails(1);
    assert_eq!(again.json()["error"]["code"], "run-failed");
    assert!(
        again.json()["error"]["message"]
            .as_str()
            .unwrap()
            .contains(WHY)
    );
    repo.chant(&["merge", "--all"]).fails(1);
    assert_eq!(trailer(&repo, "Chant-Spec"), ["d.1", "d.2"]);

    // What lands elsewhere tries it no more; a member that brings what was missing completes it.
    spec(&repo, "other", "type: driver\n");
    spec(&repo, "other.1", "");
    repo.commit("another");
    let elsewhere = repo.chant(&["work", "other"]);
    assert!(!(elsewhere.ok().stdout.clone() + &elsewhere.stderr).contains("both are there"));
    spec(&repo, "d.3", "");
    repo.commit("what is missing");
    set_agent(&repo, &format!("echo both > both.txt\n{HONEST}"));
    let done = repo.chant(&["work", "d"]);
    let said = done.ok().stdout.clone() + &done.stderr;
    assert!(
        said.contains("d is completed: its members are done"),
        "{said}"
    );
    assert_eq!(state(&repo, "d"), "completed");
    let check = repo.git(&[
        "log",
        "-1",
        "--format=%(trailers:key=Chant-Check,valueonly)",
        "main",
    ]);
    assert_eq!(check.trim(), "passes (warm): test -e both.txt");
    repo.chant(&["verify", "d"]).ok();
}

#[test]
fn the_last_member_of_many_at_once_fails_its_driver_and_a_reset_forgets_that() {
    let repo = with_check();
    let worked = repo.chant(&["work", "d"]);
    worked.fails(1);
    assert!(
        worked.stderr.contains("a check of its own failed"),
        "{}",
        worked.stderr
    );
    repo.chant(&["reset", "d"]).ok();
    assert_eq!(
        blocked_by(&repo, "d"),
        "waits to be completed: its members are done (2)"
    );
    // Cancelling runs nothing: it says what does.
    spec(&repo, "d.3", "");
    repo.commit("one more");
    let cancelled = repo.chant(&["cancel", "d.3"]);
    let said = cancelled.ok().stdout.clone() + &cancelled.stderr;
    assert!(
        said.contains("its checks have not run; they do with: chant work d"),
        "{said}"
    );
    repo.write("both.txt", "both\n");
    repo.commit("by hand");
    repo.chant(&["work", "d"]).ok();
    assert_eq!(state(&repo, "d"), "completed");
}

#[test]
fn a_driver_in_silence_is_checked_and_one_above_a_failed_one_waits() {
    let repo = with_agent(HONEST);
    std::fs::remove_file(repo.path().join(crate::support::SPEC)).unwrap();
    repo.chant(&["silent"]).ok();
    spec(&repo, "x", "type: driver\n");
    let check = "verify:\n  - run: test -e .chant/specs/x.1.1.md -a -e later.txt\n";
    spec(&repo, "x.1", &format!("type: driver\n{check}"));
    spec(&repo, "x.1.1", "");
    repo.chant(&["work", "x"]).fails(1);
    assert_eq!(
        (state(&repo, "x.1"), state(&repo, "x")),
        ("failed".to_owned(), "pending".to_owned())
    );
    repo.write("later.txt", "later\n");
    repo.git(&["add", "later.txt"]);
    repo.git(&["commit", "-q", "-m", "later"]);
    repo.chant(&["work", "x"]).ok();
    assert_eq!(
        (state(&repo, "x.1"), state(&repo, "x")),
        ("completed".to_owned(), "completed".to_owned())
    );
    assert!(!repo.git(&["log", "main"]).contains("Chant-"));
}
