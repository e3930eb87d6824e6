//! Input made to hurt: each is refused or read, in linear time, without a panic.

use crate::{doc, refusal};

fn framed(inside: &str) -> Vec<u8> {
    format!("---\n{inside}\n---\n").into_bytes()
}

#[test]
fn deep_nesting_is_refused() {
    for unit in [
        "[", "{", "[[", "{a: ", "- ", "? ", "[{", "a: [", "!!x [", "&a [",
    ] {
        let text = unit.repeat(160 * 1024 / unit.len());
        assert_eq!(
            refusal(&framed(&text)).rsplit_once(' ').unwrap().1,
            "invalid-yaml",
            "{unit}"
        );
        assert_eq!(
            refusal(&framed(&format!("status: {text}")))
                .rsplit_once(' ')
                .unwrap()
                .1,
            "invalid-yaml",
            "{unit}"
        );
    }
    let steps: String = (0..500)
        .map(|depth| format!("{}a:\n", " ".repeat(depth)))
        .collect();
    assert_eq!(
        refusal(&framed(&steps)).rsplit_once(' ').unwrap().1,
        "invalid-yaml"
    );
}

#[test]
fn long_but_flat_is_read() {
    let list = format!("labels: [{}]", "a, ".repeat(50_000));
    assert_eq!(
        doc(&String::from_utf8(framed(&list)).unwrap())
            .frontmatter()
            .labels
            .len(),
        50_000
    );
    let comments = "# x\n".repeat(50_000);
    doc(&String::from_utf8(framed(&comments)).unwrap());
    let keys: String = (0..20_000).map(|n| format!("k{n}: v\n")).collect();
    doc(&String::from_utf8(framed(&keys)).unwrap());
}

#[test]
fn aliases_cannot_explode() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for n in 1..12 {
        let before = n - 1;
        let line = format!(
            "a{n}: &a{n} [{}]\n",
            vec![format!("*a{before}"); 9].join(", ")
        );
        text.push_str(&line);
    }
    assert_eq!(
        refusal(&framed(&text)).rsplit_once(' ').unwrap().1,
        "invalid-yaml"
    );
    assert_eq!(
        refusal(&framed("a: &a [*a]")).rsplit_once(' ').unwrap().1,
        "invalid-yaml"
    );
}

#[test]
fn odd_bytes() {
    assert_eq!(
        refusal(b"---\nstatus: pending\n\0\nstatus: cancelled\n---\n"),
        "3:1 invalid-yaml"
    );
    assert_eq!(refusal(b"\xef\xbb\xbf"), "1:1 empty-file");
    assert_eq!(refusal(b"\0"), "1:1 no-frontmatter");
    assert_eq!(
        refusal(b"---\rstatus: pending\r---\rbody\r"),
        "1:1 no-frontmatter"
    );
    assert_eq!(refusal(b"\xff\xfe-\0-\0-\0"), "1:1 invalid-utf8");
    assert_eq!(
        refusal(b"---\n%YAML 1.2\n---\n")
            .rsplit_once(' ')
            .unwrap()
            .1,
        "invalid-yaml"
    );
    assert!(
        doc("---\n---\nbody with \0 and \u{1b}[31m\n")
            .title()
            .is_none()
    );
}

#[test]
fn a_large_body_is_read() {
    let lines = "- [ ] a line of *text* with `code` and [a](b)\n".repeat(10 * 1024 * 1024 / 46);
    let doc = doc(&format!("---\n---\n# T\n## Acceptance Criteria\n{lines}"));
    assert!(doc.criteria().len() > 200_000);
}

#[test]
fn bodies_made_to_hurt_markdown() {
    for unit in [
        "> ", "- ", "[", "*a ", "`", "![", "<", "# ", "~~~\n", "[a](", "|", "1. ",
    ] {
        let text = format!("---\n---\n{}", unit.repeat(20_000));
        let _ = (doc(&text).title(), doc(&text).criteria().len());
    }
}

#[test]
fn aliases_of_long_texts_cannot_explode() {
    let text = format!(
        "a: &a {}\nlabels: [{}]",
        "x".repeat(100_000),
        "*a, ".repeat(10_000)
    );
    assert_eq!(refusal(&framed(&text)), "3:50 invalid-yaml");
}

#[test]
fn many_findings_are_bounded() {
    let wrong = format!("labels: [{}]", "{a: 1}, ".repeat(50_000));
    let errors = chant_spec::Document::parse(framed(&wrong)).unwrap_err();
    assert_eq!(errors.iter().count(), 20);
    let keys: String = (0..50_000).map(|n| format!("unknown{n}: v\n")).collect();
    let items = "- [ ] same\n".repeat(50_000);
    let many = doc(&format!(
        "---\n{keys}---\n# T\n## Acceptance Criteria\n{items}"
    ));
    assert!(chant_spec::lint::lint(&many).len() <= 110);
}
