//! An honest fix, and the ways in which a fix is none.

use super::store::*;

#[test]
fn an_honest_fix_is_proven_and_lands_with_its_proof() {
    let repo = reproduced(MEND);
    let reproduction = shown(&repo, REPRODUCTION);
    assert_eq!(reproduction["outcome"], "reproduced");
    assert_eq!(
        rows(&reproduction["proof"]),
        ["base red 2 green 0 neither 0 of 2: holds"]
    );
    let output = repo.chant(&["work", FIX]);
    output.ok();
    let proof = shown(&repo, FIX)["proof"].take();
    assert_eq!(proof["verdict"], "proven");
    assert_eq!(proof["from"], REPRODUCTION);
    assert_eq!(
        rows(&proof),
        [
            "base red 2 green 0 neither 0 of 2: holds",
            "result red 0 green 2 neither 0 of 2: holds",
            "without-fix red 2 green 0 neither 0 of 2: holds",
            "suite red 0 green 1 neither 0 of 1: holds",
        ]
    );
    assert_eq!(proof["rows"][2]["same_as"], "base");
    let test = repo.git(&["rev-parse", "main:tests/test_issue.py"]);
    assert_eq!(proof["tests"][0]["oid"], test.trim());
    let trailer = repo.git(&[
        "log",
        "-1",
        "--format=%(trailers:key=Chant-Proof,valueonly)",
        "main",
    ]);
    assert_eq!(
        trailer.trim(),
        "fix: base + tests: red 2 of 2; result: green 2 of 2; result less the fix: red 2 of 2"
    );
    let log = repo.chant(&["log", FIX]);
    assert!(
        log.stdout
            .contains("base + tests         red 2 of 2     fails, as it should: AssertionError"),
        "{}",
        log.stdout
    );
    assert!(
        log.stdout
            .contains("(the same tree as base + tests, run once)"),
        "{}",
        log.stdout
    );
    let people = repo.chant(&["show", FIX]).stdout;
    assert!(people.contains("proof  proven: the test fails without the fix (2 of 2) and passes with it (2 of 2), and the suite is as good as before"), "{people}");
    assert_documented(&proof);
    let runs = repo.path().join(".git/chant/runs");
    let kept = std::fs::read_dir(runs)
        .unwrap()
        .flatten()
        .filter(|run| run.path().join("proof.json").exists())
        .count();
    assert_eq!(kept, 2, "each run keeps its proof");
}

/// Every key of the document is in its table.
fn assert_documented(proof: &serde_json::Value) {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/design/proof.md");
    let page = std::fs::read_to_string(page).unwrap();
    let row = &proof["rows"][2];
    for object in [proof, row, &row["counts"], &proof["tests"][0]] {
        for key in object.as_object().unwrap().keys() {
            assert!(page.contains(&format!("`{key}`")), "{key}");
        }
    }
}

#[test]
fn a_fix_that_does_not_fix() {
    let repo = reproduced("echo '# mended' >> src/store.py\n");
    failed(
        &repo,
        &repo.chant(&["work", FIX]),
        "the proof failed: with the fix the test still fails: AssertionError: 5 != 6 : an item is lost",
    );
    let proof = shown(&repo, FIX)["proof"].take();
    assert_eq!(proof["verdict"], "refuted");
    assert_eq!(rows(&proof).len(), 2);
}

#[test]
fn a_fix_whose_test_passes_without_it() {
    let repo = store();
    repo.write(
        &format!(".chant/specs/{FIX}.md"),
        &fix("proof:\n  tests: [tests/test_fix.py]\n  run: python3 -m unittest tests.test_fix\n"),
    );
    let test = "printf 'import unittest\\nfrom src.store import largest\\nclass T(unittest.TestCase):\\n    def test_t(self):\\n        self.assertEqual(largest([1]), 1)\\n' > tests/test_fix.py\n";
    agent(&repo, "", &format!("{test}{MEND}"));
    failed(
        &repo,
        &repo.chant(&["work", FIX]),
        "the proof failed: the test passes without the fix: it proves nothing",
    );
}

#[test]
fn a_fix_that_edits_the_frozen_test() {
    let repo = reproduced("sed -i 's/, 6, /, 5, /' tests/test_issue.py\necho >> src/store.py\n");
    failed(
        &repo,
        &repo.chant(&["work", FIX]),
        "the agent changed tests/test_issue.py, which 002-reproduction froze",
    );
    agent(&repo, "", &format!("rm tests/test_issue.py\n{MEND}"));
    failed(
        &repo,
        &repo.chant(&["work", FIX]),
        "the agent deleted tests/test_issue.py, which 002-reproduction froze",
    );
    let concerns = shown(&repo, FIX)["concerns"].take();
    assert_eq!(concerns[0]["kind"], "deleted-test", "{concerns}");
}

#[test]
fn a_fix_that_skips_the_test() {
    let skip = "sed -i 's/^    def test_every/    @unittest.skip(\"later\")\\n&/' tests/test_issue.py\necho >> src/store.py\n";
    let repo = reproduced(skip);
    let output = repo.chant(&["work", FIX]);
    failed(
        &repo,
        &output,
        "the agent changed tests/test_issue.py, which 002-reproduction froze",
    );
    assert!(
        output.stderr.contains(
            "look at  tests/test_issue.py: a test is skipped or may fail: @unittest.skip(\"later\")"
        ),
        "{}",
        output.stderr
    );
    // Where the test is not frozen but its own, it is no proof either.
    repo.write(
        &format!(".chant/specs/{FIX}.md"),
        &fix(
            "proof:\n  tests: [tests/test_issue.py]\n  run: python3 -m unittest tests.test_issue\n",
        ),
    );
    failed(
        &repo,
        &repo.chant(&["work", FIX]),
        "without the fix the test is not red: every test was skipped",
    );
}

#[test]
fn a_fix_that_skips_the_test_from_outside() {
    let skip = "printf 'import unittest\\nunittest.TestCase.run = lambda self, result=None: result.startTest(self) or result.addSkip(self, \"x\") or result\\n' >> src/store.py\n";
    let repo = reproduced(skip);
    failed(
        &repo,
        &repo.chant(&["work", FIX]),
        "with the fix the test does not pass: every test was skipped",
    );
}

#[test]
fn a_fix_that_deletes_what_it_should_mend_is_caught_by_the_suite() {
    let repo = reproduced("printf 'def total(items):\\n    return sum(items)\\n' > src/store.py\n");
    failed(
        &repo,
        &repo.chant(&["work", FIX]),
        "the proof failed: python3 -m unittest discover -t . -s tests: passed before and fails now",
    );
}

#[test]
fn a_suite_that_failed_before_may_fail_still() {
    let repo = store();
    repo.write("tests/test_old.py", "import unittest\nclass T(unittest.TestCase):\n    def test_t(self):\n        self.fail()\n");
    repo.commit("a test that fails");
    repo.chant(&["work", REPRODUCTION, FIX]).ok();
    let proof = shown(&repo, FIX)["proof"].take();
    let found = proof["rows"][3]["found"].as_str().unwrap().to_owned();
    assert!(
        found.starts_with("fails, as it did before, and so tells nothing"),
        "{found}"
    );
}

#[test]
fn nothing_but_the_tests_is_no_fix() {
    let repo = store();
    repo.write(
        &format!(".chant/specs/{FIX}.md"),
        &fix(
            "proof:\n  tests: [tests/test_issue.py]\n  run: python3 -m unittest tests.test_issue\n",
        ),
    );
    agent(&repo, "", &write_test(TEST));
    failed(
        &repo,
        &repo.chant(&["work", FIX]),
        "the result changes nothing but the tests: there is no fix to prove",
    );
}

#[test]
fn a_fix_in_silent_mode_with_a_test_that_git_does_not_know() {
    let repo = store();
    repo.chant(&["init", "--silent"]).fails(4);
    repo.git(&["rm", "-r", "-q", "--cached", ".chant"]);
    repo.git(&["commit", "-q", "-m", "without the tool"]);
    repo.chant(&["init", "--silent"]).ok();
    let local = |text: String| {
        text.replace("tests/test_issue.py", ".chant/tests/issue.py")
            .replace("-m unittest tests.test_issue", ".chant/tests/issue.py")
    };
    let spec = format!(".chant/specs/{REPRODUCTION}.md");
    repo.write(&spec, &local(repo.file(&spec)));
    let test = format!(
        "{}\n\nunittest.main()\n",
        TEST.replace(
            "import unittest\n",
            "import sys, unittest\nsys.path.insert(0, '.')\n"
        )
    );
    let write = write_test(&test)
        .replace("mkdir -p tests", "mkdir -p .chant/tests")
        .replace("tests/test_issue.py", ".chant/tests/issue.py");
    let target = "target_files: [.chant/tests/issue.py]\n";
    repo.write(
        &spec,
        &repo
            .file(&spec)
            .replace("status: pending\n", &format!("status: pending\n{target}")),
    );
    agent(&repo, &write, MEND);
    repo.chant(&["work", REPRODUCTION]).ok();
    assert_eq!(
        repo.git(&["rev-list", "--count", "main"]).trim(),
        "3",
        "the test is no commit"
    );
    repo.chant(&["work", FIX]).ok();
    let proof = shown(&repo, FIX)["proof"].take();
    assert_eq!(proof["verdict"], "proven", "{proof}");
    let message = repo.git(&["log", "-1", "--format=%B", "main"]);
    assert!(!message.to_lowercase().contains("chant"), "{message}");
}

#[test]
fn the_test_of_a_landed_fix_is_a_check_from_then_on() {
    let repo = reproduced(MEND);
    repo.chant(&["work", FIX]).ok();
    let held = repo.chant(&["verify", "--all", "--exit-code"]);
    let said = &held.ok().stdout;
    assert!(
        said.contains(&format!("holds   {FIX}  proof: passes, in 2 of 2 runs")),
        "{said}"
    );
    assert!(
        said.contains(&format!("without checks: {REPRODUCTION}")),
        "{said}"
    );
    let store = repo.file("src/store.py");
    repo.write(
        "src/store.py",
        &store.replace("sum(items)", "sum(items[:-1])"),
    );
    repo.commit("a quick win");
    let broken = repo.chant(&["verify", FIX, "--exit-code", "--bisect"]);
    let said = &broken.fails(1).stdout;
    assert!(said.contains("a quick win (Tess Ter)"), "{said}");
}

/// Two writers that both read before either writes: a barrier in the test forces the order, so it is red every time.
const RACE: &str = r#"import threading, unittest
from src import counter


class Issue42(unittest.TestCase):
    def test_both_updates_count(self):
        both_have_read = threading.Barrier(2)

        class Slow(dict):
            def get(self, key, default=None):
                value = super().get(key, default)
                try:
                    both_have_read.wait(timeout=0.3)
                except threading.BrokenBarrierError:
                    pass
                return value

        store = counter.Counter(Slow())
        writers = [threading.Thread(target=store.add, args=("a",)) for _ in range(2)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        self.assertEqual(store.data["a"], 2, "an update is lost")
"#;

#[test]
fn a_race_is_red_every_time_without_the_lock_and_green_with_it() {
    let repo = store();
    repo.write(
        "src/counter.py",
        "import threading\n\n\nclass Counter:\n    def __init__(self, data):\n        self.data = data\n        self.lock = threading.Lock()\n\n    def add(self, key):\n        seen = self.data.get(key, 0)\n        self.data[key] = seen + 1\n",
    );
    repo.commit("a counter");
    let spec = format!(".chant/specs/{REPRODUCTION}.md");
    let text = repo
        .file(&spec)
        .replace("an item is lost", "an update is lost");
    repo.write(&spec, &text.replace("repeat: 2", "repeat: 4"));
    let lock = "sed -i -e 's/^        seen/        with self.lock:\\n            seen/' -e 's/^        self.data\\[key\\]/            self.data[key]/' src/counter.py\n";
    agent(&repo, &write_test(RACE), lock);
    repo.chant(&["work", REPRODUCTION, FIX]).ok();
    assert_eq!(
        rows(&shown(&repo, FIX)["proof"])[..2],
        [
            "base red 4 green 0 neither 0 of 4: holds",
            "result red 0 green 4 neither 0 of 4: holds",
        ]
    );
}

#[test]
fn a_proof_is_taken_over_where_another_branch_is_checked_out() {
    let repo = store();
    repo.git(&["switch", "-q", "-c", "side"]);
    repo.chant(&["work", REPRODUCTION]).ok();
    assert!(
        repo.file(&format!(".chant/specs/{REPRODUCTION}.md"))
            .contains("status: pending"),
        "the branch that is checked out does not know of it"
    );
    repo.chant(&["work", FIX]).ok();
    let store = repo.git(&["show", "main:src/store.py"]);
    assert!(store.contains("sum(items)"), "{store}");
}
