//! The four honest ends of a reproduction, and what keeps each from being claimed.

use chant_testkit::TestRepo;

use super::store::*;
use crate::support::set_agent;

/// An agent that writes this test and this outcome, and ticks nothing.
fn ends(repo: &TestRepo, test: &str, outcome: &str) {
    let test = if test.is_empty() {
        String::new()
    } else {
        write_test(test)
    };
    set_agent(
        repo,
        &format!("{test}cat >> \"$CHANT_SPEC_FILE\" <<'END'\n\n## Outcome\n\n{outcome}\nEND\n"),
    );
}

fn landed_as(repo: &TestRepo, ending: &str) {
    repo.chant(&["work", REPRODUCTION]).ok();
    let text = repo.file(&format!(".chant/specs/{REPRODUCTION}.md"));
    assert!(text.contains(&format!("outcome: {ending}\n")), "{text}");
    assert_eq!(shown(repo, REPRODUCTION)["outcome"], ending);
    let list = repo.chant(&["list", "--json"]).json();
    let spec = list["data"]
        .as_array()
        .unwrap()
        .iter()
        .find(|spec| spec["id"] == REPRODUCTION)
        .unwrap()
        .clone();
    assert_eq!(spec["outcome"], ending);
    let trailer = repo.git(&[
        "log",
        "-1",
        "--format=%(trailers:key=Chant-Proof,valueonly)",
        "main",
    ]);
    assert!(trailer.starts_with(ending), "{trailer}");
}

const GREEN: &str = "import unittest\nfrom src.store import largest\n\n\nclass Issue42(unittest.TestCase):\n    def test_largest(self):\n        self.assertEqual(largest([1, 2]), 2, 'an item is lost')\n";

#[test]
fn reproduced_and_the_next_phase_is_told() {
    let repo = store();
    landed_as(&repo, "reproduced");
    repo.write(
        ".chant/specs/003-cause.md",
        &format!("---\ntype: task\nstatus: pending\ninformed_by: [{REPRODUCTION}]\n---\n\n# Find the cause\n\n## Acceptance Criteria\n\n- [ ] found\n"),
    );
    let prompt = repo.chant(&["prep", "003-cause"]).stdout;
    assert!(prompt.contains("outcome: reproduced"), "{prompt}");
}

#[test]
fn not_reproduced_with_and_without_a_test() {
    let repo = store();
    ends(
        &repo,
        "",
        "not-reproduced: fifty runs on Python 3.11, all of them green",
    );
    landed_as(&repo, "not-reproduced");
    let repo = store();
    ends(&repo, GREEN, "Not reproduced. The test passes every time.");
    landed_as(&repo, "not-reproduced");
    assert_eq!(
        rows(&shown(&repo, REPRODUCTION)["proof"]),
        ["base red 0 green 2 neither 0 of 2: holds"]
    );
    let refused = repo.chant(&["work", FIX]);
    assert!(
        refused
            .fails(4)
            .stderr
            .contains("ended as not-reproduced: there is no failing test to go by"),
        "{}",
        refused.stderr
    );
    assert!(!repo.home().join("agent-ran-005-fix").exists());
}

#[test]
fn not_a_bug_needs_its_evidence() {
    let repo = store();
    ends(&repo, "", "not-a-bug");
    failed(
        &repo,
        &repo.chant(&["work", REPRODUCTION]),
        "it ends as not-a-bug and gives no evidence below `## Outcome`",
    );
    ends(
        &repo,
        "",
        "not-a-bug\n\nThe first item is a header: README, line 3.",
    );
    landed_as(&repo, "not-a-bug");
}

#[test]
fn an_end_that_the_test_contradicts() {
    let repo = store();
    ends(&repo, TEST, "not-reproduced: it works for me");
    failed(
        &repo,
        &repo.chant(&["work", REPRODUCTION]),
        "it ends as not-reproduced, but its test fails on main, 2 of 2: AssertionError: 5 != 6 : an item is lost",
    );
    ends(&repo, TEST, "already-fixed: somebody did it");
    failed(
        &repo,
        &repo.chant(&["work", REPRODUCTION]),
        "it ends as already-fixed, but its test fails on main: AssertionError",
    );
    agent(&repo, &write_test(GREEN), "");
    failed(
        &repo,
        &repo.chant(&["work", REPRODUCTION]),
        "the test passes on main: nothing is reproduced",
    );
    ends(&repo, TEST, "Works for me.");
    failed(
        &repo,
        &repo.chant(&["work", REPRODUCTION]),
        "it has to begin with one of reproduced, not-reproduced, already-fixed, not-a-bug",
    );
}

#[test]
fn a_red_test_still_needs_its_criteria() {
    let repo = store();
    ends(&repo, TEST, "reproduced: see the test");
    failed(
        &repo,
        &repo.chant(&["work", REPRODUCTION]),
        "a criterion is not ticked",
    );
}

/// Commits on main: the bug, then others, then the fix, then others.
fn mended() -> (TestRepo, String, String) {
    let repo = store();
    let reported = repo.git(&["rev-parse", "HEAD"]).trim().to_owned();
    for number in 0..3 {
        repo.write("notes.txt", &format!("{number}\n"));
        repo.commit(&format!("note {number}"));
    }
    let text = repo.file("src/store.py").replace("items[1:]", "items");
    repo.write("src/store.py", &text);
    repo.commit("count the first item too");
    let fix = repo.git(&["rev-parse", "HEAD"]).trim().to_owned();
    repo.write("notes.txt", "later\n");
    repo.commit("note 4");
    (repo, reported, fix)
}

#[test]
fn already_fixed_names_the_commit_found_by_bisection() {
    let (repo, reported, fix) = mended();
    let spec = format!(".chant/specs/{REPRODUCTION}.md");
    let text = reproduction(&format!(
        "  fails_with: an item is lost\n  reported_in: {reported}\n"
    ));
    repo.write(&spec, &text);
    ends(
        &repo,
        TEST,
        "already-fixed: it is red where it was reported, and green now",
    );
    landed_as(&repo, "already-fixed");
    let proof = shown(&repo, REPRODUCTION)["proof"].take();
    assert_eq!(proof["fixed_by"], fix.as_str());
    assert_eq!(
        proof["sentence"],
        format!("fixed by {}: count the first item too", &fix[..10])
    );
    assert_eq!(
        rows(&proof),
        [
            "base red 0 green 1 neither 0 of 1: holds",
            "reported red 1 green 0 neither 0 of 1: holds",
        ]
    );
}

#[test]
fn already_fixed_by_a_commit_that_the_agent_names() {
    let (repo, _, fix) = mended();
    ends(&repo, TEST, &format!("already-fixed by {}", &fix[..12]));
    landed_as(&repo, "already-fixed");
    assert_eq!(
        shown(&repo, REPRODUCTION)["proof"]["fixed_by"],
        fix.as_str()
    );
    let (repo, ..) = mended();
    ends(&repo, TEST, "already-fixed, some time ago");
    failed(
        &repo,
        &repo.chant(&["work", REPRODUCTION]),
        "names no earlier commit of main at which its test fails",
    );
    let head = repo.git(&["rev-parse", "HEAD~1"]);
    ends(&repo, GREEN, &format!("already-fixed by {}", head.trim()));
    failed(
        &repo,
        &repo.chant(&["work", REPRODUCTION]),
        "nothing shows that it was ever red",
    );
}
