//! What lint says, and where.

use chant_spec::lint::lint;

use crate::doc;

fn check(text: &str, expect: &[&str]) {
    let found: Vec<String> = lint(&doc(text))
        .into_iter()
        .map(|d| {
            format!(
                "{}:{} {}{}",
                d.line,
                d.column,
                d.code,
                d.hint
                    .filter(|h| h.starts_with("did"))
                    .map_or(String::new(), |h| format!(" {h}"))
            )
        })
        .collect();
    assert_eq!(found, expect, "{text}");
}

const GOOD: &str = "# T\n\n## Acceptance Criteria\n\n- [ ] it works: `true`\n";

#[test]
fn findings() {
    check(
        &format!("---\nstatus: pending\nverify: make test\n---\n{GOOD}"),
        &[],
    );
    check(
        &format!("---\nstatus: pending\ndepend_on: []\nqwxyz: 1\nverify: make test\n---\n{GOOD}"),
        &[
            "3:1 unknown-key did you mean `depends_on`?",
            "4:1 unknown-key",
        ],
    );
    check(
        &format!("---\ntype: reserch\nstatus: complete\nverify: make test\n---\n{GOOD}"),
        &[
            "2:7 unknown-type did you mean `research`?",
            "3:9 unknown-status did you mean `completed`?",
        ],
    );
    check(
        "---\nstatus: pending\n---\n# T\n",
        &["4:1 no-criteria", "4:1 no-check"],
    );
    check(
        "---\nstatus: pending\nverify: make\n---\n# T\n",
        &["5:1 no-criteria"],
    );
    check("---\nstatus: completed\n---\n# T\n", &[]);
    check("---\ntype: research\n---\n# T\n", &[]);
    check("---\ntype: task\n---\ntext\n", &["4:1 no-title"]);
    check("---\ntype: task\n---\n \n", &["4:1 empty-body"]);
    check(
        &format!("---\ntarget_files: [../x, /etc/passwd, ok]\nverify: make test\n---\n{GOOD}"),
        &["2:15 target-outside", "2:15 target-outside"],
    );
    check(
        &format!("---\ncompleted_at: yesterday\nverify: make test\n---\n{GOOD}"),
        &["2:15 invalid-date"],
    );
    check(
        &format!("---\ncompleted_at: 2026-01-29T18:00:00Z\nverify: make test\n---\n{GOOD}"),
        &[],
    );
    check(
        &format!(
            "---\ncompleted_at: 2026-01-24T19:53:12.123456+00:00\nverify: make test\n---\n{GOOD}"
        ),
        &[],
    );
    check(
        "---\ntype: task\n---\n# T\n## Acceptance Criteria\n- [ ] a\n- [ ]\n- [x] a\n",
        &["7:3 empty-criterion", "8:3 duplicate-criterion"],
    );
}

#[test]
fn a_proof_that_could_not_be_run() {
    let proof = |lines: &str| format!("---\nproof:\n{lines}---\n{GOOD}");
    check(&proof("  tests: [t.py]\n  run: python3 t.py\n"), &[]);
    check(&proof("  from: 002-reproduction\n"), &[]);
    check(&proof("  tests: [t.py]\n"), &["3:3 proof-incomplete"]);
    check(&proof("  run: make\n"), &["3:3 proof-incomplete"]);
    check(
        &proof("  from: x\n  fail_with: Error\n"),
        &["4:3 unknown-key did you mean `fails_with`?"],
    );
    check(
        &proof("  run: make\n  tests: [../t.py]\n  cwd: /tmp\n"),
        &["3:3 proof-outside", "3:3 proof-outside"],
    );
    check(
        &proof("  from: x\n  fails_with: '('\n"),
        &["3:3 proof-pattern"],
    );
    check(
        &format!("---\nstrict: true\ntype: task\n---\n{GOOD}"),
        &["2:9 strict-without-targets"],
    );
    check(
        &format!("---\nproof: {{from: x}}\noutcome: reproducd\n---\n{GOOD}"),
        &["3:10 unknown-outcome did you mean `reproduced`?"],
    );
}
