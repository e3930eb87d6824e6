//! The maintainer's example with agents that claim more than they did: nothing lands but the honest fix.

use std::path::Path;

use chant_testkit::{Output, TestRepo};

/// Asks for a test of its own, as somebody would who trusts the fix to bring a good one.
const OWN_TEST: &str = "---
type: code
status: pending
depends_on: [004-sprawl]
proof:
  tests: [tests/test_mine.py]
  run: python3 -m unittest tests.test_mine
---

# Fix issue 42, with a test

## Acceptance Criteria

- [ ] It is fixed
";

const TICK: &str = "sed -i 's/- \\[ \\]/- [x]/' \"$CHANT_SPEC_FILE\"\n";

/// The example in a repository of its own, with its first four phases landed.
fn investigated() -> TestRepo {
    let repo = TestRepo::new();
    let example =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/oss-maintainer-workflow");
    let copied = repo
        .command("cp")
        .args(["-R", &format!("{}/.", example.display()), "."])
        .status();
    assert!(copied.unwrap().success());
    repo.write(".chant/specs/007-own-test.md", OWN_TEST);
    repo.commit("kvstore");
    repo.chant(&["trust"]).ok();
    for phase in ["001", "002", "003", "004"] {
        chant(&repo, &["work", phase]).ok();
    }
    repo
}

fn chant(repo: &TestRepo, args: &[&str]) -> Output {
    repo.chant_with(|command| {
        command.args(args).env("CHANT_REPLAY_SPEED", "0");
    })
}

/// What comes of an agent that does this for a spec.
fn claims(repo: &TestRepo, spec: &str, script: &str) -> (i32, String) {
    let path = repo.home().join("agent.sh");
    std::fs::write(&path, format!("set -e\n{script}\n{TICK}")).unwrap();
    let agent = format!(
        "---\nagents:\n  - name: liar\n    kind: command\n    command: [sh, {}]\n---\n",
        path.display()
    );
    repo.write(".chant/agents.md", &agent);
    let ended = chant(repo, &["work", spec, "--agent", "liar", "--json"]);
    let reason = ended.json()["error"]["message"].to_string();
    (ended.code.unwrap(), reason)
}

#[test]
fn only_the_honest_fix_of_the_example_lands() {
    let repo = investigated();
    let before = repo.git(&["rev-parse", "main"]);
    let refused = |spec: &str, script: &str, why: &str| {
        let (code, reason) = claims(&repo, spec, script);
        assert_eq!(code, 1, "{reason}");
        assert!(reason.contains(why), "{reason}");
        assert_eq!(repo.git(&["rev-parse", "main"]), before, "nothing lands");
    };

    // A fix that does not fix.
    refused(
        "005",
        "echo '# locked' >> src/storage/store.py",
        "with the fix the test still fails",
    );
    // A fix that edits the test.
    refused(
        "005",
        "echo '# locked' >> src/storage/store.py\nsed -i 's/self.fail/print/' tests/regression/test_issue_42.py",
        "which 002-reproduction froze",
    );
    // A fix whose test passes without it.
    refused(
        "007",
        "echo '# locked' >> src/storage/store.py\n\
         printf 'import unittest\\n\\n\\nclass T(unittest.TestCase):\\n    def test_it(self):\\n        pass\\n' > tests/test_mine.py",
        "the test passes without the fix: it proves nothing",
    );
    // An honest fix.
    chant(&repo, &["work", "005"]).ok();
    assert!(repo.file("src/storage/store.py").contains("fcntl.flock"));
    let shown = repo.chant(&["show", "005", "--json"]).json();
    assert_eq!(shown["data"]["proof"]["verdict"], "proven", "{shown}");
    assert_holds_in_a_second_clone(&repo);
}

/// The proof as a bundle, in a clone that knows only what was there before the fix.
#[track_caller]
fn assert_holds_in_a_second_clone(repo: &TestRepo) {
    let bundle = repo.home().join("issue-42.chant");
    let bundle = bundle.to_str().unwrap();
    chant(repo, &["bundle", "005", "-o", bundle]).ok();
    let clone = repo.home().join("second");
    let clone = clone.to_str().unwrap();
    repo.git(&["clone", "-q", "--no-local", ".", clone]);
    repo.git(&["-C", clone, "reset", "-q", "--hard", "HEAD~3"]);
    let replayed = chant(repo, &["-C", clone, "verify-bundle", bundle, "--yes"]);
    let said = &replayed.ok().stdout;
    assert!(said.contains("yes: the test fails without"), "{said}");
}
