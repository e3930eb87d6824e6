//! A small library with a bug, a spec that reproduces it, and one that fixes it.

use chant_testkit::{Output, TestRepo};
use serde_json::Value;

use crate::support::set_agent;

pub(super) const REPRODUCTION: &str = "002-reproduction";
pub(super) const FIX: &str = "005-fix";

/// What an honest reproduction writes.
pub(super) const TEST: &str = r#"import unittest
from src.store import total


class Issue42(unittest.TestCase):
    def test_every_item_counts(self):
        self.assertEqual(total([1, 2, 3]), 6, "an item is lost")
"#;

/// An agent that does this for the reproduction and that for the fix, and ticks what it did.
pub(super) fn agent(repo: &TestRepo, reproduction: &str, fix: &str) {
    let tick = r#"sed -i 's/- \[ \]/- [x]/' "$CHANT_SPEC_FILE""#;
    set_agent(
        repo,
        &format!(
            "touch \"$HOME/agent-ran-$CHANT_SPEC_ID\"\ncase \"$CHANT_SPEC_ID\" in\n{REPRODUCTION})\n{tick}\n{reproduction}\n;;\n*)\n{tick}\n{fix}\n;;\nesac\n"
        ),
    );
}

/// The reproduction's work.
pub(super) fn write_test(text: &str) -> String {
    format!("mkdir -p tests\ncat > tests/test_issue.py <<'PY'\n{text}PY\n")
}

/// The fix's honest work.
pub(super) const MEND: &str = "sed -i 's/items\\[1:\\]/items/' src/store.py\n";

/// The spec that reproduces, with more lines of its proof.
pub(super) fn reproduction(proof: &str) -> String {
    format!(
        "---\ntype: task\nstatus: pending\nproof:\n  tests: [tests/test_issue.py]\n  run: python3 -m unittest tests.test_issue\n{proof}---\n\n# Reproduce issue 42\n\n## Acceptance Criteria\n\n- [ ] The test fails for the reported reason\n"
    )
}

/// The spec that fixes, with this frontmatter.
pub(super) fn fix(frontmatter: &str) -> String {
    format!(
        "---\ntype: code\nstatus: pending\n{frontmatter}---\n\n# Fix issue 42\n\n## Acceptance Criteria\n\n- [ ] Every item counts\n"
    )
}

/// The library, both specs, and the suite.
pub(super) fn store() -> TestRepo {
    let repo = TestRepo::new();
    repo.write("src/__init__.py", "");
    repo.write("tests/__init__.py", "");
    repo.write(
        "src/store.py",
        "def total(items):\n    return sum(items[1:])\n\n\ndef largest(items):\n    return max(items)\n",
    );
    repo.write(
        "tests/test_store.py",
        "import unittest\nfrom src.store import largest\n\n\nclass Largest(unittest.TestCase):\n    def test_largest(self):\n        self.assertEqual(largest([1, 3, 2]), 3)\n",
    );
    repo.write(".gitignore", "__pycache__/\nscratch/\n");
    repo.write(
        ".chant/config.md",
        "---\nproject: {name: store}\nchecks: [python3 -m unittest discover -t . -s tests]\n---\n",
    );
    repo.write(
        &format!(".chant/specs/{REPRODUCTION}.md"),
        &reproduction("  fails_with: an item is lost\n  repeat: 2\n"),
    );
    repo.write(
        &format!(".chant/specs/{FIX}.md"),
        &fix(&format!(
            "depends_on: [{REPRODUCTION}]\nproof: {{from: {REPRODUCTION}}}\n"
        )),
    );
    repo.write(".chant/.gitignore", "agents.md\n");
    agent(&repo, &write_test(TEST), MEND);
    repo.commit("a library with a bug");
    repo.chant(&["trust"]).ok();
    repo
}

/// The library with the reproduction landed, and an agent that fixes so.
pub(super) fn reproduced(fix: &str) -> TestRepo {
    let repo = store();
    agent(&repo, &write_test(TEST), fix);
    repo.chant(&["work", REPRODUCTION]).ok();
    repo
}

/// What `chant show --json` knows of a spec.
pub(super) fn shown(repo: &TestRepo, id: &str) -> Value {
    repo.chant(&["show", "--json", id]).json()["data"].take()
}

/// Asserts that the run failed with this sentence, that nothing landed, and that the work is kept.
#[track_caller]
pub(super) fn failed(repo: &TestRepo, output: &Output, sentence: &str) {
    let before = repo.git(&["log", "--format=%s", "main"]);
    assert!(
        output.fails(1).stderr.contains(sentence),
        "{}",
        output.stderr
    );
    assert!(!before.contains("Fix issue 42"), "{before}");
}

/// The rows of a proof: side, counts and whether it holds.
pub(super) fn rows(proof: &Value) -> Vec<String> {
    let rows = proof["rows"].as_array().unwrap();
    rows.iter()
        .map(|row| {
            let counts = &row["counts"];
            format!(
                "{} red {} green {} neither {} of {}: {}",
                row["side"].as_str().unwrap(),
                counts["red"],
                counts["green"],
                counts["neither"],
                counts["runs"],
                if row["holds"] == true {
                    "holds"
                } else {
                    "does not hold"
                }
            )
        })
        .collect()
}
