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
