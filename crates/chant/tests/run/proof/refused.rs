//! What can not be proven is refused before an agent is paid; what is red for another reason, afterwards.

use chant_testkit::TestRepo;

use super::store::*;

#[track_caller]
fn refused(repo: &TestRepo, id: &str, code: i32, sentence: &str) {
    let output = repo.chant(&["work", id]);
    assert!(
        output.fails(code).stderr.contains(sentence),
        "{}",
        output.stderr
    );
    let ran = repo.home().join(format!("agent-ran-{id}"));
    assert!(!ran.exists(), "no agent was started");
}

#[test]
fn a_proof_that_nobody_could_give() {
    let repo = store();
    let with = |proof: &str| {
        repo.write(
            &format!(".chant/specs/{FIX}.md"),
            &fix(&format!("proof:\n{proof}")),
        );
    };
    with("  tests: [t.py]\n  run: make\n  fails_with: '('\n");
    refused(&repo, FIX, 5, "fails_with: ");
    with("  run: make\n");
    refused(&repo, FIX, 5, "it names no test files");
    with("  tests: [t.py]\n");
    refused(&repo, FIX, 5, "it does not say how the test is run");
    with("  tests: [../t.py]\n  run: make\n");
    refused(&repo, FIX, 5, "the path leads out of the repository");
    with("  tests: [t.py]\n  run: make\n  timeout: soon\n");
    refused(&repo, FIX, 5, "\"soon\" is not a time");
    with("  tests: [t.py]\n  run: make\n  reported_in: v9\n");
    refused(&repo, FIX, 4, "reported_in: \"v9\" is no commit here");
    with("  from: 999-nobody\n");
    refused(&repo, FIX, 4, "its proof is taken from 999-nobody");
    with(&format!("  from: {FIX}\n"));
    refused(
        &repo,
        FIX,
        4,
        &format!("its proof is taken from {FIX}, which is pending, not completed"),
    );
    with(&format!("  from: {REPRODUCTION}\n"));
    refused(
        &repo,
        FIX,
        4,
        &format!("its proof is taken from {REPRODUCTION}, which is pending, not completed"),
    );
    with("  tests: [t.py\n");
    refused(&repo, FIX, 5, "");
}

#[test]
fn a_proof_of_strangers_is_not_run() {
    let repo = store();
    repo.chant(&["trust", "--revoke"]).ok();
    repo.write(".chant/config.md", "---\nproject: {name: store}\n---\n");
    refused(&repo, REPRODUCTION, 4, "chant trust");
}

#[test]
fn a_test_that_is_gone_or_green_by_now() {
    let repo = reproduced(MEND);
    let text = repo.file("src/store.py").replace("items[1:]", "items");
    repo.write("src/store.py", &text);
    repo.commit("somebody mends it by hand");
    refused(
        &repo,
        FIX,
        1,
        "the test passes on main without any fix, 2 of 2: it proves nothing; no agent was started",
    );
    repo.git(&["rm", "-q", "tests/test_issue.py"]);
    repo.git(&["commit", "-q", "-m", "without the test"]);
    refused(
        &repo,
        FIX,
        4,
        "tests/test_issue.py, the test of 002-reproduction, is not on the main branch",
    );
}

#[test]
fn a_test_that_a_person_changed_counts_as_it_is() {
    let repo = reproduced(MEND);
    let text = repo
        .file("tests/test_issue.py")
        .replace("[1, 2, 3]), 6", "[2, 3]), 5");
    repo.write("tests/test_issue.py", &text);
    repo.commit("a smaller test");
    let output = repo.chant(&["work", FIX]);
    assert!(
        output.ok().stderr.contains("tests/test_issue.py was changed on main since 002-reproduction landed it; what is there now counts"),
        "{}",
        output.stderr
    );
}

#[test]
fn red_for_another_reason() {
    let repo = store();
    let check = |test: &str, sentence: &str| {
        agent(&repo, &write_test(test), "");
        failed(&repo, &repo.chant(&["work", REPRODUCTION]), sentence);
    };
    check(
        "import unittest\ndef test(:\n",
        "on main the test is not red: a syntax error: SyntaxError: invalid syntax",
    );
    check(
        "import unittest, nosuchmodule\n",
        "on main the test is not red: something it needs is missing: ModuleNotFoundError: No module named 'nosuchmodule'",
    );
    check(
        &TEST.replace("an item is lost", "something else"),
        "on main the test is not red: it fails for another reason than the stated one: AssertionError: 5 != 6 : something else",
    );
    check(
        &TEST.replace("total([1, 2, 3])", "total(None)"),
        "on main the test is not red: it fails for another reason than the stated one: TypeError",
    );
    check(
        "import unittest\n",
        "on main the test is not red: no test was run",
    );
    check(
        &TEST.replace("    def", "    @unittest.expectedFailure\n    def"),
        "on main the test is not red: every test was skipped, or is marked as expected to fail",
    );
    let spec = format!(".chant/specs/{REPRODUCTION}.md");
    let text = repo.file(&spec);
    repo.write(&spec, &text.replace("python3 -m", "nosuchprogram -m"));
    check(
        TEST,
        "on main the test is not red: its command cannot be run",
    );
    repo.write(&spec, &text.replace("  repeat: 2", "  timeout: 1s"));
    check(
        "import time\ntime.sleep(60)\n",
        "on main the test is not red: it took too long",
    );
}

#[test]
fn a_flaky_test_needs_attention_with_its_counts() {
    let repo = store();
    let counter = repo.home().join("count");
    let test = TEST.replace(
        "        self",
        &format!(
            "        with open({:?}, 'a+') as file:\n            file.write('x')\n            file.seek(0)\n            count = len(file.read())\n        if count % 2 == 0:\n            return\n        self",
            counter.display().to_string()
        ),
    );
    let spec = format!(".chant/specs/{REPRODUCTION}.md");
    repo.write(&spec, &repo.file(&spec).replace("repeat: 2", "repeat: 5"));
    agent(&repo, &write_test(&test), "");
    let output = repo.chant(&["work", REPRODUCTION]);
    assert!(
        output
            .fails(1)
            .stderr
            .contains("the test is flaky: on main red 3 of 5, green 2 of 5"),
        "{}",
        output.stderr
    );
    let shown = shown(&repo, REPRODUCTION);
    assert_eq!(shown["status"], "needs_attention");
    assert_eq!(shown["proof"]["verdict"], "flaky");
    assert_eq!(
        rows(&shown["proof"]),
        ["base red 3 green 2 neither 0 of 5: does not hold"]
    );
    // It may be tried again.
    agent(&repo, &write_test(TEST), "");
    repo.chant(&["work", REPRODUCTION]).ok();
}
