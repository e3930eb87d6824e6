//! How criteria stand.

use chant_spec::{CheckResult, CriterionState, Document, Waiver, criteria_states, set_block};

const SPEC: &str = "---\nverify:\n  - run: make test\n    name: tests\n  - make lint\nwaived:\n  - {criterion: It is fast, by: Ada, reason: measured by hand}\n  - nonsense\n---\n\n# T\n\n## Acceptance Criteria\n\n- [x] A claim\n- [ ] Not yet\n- [ ] Tests: `tests`\n- [x] `make lint`\n- [ ] It is fast\n- [x] `make other`\n";

fn check(results: &[(&str, bool)], expect: [&str; 6]) {
    let doc = Document::parse(SPEC.into()).unwrap();
    let results: Vec<CheckResult> = results
        .iter()
        .map(|&(run, passed)| CheckResult {
            run: run.to_owned(),
            passed,
        })
        .collect();
    let states: Vec<&str> = criteria_states(&doc, &results)
        .into_iter()
        .map(CriterionState::as_str)
        .collect();
    assert_eq!(states, expect, "{results:?}");
}

#[test]
fn a_check_proves_or_refutes_what_names_it() {
    check(
        &[],
        ["claimed", "open", "open", "claimed", "waived", "claimed"],
    );
    check(
        &[("make test", true), ("make lint", false)],
        ["claimed", "open", "proven", "refuted", "waived", "claimed"],
    );
    check(
        &[("make other", true)],
        ["claimed", "open", "open", "claimed", "waived", "claimed"],
    );
}

#[test]
fn a_waiver_counts_for_its_own_words_alone() {
    let reworded = SPEC.replace("- [ ] It is fast\n", "- [ ] It is very fast\n");
    let doc = Document::parse(reworded.into_bytes()).unwrap();
    assert_eq!(criteria_states(&doc, &[])[4], CriterionState::Open);
}

#[test]
fn waivers_are_written_as_they_are_read() {
    let waivers = vec![
        Waiver {
            criterion: "Tests: `tests`".to_owned(),
            by: "Ada: \"the\" Countess".to_owned(),
            reason: "- not # now".to_owned(),
            at: Some("2026-11-21T10:00:00Z".to_owned()),
        },
        Waiver {
            criterion: "A claim".to_owned(),
            by: "B".to_owned(),
            reason: "r".to_owned(),
            at: None,
        },
    ];
    let doc = Document::parse(SPEC.into()).unwrap();
    let bytes = set_block(&doc, "waived", &Waiver::to_yaml(&waivers)).unwrap();
    let after = Document::parse(bytes).unwrap();
    assert_eq!(after.frontmatter().waived, waivers);
    assert_eq!(after.body(), doc.body());
}
