//! Entries that hold more than one value, and what a spec asks for apart from its record.

use chant_spec::{
    Approval, Document, Objects, criteria_text, intent, push_list, set_block, set_checked,
    set_scalar,
};
use proptest::prelude::*;

use crate::doc;

const APPROVED: &str = "required: true\nstatus: approved\nby: Ada";

/// The edited frontmatter, for both line ends, with and without a byte-order mark.
fn check(inside: &str, value: &str, expect: &str) {
    for (bom, crlf) in [("", false), ("\u{feff}", true)] {
        let framed = |inside: &str| {
            let text = format!("{bom}---\n{inside}---\n# T\n\n- [ ] a\n");
            if crlf {
                text.replace('\n', "\r\n")
            } else {
                text
            }
        };
        let edited = set_block(&doc(&framed(inside)), "entry", value);
        let edited = edited.unwrap_or_else(|error| panic!("{error}: {inside}"));
        assert_eq!(String::from_utf8(edited).unwrap(), framed(expect));
    }
}

#[test]
fn a_new_entry() {
    check(
        "status: pending\n",
        APPROVED,
        "status: pending\nentry:\n  required: true\n  status: approved\n  by: Ada\n",
    );
    check(
        "  status: pending # why\n",
        "[a, b]",
        "  status: pending # why\n  entry: [a, b]\n",
    );
    check("", "- a\n- b: c", "entry:\n  - a\n  - b: c\n");
    check("# none\n", "x", "# none\nentry: x\n");
}

#[test]
fn only_what_changes_is_touched() {
    check(
        "a: 1\nentry: # ask Ada\n    required: true   # policy\n    # not yet\n    status: pending # since May\nz: [a,\n  b]\n",
        APPROVED,
        "a: 1\nentry: # ask Ada\n    required: true   # policy\n    # not yet\n    status: approved # since May\n    by: Ada\nz: [a,\n  b]\n",
    );
    check(
        "entry:\n  required: true\n  status: rejected\n  reason: |\n    too\n    long\n\n  by: Ada\n",
        APPROVED,
        "entry:\n  required: true\n  status: approved\n\n  by: Ada\n",
    );
    let other_order = "entry:\n  status: approved\n  by: Ada\n  required: true\n# about z\nz: 1\n";
    check(other_order, APPROVED, other_order);
}

#[test]
fn another_notation_gives_way() {
    let block = "entry:\n  required: true\n  status: approved\n  by: Ada\n";
    for old in [
        "entry: {required: true, status: pending}\n",
        "entry:\n",
        "entry: ~\n",
        "entry: yes\n",
        "entry:\n- a\n- b\n",
        "entry: |\n  a\n\n  b\n",
        "entry: {\n  required: true\n}\n",
    ] {
        check(&format!("{old}z: 1\n"), APPROVED, &format!("{block}z: 1\n"));
    }
    check(
        "entry: {required: true} # ask Ada\n",
        APPROVED,
        &block.replace("entry:", "entry: # ask Ada"),
    );
    check("entry: [a] # c\n", "{x: 1}", "entry: {x: 1} # c\n");
}

#[test]
fn a_signature_of_several_lines() {
    let value = "status: approved\nsignature: |\n  -----BEGIN\n  a b\n  -----END";
    check(
        "entry:\n  status: pending\n  objects: {spec: a}\nz: 1\n",
        value,
        "entry:\n  status: approved\n  signature: |\n    -----BEGIN\n    a b\n    -----END\nz: 1\n",
    );
}

#[test]
fn what_would_change_more_is_refused() {
    let refused = |inside: &str, value: &str| {
        let document = doc(&format!("---\n{inside}---\n"));
        assert!(set_block(&document, "entry", value).is_err(), "{inside}");
    };
    refused("entry: &a {x: 1}\nz: *a\n", "y: 1");
    refused("{status: pending}\n", "y: 1\nz: 2");
    refused("", "a: [");
    refused("", "a: 1\n---\nb: 2");
}

#[test]
fn an_approval_is_read_back() {
    let approval = Approval {
        required: true,
        status: Some("approved".to_owned()),
        by: Some("Ada: \"the\" first".to_owned()),
        at: Some("2026-11-21T10:00:00Z".to_owned()),
        reason: None,
        objects: Some(Objects {
            spec: "0123456789".to_owned(),
            criteria: "1e5".to_owned(),
            tree: Some("abc1234".to_owned()),
        }),
        signature: Some("-----BEGIN\na\n-----END\n".to_owned()),
    };
    let before = doc("---\napproval: {required: true}\n---\n");
    let after = Document::parse(set_block(&before, "approval", &approval.to_yaml()).unwrap());
    assert_eq!(after.unwrap().frontmatter().approval, Some(approval));
}

#[test]
fn record_is_no_part_of_the_intent() {
    let plain = "---\ntype: code\nlabels: [a]\n---\n\n# T\n\n## Acceptance Criteria\n\n- [ ] a `b`\n  - [ ] c\n";
    let recorded = "---\ntype: code\nstatus: completed # done\nlabels: [a]\napproval:\n  required: true\n  # why\n  status: approved\ncommits:\n- a\ncompleted_at: x\nwaived:\n  - {criterion: a}\noutcome: |\n  reproduced\n---\n\n# T\n\n## Acceptance Criteria\n\n- [x] a `b`\n  - [X] c\n";
    let wanted = plain.replace("[ ]", "[]");
    for text in [plain, recorded] {
        for text in [text.to_owned(), text.replace('\n', "\r\n")] {
            assert_eq!(String::from_utf8(intent(&doc(&text))).unwrap(), wanted);
            assert_eq!(criteria_text(&doc(&text)), "- a `b`\n  - c\n");
        }
    }
    let flow = doc("---\n{type: code, status: pending}\n---\n");
    let done = Document::parse(set_scalar(&flow, "status", "completed").unwrap()).unwrap();
    assert_eq!(intent(&flow), intent(&done));
    for changed in [
        plain.replace("code", "task"),
        plain.replace("# T", "# U"),
        plain.replace("c\n", "d\n"),
        plain.replace("[a]", "[a] # b"),
    ] {
        assert_ne!(intent(&doc(&changed)), intent(&doc(plain)), "{changed}");
    }
}

const ENTRIES: &[&str] = &[
    "# a comment\n",
    "\n",
    "labels: [a, b] # c\n",
    "text: |\n  entry:\n    status: x\n",
    "nested:\n  entry: 1\n",
    "url: http://x/y#z\n",
    "anchor: &anchor [1, 2]\nuse: *anchor\n",
    "status: pending\n",
    "plain: more than\n  one line\n",
];

const OLD: &[&str] = &[
    "",
    "entry:\n",
    "entry: {required: true} # c\n",
    "entry:\n  required: true # c\n  # d\n  status: pending\n",
    "entry:\n    status: 'pending'\n    mine: |\n      x\n\n",
    "\"entry\" : yes\n",
    "entry:\n- a\n",
    "entry: [\n  a\n]\n",
];

const NEW: &[&str] = &[
    APPROVED,
    "{status: approved}",
    "[a, b]",
    "- a\n- b: c\n  d: e",
    "x",
    "status: approved\nsignature: |\n  a\n  b\nmine: 1",
    "mine:\n  deep:\n  - {a: b}\nstatus: \"x\"",
];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn every_other_byte_stays(
        fill in proptest::sample::subsequence((0..ENTRIES.len()).collect::<Vec<_>>(), 0..6).prop_shuffle(),
        old in proptest::sample::select(OLD), new in proptest::sample::select(NEW),
        cut in 0..6usize, crlf in any::<bool>(), bom in any::<bool>(),
    ) {
        let line_ends = |text: String| if crlf { text.replace('\n', "\r\n") } else { text };
        let cut = cut.min(fill.len());
        let part = |range: &[usize]| range.iter().map(|&i| ENTRIES[i]).collect::<String>();
        let head = line_ends(format!("{}---\n{}", if bom { "\u{feff}" } else { "" }, part(&fill[..cut])));
        let tail = line_ends(format!("{}---\n# T\n\n## Acceptance Criteria\n- [ ] a", part(&fill[cut..])));
        let text = [&head, &line_ends(old.to_owned()), &tail].map(String::as_str).concat();
        let before = Document::parse(text.into_bytes()).unwrap();
        let edited = set_block(&before, "entry", new).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let edited = String::from_utf8(edited).unwrap();
        let after = Document::parse(edited.clone().into_bytes()).unwrap();
        prop_assert!(edited.starts_with(&head));
        if old.is_empty() {
            prop_assert!(edited.contains(&line_ends(part(&fill[cut..]))));
        } else {
            prop_assert!(edited.ends_with(&tail), "{}", edited);
        }
        let again = set_block(&after, "entry", new).unwrap();
        prop_assert_eq!(String::from_utf8(again).unwrap(), edited);
        let approved = set_block(&after, "approval", APPROVED).unwrap();
        for bytes in [approved, set_scalar(&after, "status", "completed").unwrap(), push_list(&after, "commits", &["a"]).unwrap(), set_checked(&after, 0, true).unwrap()] {
            prop_assert_eq!(intent(&Document::parse(bytes).unwrap()), intent(&after));
        }
    }
}

#[test]
fn entries_of_a_section_that_grows() {
    let check = |body: &str, expect: &str| {
        let before = doc(&format!("---\n---\n{body}"));
        let after =
            chant_spec::append_entry(&before, "Approval Discussion", "Ada\nagrees").unwrap();
        let expect = format!("---\n---\n{body}{expect}");
        assert_eq!(String::from_utf8(after).unwrap(), expect);
    };
    check("# T\n", "\n## Approval Discussion\n\n- Ada agrees\n");
    let section = "# T\n\n## Approval Discussion\n\n- Ben disagrees";
    check(&format!("{section}\n"), "- Ada agrees\n");
    check(section, "\n- Ada agrees\n");
    check(
        &format!("{section}\n\n## More\n"),
        "\n## Approval Discussion\n\n- Ada agrees\n",
    );
}
