//! What real runners print, and what it shows.
#![expect(clippy::unwrap_used, reason = "tests")]

use super::seen::{Seen, reason};
use crate::bench::Ended;

/// `green`, `red: <line>` or `neither: <why>`.
fn seen(code: i32, output: &str, fails_with: Option<&str>) -> String {
    let pattern = fails_with.map(|pattern| reason(pattern).unwrap());
    match Seen::read(&Ended::Exit(code), output.as_bytes(), pattern.as_ref()) {
        Seen::Green => "green".to_owned(),
        Seen::Red(line) => format!("red: {line}"),
        Seen::Neither(why) => format!("neither: {why}"),
    }
}

#[track_caller]
fn check(code: i32, output: &str, expect: &str) {
    assert_eq!(seen(code, output, None), expect, "{output}");
}

const RULE: &str = "----------------------------------------------------------------------\n";

fn unittest(head: &str, trace: &str, end: &str) -> String {
    format!(
        "F\n{RULE}{head}\n{RULE}Traceback (most recent call last):\n  File \"t.py\", line 4, in test_a\n{trace}\n\n{RULE}{end}\n"
    )
}

#[test]
fn unittest_fails() {
    let text = unittest(
        "FAIL: test_a (test_a.T.test_a)",
        "    self.assertEqual(1, 2, \"lost update\")\nAssertionError: 1 != 2 : lost update",
        "Ran 1 test in 0.001s\n\nFAILED (failures=1)",
    );
    check(1, &text, "red: AssertionError: 1 != 2 : lost update");
    // `| tee log` hides the exit status.
    check(0, &text, "red: AssertionError: 1 != 2 : lost update");
    assert_eq!(
        seen(1, &text, Some("lost update$")),
        "red: AssertionError: 1 != 2 : lost update"
    );
    assert_eq!(
        seen(1, &text, Some("torn write")),
        "neither: it fails for another reason than the stated one: AssertionError: 1 != 2 : lost update"
    );
}

#[test]
fn unittest_raises_something_else() {
    let text = unittest(
        "ERROR: test_a (test_e.T.test_a)",
        "    assert {}[\"x\"]\n    ~~^^^^^\nKeyError: 'x'",
        "Ran 2 tests in 0.000s\n\nFAILED (errors=1, skipped=1)",
    );
    check(
        1,
        &text,
        "neither: it fails, but at no assertion, and `fails_with` states no other reason: KeyError: 'x'",
    );
    assert_eq!(seen(1, &text, Some("KeyError")), "red: KeyError: 'x'");
}

#[test]
fn unittest_can_not_load_it() {
    let missing = unittest(
        "ERROR: test_m (unittest.loader._FailedTest.test_m)",
        "ImportError: Failed to import test module: test_m\nModuleNotFoundError: No module named 'nope'",
        "Ran 1 test in 0.000s\n\nFAILED (errors=1)",
    );
    let expect =
        "neither: something it needs is missing: ModuleNotFoundError: No module named 'nope'";
    check(1, &missing, expect);
    assert_eq!(seen(1, &missing, Some("nope")), expect);
    let syntax = "Traceback (most recent call last):\n  File \"t.py\", line 2\n    def x(:\n          ^\nSyntaxError: invalid syntax\n";
    let expect = "neither: a syntax error: SyntaxError: invalid syntax";
    check(1, syntax, expect);
    assert_eq!(seen(1, syntax, Some("invalid")), expect);
    check(
        2,
        "python3: can't open file '/x/nosuch.py': [Errno 2] No such file or directory\n",
        "neither: something it needs is missing: python3: can't open file '/x/nosuch.py': [Errno 2] No such file or directory",
    );
}

#[test]
fn unittest_runs_nothing_or_skips() {
    check(0, "..\nRan 2 tests in 0.000s\n\nOK (skipped=1)\n", "green");
    check(
        0,
        "Ran 0 tests in 0.000s\n\nOK\n",
        "neither: no test was run",
    );
    check(
        5,
        "Ran 0 tests in 0.000s\n\nNO TESTS RAN\n",
        "neither: no test was run",
    );
    check(
        0,
        "sx\nRan 2 tests in 0.000s\n\nOK (skipped=1, expected failures=1)\n",
        "neither: every test was skipped, or is marked as expected to fail",
    );
}

#[test]
fn pytest() {
    check(
        1,
        "=== FAILURES ===\n    def test_lost():\n        assert start()\n>       assert total == 8\nE       assert 7 == 8\n\ntest_x.py:9: AssertionError\n=== short test summary info ===\nFAILED test_x.py::test_lost - assert 7 == 8\n=== 1 failed, 2 passed in 0.03s ===\n",
        "red: assert 7 == 8",
    );
    check(
        1,
        "    def test_lost():\n        assert start()\n>       take()['x']\nE       KeyError: 'x'\n\ntest_x.py:9: KeyError\n=== 1 failed in 0.03s ===\n",
        "neither: it fails, but at no assertion, and `fails_with` states no other reason: KeyError: 'x'",
    );
    check(
        2,
        "=== ERRORS ===\n___ ERROR collecting test_x.py ___\nImportError while importing test module '/x/test_x.py'.\nE   ModuleNotFoundError: No module named 'nope'\n!!! Interrupted: 1 error during collection !!!\n=== 1 error in 0.05s ===\n",
        "neither: something it needs is missing: ModuleNotFoundError: No module named 'nope'",
    );
    check(
        5,
        "collected 0 items\n\n=== no tests ran in 0.01s ===\n",
        "neither: no test was run",
    );
    check(
        4,
        "ERROR: file or directory not found: test_y.py\n\ncollected 0 items\n\n=== no tests ran in 0.01s ===\n",
        "neither: something it needs is missing: ERROR: file or directory not found: test_y.py",
    );
    check(
        0,
        "=== 1 xfailed in 0.02s ===\n",
        "neither: every test was skipped, or is marked as expected to fail",
    );
    check(
        0,
        "\u{1b}[32m=== \u{1b}[1m3 passed\u{1b}[0m, 1 skipped in 0.02s ===\u{1b}[0m\n",
        "green",
    );
    check(
        1,
        "/usr/bin/python3: No module named pytest\n",
        "neither: something it needs is missing: /usr/bin/python3: No module named pytest",
    );
}

#[test]
fn cargo() {
    let result = |passed, failed, ignored| {
        format!(
            "\ntest result: x. {passed} passed; {failed} failed; {ignored} ignored; 0 measured; 5 filtered out; finished in 0.00s\n"
        )
    };
    check(
        101,
        &format!(
            "running 1 test\ntest lost ... FAILED\n\nthread 'lost' panicked at tests/it.rs:9:5:\nassertion `left == right` failed: lost update\n  left: 7\n right: 8\n{}\nerror: test failed, to rerun pass `--test it`\n",
            result(0, 1, 0)
        ),
        "red: assertion `left == right` failed: lost update",
    );
    check(
        101,
        &format!(
            "thread 'lost' (77) panicked at tests/it.rs:9:5:\nan update was lost\n{}",
            result(0, 1, 0)
        ),
        "red: an update was lost",
    );
    check(
        101,
        "   Compiling kv v0.1.0\nerror[E0425]: cannot find function `lock` in this scope\n --> tests/it.rs:3:5\n\nerror: could not compile `kv` (test \"it\") due to 1 previous error\n",
        "neither: it does not compile: error[E0425]: cannot find function `lock` in this scope",
    );
    check(
        101,
        "error: no test target named `it` in default-run packages\n",
        "neither: something it needs is missing: error: no test target named `it` in default-run packages",
    );
    check(
        0,
        &format!("running 0 tests{}{}", result(0, 0, 0), result(0, 0, 0)),
        "neither: no test was run",
    );
    check(
        0,
        &result(0, 0, 1),
        "neither: every test was skipped, or is marked as expected to fail",
    );
    check(
        0,
        &format!("{}{}", result(0, 0, 0), result(2, 0, 0)),
        "green",
    );
}

#[test]
fn go() {
    check(
        1,
        "--- FAIL: TestLost (0.00s)\n    kv_test.go:9: got 7, want 8\nFAIL\nFAIL\tkv\t0.002s\n",
        "red: --- FAIL: TestLost (0.00s)",
    );
    check(
        1,
        "# kv [kv.test]\n./kv_test.go:5:2: undefined: Lock\nFAIL\tkv [build failed]\nFAIL\n",
        "neither: it does not compile: ./kv_test.go:5:2: undefined: Lock",
    );
    check(
        0,
        "ok  \tkv\t0.002s [no tests to run]\n",
        "neither: no test was run",
    );
    check(
        0,
        "?   \tkv/cmd\t[no test files]\nok  \tkv\t0.002s\n",
        "green",
    );
}

#[test]
fn node_jest_and_vitest() {
    check(
        1,
        "FAIL ./kv.test.js\n  ● keeps both\n\n    expect(received).toBe(expected) // Object.is equality\n\n    Expected: 8\n    Received: 7\n\nTests:       1 failed, 1 total\n",
        "red: expect(received).toBe(expected) // Object.is equality",
    );
    check(
        1,
        "FAIL ./kv.test.js\n  ● Test suite failed to run\n\n    Cannot find module './nope' from 'kv.test.js'\n\nTests:       0 total\n",
        "neither: something it needs is missing: Cannot find module './nope' from 'kv.test.js'",
    );
    check(
        0,
        "Tests:       1 skipped, 1 total\n",
        "neither: every test was skipped, or is marked as expected to fail",
    );
    check(
        1,
        "No tests found, exiting with code 1\n",
        "neither: no test was run",
    );
    let node = |pass, fail, skipped| {
        format!(
            "# tests 1\n# suites 0\n# pass {pass}\n# fail {fail}\n# cancelled 0\n# skipped {skipped}\n# todo 0\n"
        )
    };
    check(
        1,
        &format!(
            "not ok 1 - keeps both\n  error: 'lost update'\n  code: 'ERR_ASSERTION'\n{}",
            node(0, 1, 0)
        ),
        "red: not ok 1 - keeps both",
    );
    check(
        0,
        &node(0, 0, 1),
        "neither: every test was skipped, or is marked as expected to fail",
    );
    check(0, &node(1, 0, 0), "green");
    check(
        1,
        "node:internal/modules/cjs/loader:1080\n  throw err;\n\nError: Cannot find module './nope'\nRequire stack:\n",
        "neither: something it needs is missing: Error: Cannot find module './nope'",
    );
}

#[test]
fn anything_else() {
    check(0, "", "green");
    check(
        1,
        "count is 7\n",
        "neither: it fails, but at no assertion, and `fails_with` states no other reason: count is 7",
    );
    assert_eq!(seen(1, "count is 7\n", Some("is [0-7]")), "red: count is 7");
    check(
        126,
        "sh: 1: ./t.sh: Permission denied\n",
        "neither: its command cannot be run: sh: 1: ./t.sh: Permission denied",
    );
    check(
        1,
        "a.c:3:1: error: expected ';'\nmake: *** [a.o] Error 1\n",
        "neither: it does not compile: a.c:3:1: error: expected ';'",
    );
    let read = |ended: Ended| match Seen::read(&ended, b"", None) {
        Seen::Neither(why) => why.to_string(),
        other => format!("{other:?}"),
    };
    assert_eq!(
        read(Ended::NotFound),
        "its command cannot be run: it printed nothing"
    );
    assert_eq!(read(Ended::Signal(11)), "it was ended by signal 11");
    assert_eq!(
        read(Ended::TimedOut(std::time::Duration::from_secs(1))),
        "it took too long"
    );
    assert_eq!(
        read(Ended::Lost),
        "it could not be run: its process was lost"
    );
}
