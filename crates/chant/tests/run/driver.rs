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
