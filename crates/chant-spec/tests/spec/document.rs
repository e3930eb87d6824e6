//! Fences, titles, and what the settings mean.

use chant_spec::{Ending, Expect, Kind, Stage, Status};

use crate::{doc, refusal};

#[test]
fn titles_and_descriptions() {
    let check = |body: &str, title: Option<&str>, description: &str| {
        let doc = doc(&format!("---\n---\n{body}"));
        assert_eq!(
            (doc.title(), doc.description()),
            (title, description),
            "{body}"
        );
    };
    check("# A `b` *c* [d](e)\n\ntext\n", Some("A b c d"), "text");
    check(
        "```\n# not\n```\n# Yes\nx\n",
        Some("Yes"),
        "```\n# not\n```\n# Yes\nx",
    );
    check("## Two\ntext", None, "## Two\ntext");
    check("Setext\n===\ntext", Some("Setext"), "text");
    check("#\n\n# Second\n", Some("Second"), "#\n\n# Second");
    check("", None, "");
}

#[test]
fn where_the_frontmatter_ends() {
    let check = |text: &str, inside: &str, body: &str| {
        let doc = doc(text);
        assert_eq!(
            (doc.frontmatter_text(), doc.body()),
            (inside, body),
            "{text:?}"
        );
        assert_eq!(doc.bytes(), text.as_bytes());
    };
    check("---\na: 1\n---\nbody\n", "a: 1\n", "body\n");
    check("---\na: 1\n...\nbody", "a: 1\n", "body");
    check("---\r\na: 1\r\n---\r\nbody", "a: 1\r\n", "body");
    check("\u{feff}---\na: 1\n---\nbody", "a: 1\n", "body");
    check("\r\n\n---\na: 1\n---\nbody", "a: 1\n", "body");
    check("---  \r\na: 1\n---", "a: 1\n", "");
    check("---\n---\n", "", "");
    check(
        "---\na: |\n  ---\n  status: x\n---\nbody",
        "a: |\n  ---\n  status: x\n",
        "body",
    );
    check(
        "---\na: 1\n---\n---\nb: 2\n---\n",
        "a: 1\n",
        "---\nb: 2\n---\n",
    );
}

#[test]
fn values_are_read_as_they_were_typed() {
    let doc = doc("---
type: docs
status: 'cancelled'
depends_on: [001, 1e3]
labels: a
target_files:
- x
-
- 'y z'
informed_by: ~
commit: 1234567
commits: [12e4567]
model:
approval: {required: true, status: rejected, by: Ann}
priority: 3
own: {deep: [007, true]}
verify:
- cargo test
- {run: make, expect: fail, repeat: 3, env: {A: 1}}
---
");
    let front = doc.frontmatter();
    assert_eq!(
        (&front.kind, &front.status),
        (&Kind::Documentation, &Status::Cancelled)
    );
    assert_eq!(front.depends_on, ["001", "1e3"]);
    assert_eq!(front.labels, ["a"]);
    assert_eq!(front.target_files, ["x", "y z"]);
    assert!(front.informed_by.is_empty() && front.model.is_none());
    assert_eq!(front.commits, ["12e4567", "1234567"]);
    assert!(
        front
            .approval
            .as_ref()
            .is_some_and(|a| a.required && a.by.as_deref() == Some("Ann"))
    );
    assert_eq!(front.verify[0].run, "cargo test");
    assert_eq!(
        (front.verify[1].expect, front.verify[1].repeat),
        (Expect::Fail, Some(3))
    );
    assert_eq!(front.verify[1].env, [("A".to_owned(), "1".to_owned())]);
    let rest = serde_json::to_string(&front.rest).unwrap();
    assert_eq!(rest, r#"{"own":{"deep":["007",true]}}"#);
    assert_eq!(front.priority, 3);
}

#[test]
fn a_proof_is_read_with_what_it_shows() {
    let text = |head: &str| doc(&format!("---\n{head}\n---\n"));
    let doc = text("type: task\nproof: {tests: t.py, run: make, repeat: 3}\nstrict: true");
    let front = doc.frontmatter();
    let proof = front.proof.as_ref().unwrap();
    assert_eq!(
        (proof.tests.as_slice(), proof.repeat),
        (["t.py".to_owned()].as_slice(), Some(3))
    );
    assert!(front.strict && front.stage() == Stage::Reproduction);
    let stage = |head: &str| text(head).frontmatter().stage();
    assert_eq!(stage("proof: {from: 002}"), Stage::Fix);
    assert_eq!(stage("proof: {stage: reproduction}"), Stage::Reproduction);
    let ending = |word: &str| text(&format!("outcome: {word}")).frontmatter().ending();
    assert_eq!(ending("not-a-bug"), Some(Ending::NotABug));
    assert_eq!((ending("[a]"), ending("other")), (None, None));
}

#[test]
fn a_cancelled_spec_stays_cancelled() {
    let forms = [
        "\u{feff}---\nstatus: cancelled\n---\n",
        "---\n\u{feff}status: cancelled\n---\n",
        "\n\r\n\u{feff}---\r\nstatus: cancelled\r\n---\r\n",
        "---\r\nstatus: \"cancelled\" # why\r\n...\r\n",
        "---\nwas: &w cancelled\nstatus: *w\n---\n",
        "---\n{status: cancelled}\n---\n",
        "---\n\"status\" : cancelled\n---\n",
    ];
    for text in forms {
        assert_eq!(
            doc(text).frontmatter().status,
            Status::Cancelled,
            "{text:?}"
        );
    }
}

#[test]
fn what_cannot_be_used_is_named_with_its_place() {
    let check = |text: &str, expect: &str| assert_eq!(refusal(text.as_bytes()), expect, "{text:?}");
    check("", "1:1 empty-file");
    check("\u{feff}\n \n", "1:1 empty-file");
    check("# Title\n", "1:1 no-frontmatter");
    check("\n\ntext --- \n", "3:1 no-frontmatter");
    check(" ---\na: 1\n---\n", "1:2 no-frontmatter");
    check("---\na: 1\n", "1:1 unclosed-frontmatter");
    check("---", "1:1 unclosed-frontmatter");
    check("---\nstatus: a\nlabels: [b\n---\n", "3:9 invalid-yaml");
    check(
        "---\nstatus: a\nü: 1\nstatus: b\n---\n",
        "4:1 duplicate-key",
    );
    check("---\na: {b: 1, b: 2}\n---\n", "2:11 duplicate-key");
    check("---\nstatus: [a]\n---\n", "2:9 wrong-type");
    check("---\nlabels: [é, {a: 1}]\n---\n", "2:13 wrong-type");
    check("---\napproval: yes\n---\n", "2:11 wrong-type");
    check("---\nverify: [{name: x}]\n---\n", "2:10 wrong-type");
    check(
        "---\nverify: [{run: x, expect: maybe}]\n---\n",
        "2:27 wrong-type",
    );
    check("---\nproof: true\n---\n", "2:8 wrong-type");
    check("---\nproof:\n  tests: [{a: 1}]\n---\n", "3:11 wrong-type");
    check("---\nproof: {repeat: 0}\n---\n", "2:17 wrong-type");
    check("---\nproof: {stage: red}\n---\n", "2:16 wrong-type");
    check("---\nstrict: very\n---\n", "2:9 wrong-type");
    check("---\njust text\n---\n", "2:1 wrong-type");
    check("---\na: 1\n--- \nb: 2\n---\n", "3:1 invalid-yaml");
    check("---\na: *nobody\n---\n", "2:4 invalid-yaml");
    assert_eq!(refusal(b"---\na: 1\n---\nab\xffc\n"), "4:3 invalid-utf8");
}
