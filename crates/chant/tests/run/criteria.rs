//! How criteria stand: claimed by an agent, proven or refuted by a check, let go by a person.

use chant_testkit::TestRepo;

use crate::support::*;

/// Two criteria that a check can prove, one that only the agent speaks for.
const TEXT: &str = "---\ntype: code\nstatus: pending\nverify:\n  - run: grep -q hello greeting.txt\n    name: greets\n---\n\n# Write a greeting\n\n## Acceptance Criteria\n\n- [ ] It greets: `greets`\n- [ ] `grep -q hello greeting.txt`\n- [ ] It is short\n";

const TICKS_THE_LAST: &str = "echo hello > greeting.txt\nsed -i 's/- \\[ \\] It is short/- [x] It is short/' \"$CHANT_SPEC_FILE\"\n";

fn with_spec(agent: &str) -> TestRepo {
    let repo = with_agent(agent);
    repo.write(SPEC, TEXT);
    repo.commit("a spec");
    repo
}

fn states(repo: &TestRepo, args: &[&str]) -> Vec<String> {
    let shown = repo.chant(args);
    let shown = shown.ok().json();
    let items = shown["data"]["criteria_items"].as_array().unwrap().clone();
    let state = |item: &serde_json::Value| item["state"].as_str().unwrap().to_owned();
    items.iter().map(state).collect()
}

const SHOW: [&str; 3] = ["show", ID, "--json"];

#[test]
fn what_a_check_shows_is_proven_and_what_an_agent_says_is_claimed() {
    let repo = with_spec(TICKS_THE_LAST);
    assert_eq!(states(&repo, &SHOW), ["open", "open", "open"]);
    let output = repo.chant(&["work", ID, "--json"]);
    let criteria = output.ok().json()["data"]["criteria"].clone();
    assert_eq!(criteria[0]["state"], "proven", "{criteria}");
    assert_eq!(states(&repo, &SHOW), ["proven", "proven", "claimed"]);
    let message = repo.git(&["log", "-1", "--format=%B"]);
    assert!(
        message.contains("Chant-Criteria: 2 proven, 1 claimed\n"),
        "{message}"
    );
    let shown = repo.chant(&["show", ID]);
    assert!(
        shown
            .ok()
            .stdout
            .contains("1 of 3 ticked; 2 proven, 1 claimed"),
        "{}",
        shown.stdout
    );
    let status = repo.chant(&["status"]);
    assert!(
        status
            .ok()
            .stdout
            .contains("Criteria: 2 proven, 1 claimed\n"),
        "{}",
        status.stdout
    );

    // The record is in the commits: a fresh clone knows as much.
    let clone = repo.path().with_file_name("clone");
    repo.git(&["clone", "-q", ".", clone.to_str().unwrap()]);
    let there = ["-C", clone.to_str().unwrap(), "show", ID, "--json"];
    assert_eq!(states(&repo, &there), ["proven", "proven", "claimed"]);
}

#[test]
fn completed_by_hand_proves_nothing() {
    let repo = with_spec("true");
    let text = TEXT
        .replace("status: pending", "status: completed")
        .replace("[ ]", "[x]");
    repo.write(SPEC, &text);
    repo.commit("done, says somebody");
    assert_eq!(states(&repo, &SHOW), ["claimed", "claimed", "claimed"]);
}

#[test]
fn a_check_that_failed_refutes_until_the_spec_is_another() {
    let repo = with_spec(&TICKS_THE_LAST.replace("echo hello", "echo bye"));
    work(&repo).fails(1);
    assert_eq!(states(&repo, &SHOW), ["refuted", "refuted", "open"]);
    let shown = repo.chant(&["show", ID]);
    assert!(
        shown.ok().stdout.contains("refuted  It greets"),
        "{}",
        shown.stdout
    );
    repo.write(SPEC, &TEXT.replace("hello", "hallo"));
    assert_eq!(states(&repo, &SHOW), ["open", "open", "open"]);
}

#[test]
fn a_person_can_let_a_criterion_go() {
    let repo = with_spec("echo hello > greeting.txt\n");
    work(&repo).fails(1);
    let waive = [
        "waive",
        ID,
        "3",
        "--by",
        "Ada",
        "--reason",
        "length: does not matter",
        "--json",
    ];
    let output = repo.chant(&waive);
    let done = output.ok().json();
    assert_eq!(done["data"]["waiver"]["criterion"], "It is short", "{done}");
    assert_eq!(
        (&done["data"]["was"], &done["data"]["recorded"]),
        (&"open".into(), &"committed".into())
    );
    let text = repo.file(SPEC);
    assert!(
        text.starts_with(&TEXT[..TEXT.find("---\n\n#").unwrap()]),
        "{text}"
    );
    assert!(
        text.ends_with(&TEXT[TEXT.find("---\n\n#").unwrap()..]),
        "{text}"
    );
    assert_eq!(states(&repo, &SHOW)[2], "waived");
    let shown = repo.chant(&["show", ID]);
    assert!(
        shown
            .ok()
            .stdout
            .contains("waived  It is short  (Ada: length: does not matter)"),
        "{}",
        shown.stdout
    );
    repo.chant(&[
        "waive",
        ID,
        "It is short",
        "--by",
        "Bob",
        "--reason",
        "also",
    ])
    .fails(4);
    work(&repo).ok();
    assert_eq!(states(&repo, &SHOW), ["proven", "proven", "waived"]);
    assert!(
        repo.git(&["log", "-1", "--format=%B"])
            .contains("Chant-Criteria: 2 proven, 1 waived")
    );
    let status = repo.chant(&["status", "--json"]);
    assert_eq!(
        status.ok().json()["data"]["criteria"],
        serde_json::json!({"proven": 2, "waived": 1})
    );
}

#[test]
fn a_criterion_that_is_not_there_or_is_two_is_not_let_go() {
    let repo = with_spec("true");
    let refused = |which: &str, code: i32, says: &str| {
        let output = repo.chant(&["waive", ID, which, "--by", "Ada", "--reason", "r"]);
        output.fails(code);
        assert!(output.stderr.contains(says), "{says}: {}", output.stderr);
    };
    refused("4", 2, "has no criterion \"4\"");
    refused("it gr", 0, "");
    refused("e", 2, "2 criteria of 001-greeting hold \"e\"");
    refused("", 2, "has no criterion \"\"");
    repo.chant(&["waive", ID, "3", "--by", " ", "--reason", "r"])
        .fails(2);
    repo.chant(&["waive", ID, "3", "--by", "Ada"]).fails(2);
    repo.chant(&["waive", "nonsense", "3", "--by", "Ada", "--reason", "r"])
        .fails(3);
}

#[test]
fn an_agent_lets_nothing_go() {
    let tries = "env -u CHANT_RUN_ID \"$CHANT_BIN\" -C \"$USER_CHECKOUT\" waive 001 3 --by Ada --reason r > \"$HOME/said\" 2>&1 || echo $? > \"$HOME/code\"\nexit 1\n";
    let repo = with_spec(tries);
    let chant = chant_testkit::chant_bin();
    repo.chant_with(|command| {
        command
            .args(["work", ID])
            .env("USER_CHECKOUT", repo.path())
            .env("CHANT_BIN", &chant);
    })
    .fails(1);
    let read = |name| std::fs::read_to_string(repo.home().join(name)).unwrap();
    assert_eq!(read("code").trim(), "4", "{}", read("said"));
    assert!(
        read("said").contains("only a person can let a criterion go"),
        "{}",
        read("said")
    );
    assert_eq!(repo.file(SPEC), TEXT);
}

/// An agent that writes a waiver into its own copy of the spec has let nothing go.
#[test]
fn an_agents_own_waiver_is_no_waiver() {
    let forges = "echo hello > greeting.txt\nsed -i 's/^verify:/waived: [{criterion: It is short, by: Ada, reason: no}]\\nverify:/' \"$CHANT_SPEC_FILE\"\n";
    let repo = with_spec(forges);
    let output = work(&repo);
    output.fails(1);
    assert!(
        output
            .stderr
            .contains("a criterion is not ticked: \"It is short\""),
        "{}",
        output.stderr
    );
}
