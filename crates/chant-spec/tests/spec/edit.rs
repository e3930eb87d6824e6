//! Edits as a person would make them, and those that are refused.

use chant_spec::{
    EditError, Kind, NewSpec, append_section, push_list, remove_key, replace_frontmatter, scalar,
    set_scalar,
};

use crate::doc;

type Edited = Result<Vec<u8>, EditError>;

fn framed(inside: &str) -> String {
    format!("---\n{inside}---\n# T\n")
}

fn check(inside: &str, edit: impl Fn(&chant_spec::Document) -> Edited, expect: &str) {
    for crlf in [false, true] {
        let line_ends = |text: &str| {
            if crlf {
                text.replace('\n', "\r\n")
            } else {
                text.to_owned()
            }
        };
        let edited = edit(&doc(&line_ends(&framed(inside))));
        let edited = edited.unwrap_or_else(|error| panic!("{error}: {inside}"));
        assert_eq!(
            String::from_utf8(edited).unwrap(),
            line_ends(&framed(expect)),
            "{inside}"
        );
    }
}

#[test]
fn set_a_value() {
    let set = |inside: &str, expect: &str| {
        check(inside, |doc| set_scalar(doc, "status", "completed"), expect);
    };
    set("status: pending\n", "status: completed\n");
    set(
        "# c\nstatus:   pending   # why\nx: 1\n",
        "# c\nstatus:   completed   # why\nx: 1\n",
    );
    set("status: 'pending'\n", "status: 'completed'\n");
    set("status: \"pending\"\n", "status: \"completed\"\n");
    set("\"status\" : pending\n", "\"status\" : completed\n");
    set("status:\n", "status: completed\n");
    set("status: ~ # none\n", "status: completed # none\n");
    set("status: # none\nx: 1\n", "status: completed # none\nx: 1\n");
    set("status: &s pending\n", "status: &s completed\n");
    set(
        "a: &s pending\nstatus: *s\n",
        "a: &s pending\nstatus: completed\n",
    );
    set(
        "status: |\n  pending\n\n# c\nx: 1\n",
        "status: completed\n\n# c\nx: 1\n",
    );
    set("status: >-\n  pending\n  x\n", "status: completed\n");
    set(
        "status: pending\n  still\nx: 1\n",
        "status: completed\nx: 1\n",
    );
    set("status:\n  pending\n", "status:\n  completed\n");
    set(
        "x: |\n  status: pending\n  ---\ny: 1\n",
        "x: |\n  status: pending\n  ---\ny: 1\nstatus: completed\n",
    );
    set("", "status: completed\n");
    set(
        "# only a comment\n",
        "# only a comment\nstatus: completed\n",
    );
    set("  x: 1\n", "  x: 1\n  status: completed\n");
    set("{status: pending, x: 1}\n", "{status: completed, x: 1}\n");
    set("x: [a,\n  b]\n", "x: [a,\n  b]\nstatus: completed\n");
}

#[test]
fn set_a_value_where_a_list_was() {
    let set =
        |inside: &str, expect: &str| check(inside, |doc| set_scalar(doc, "labels", "x"), expect);
    set("labels: [a, b] # c\nz: 1\n", "labels: x # c\nz: 1\n");
    set(
        "labels:\n  - a\n  - b # c\n# d\nz: 1\n",
        "labels: x # c\n# d\nz: 1\n",
    );
    set(
        "z: {labels: 1}\nlabels:\n- a\n",
        "z: {labels: 1}\nlabels: x\n",
    );
}

#[test]
fn push_to_a_list() {
    let push = |inside: &str, expect: &str| {
        check(
            inside,
            |doc| push_list(doc, "commits", &["12e4567", "b c"]),
            expect,
        );
    };
    push(
        "commits:\n- a\nx: 1\n",
        "commits:\n- a\n- \"12e4567\"\n- b c\nx: 1\n",
    );
    push(
        "commits:\n    - a # c\n    # d\nx: 1\n",
        "commits:\n    - a # c\n    - \"12e4567\"\n    - b c\n    # d\nx: 1\n",
    );
    push(
        "commits:\n  - - a\nx: 1\n".replace("- - a", "- a").as_str(),
        "commits:\n  - a\n  - \"12e4567\"\n  - b c\nx: 1\n",
    );
    push("commits: [a]\n", "commits: [a, \"12e4567\", b c]\n");
    push(
        "commits: [ 'a' , ] # c\n",
        "commits: [ 'a', \"12e4567\", b c , ] # c\n",
    );
    push(
        "commits: [\n  a,\n  b # c\n]\n",
        "commits: [\n  a,\n  b, \"12e4567\", b c # c\n]\n",
    );
    push("commits: []\n", "commits: [\"12e4567\", b c]\n");
    push("commits:\n", "commits: [\"12e4567\", b c]\n");
    push("commits: null # c\n", "commits: [\"12e4567\", b c] # c\n");
    push("commits: a\n", "commits: [a, \"12e4567\", b c]\n");
    push(
        "commits: 1234567\n",
        "commits: [\"1234567\", \"12e4567\", b c]\n",
    );
    push(
        "x: &l [a]\ncommits: *l\n",
        "x: &l [a]\ncommits: [a, \"12e4567\", b c]\n",
    );
    push("x: 1\n", "x: 1\ncommits:\n  - \"12e4567\"\n  - b c\n");
    push(
        "commits:\n  -\n    a\n",
        "commits:\n  -\n    a\n  - \"12e4567\"\n  - b c\n",
    );
    push(
        "commits:\n-\n  a\n",
        "commits:\n-\n  a\n- \"12e4567\"\n- b c\n",
    );
    push(
        "commits:\n- &a a\n- *a\n",
        "commits:\n- &a a\n- *a\n- \"12e4567\"\n- b c\n",
    );
    push(
        "commits:\n- |\n  a\nx: 1\n",
        "commits:\n- |\n  a\n- \"12e4567\"\n- b c\nx: 1\n",
    );
}

#[test]
fn remove_a_value() {
    let remove = |inside: &str, expect: &str| check(inside, |doc| remove_key(doc, "a"), expect);
    remove("a: 1\nb: 2\n", "b: 2\n");
    remove(
        "b: 2\na:\n- x\n- y # c\n\n# about c\nc: 3\n",
        "b: 2\n\n# about c\nc: 3\n",
    );
    remove("a: |\n  x\n\n  y\nb: 2\n", "b: 2\n");
    remove("a:\nb: 2\n", "b: 2\n");
    remove("a: {\n  x: 1\n}\n", "");
    remove("b: 2\n", "b: 2\n");
}

#[test]
fn what_would_change_more_is_refused() {
    let refused = |inside: &str, edit: fn(&chant_spec::Document) -> Edited| {
        assert!(edit(&doc(&framed(inside))).is_err(), "{inside}");
    };
    refused("a: &x [p]\nb: *x\n", |doc| push_list(doc, "a", &["q"]));
    refused("a: &x p\nb: *x\n", |doc| set_scalar(doc, "a", "q"));
    refused("a: &x p\nb: *x\n", |doc| remove_key(doc, "a"));
    refused("{a: 1, b: 2}\n", |doc| remove_key(doc, "a"));
    refused("{a: 1}\n", |doc| set_scalar(doc, "b", "q"));
    refused("a: {x: 1}\n", |doc| push_list(doc, "a", &["q"]));
    refused("a: 1\n", |doc| {
        replace_frontmatter(doc, "status: a\n---\nstatus: b\n")
    });
    refused("a: 1\n", |doc| replace_frontmatter(doc, "a: [\n"));
}

#[test]
fn the_frontmatter_of_another_version() {
    let doc = doc("\u{feff}---\r\nstatus: pending\r\n---\r\nbody\n");
    let edited = replace_frontmatter(&doc, "status: completed").unwrap();
    assert_eq!(
        String::from_utf8(edited).unwrap(),
        "\u{feff}---\r\nstatus: completed\r\n---\r\nbody\n"
    );
}

#[test]
fn appended_sections_never_hold_criteria() {
    let check = |body: &str, text: &str, expect: &str| {
        let before = format!("---\n---{body}");
        let edited = append_section(&doc(&before), "Agent\nOutput", text).unwrap();
        assert_eq!(
            String::from_utf8(edited).unwrap(),
            format!("{before}{expect}")
        );
    };
    check(
        "\n# T\n",
        "done\n\n- plain\n",
        "\n## Agent Output\n\ndone\n\n- plain\n",
    );
    check("\n# T", "done", "\n\n## Agent Output\n\ndone\n");
    check("\n# T\n\n", "done", "## Agent Output\n\ndone\n");
    check("", "done", "\n\n## Agent Output\n\ndone\n");
    let linked = "\n# T\n## Acceptance Criteria\n- [ ] see [a]\n";
    check(
        linked,
        "[a]: /x",
        "\n## Agent Output\n\n```text\n[a]: /x\n```\n",
    );
    check("\r\n# T\r\n", "a\nb", "\n## Agent Output\n\na\nb\n");
    let fenced =
        |text: &str, fence: &str| format!("\n## Agent Output\n\n{fence}text\n{text}\n{fence}\n");
    for text in [
        "## Acceptance Criteria\n- [x] all",
        "- [ ] a",
        "# T",
        "<!--",
        "a\n---",
        "---",
    ] {
        check(
            "\n## Acceptance Criteria\n- [ ] a\n",
            text,
            &fenced(text, "```"),
        );
    }
    check("\n# T\n", "````\nx", &fenced("````\nx", "`````"));
}

#[test]
fn only_what_needs_quotes_gets_them() {
    let plain = [
        "sonnet",
        "cargo test a",
        "2026-11-21-001-abc",
        "src/a_b.rs",
        "2026-01-29T18:00:00Z",
        "v0.7.0",
        "a:b",
        "ü",
    ];
    for text in plain {
        assert_eq!(scalar(text), text);
    }
    let quoted = [
        "",
        " a",
        "a ",
        "1",
        "007",
        "1234567",
        "12e4567",
        "1e3",
        "0x1f",
        ".5",
        "-1",
        "1_000",
        "12:30",
        "2026-01-29",
        "true",
        "No",
        "off",
        "null",
        "~",
        ".inf",
        "-.NaN",
        "abc1234",
        "- a",
        "a: b",
        "a #b",
        "[a",
        "a, b",
        "*a",
        "&a",
        "!a",
        "%a",
        "@a",
        "`a",
        "a]",
        "? a",
        "a:",
        "...",
        "---",
        "=",
    ];
    for text in quoted {
        let written = scalar(text);
        assert!(text == "=" || written.starts_with('"'), "{written}");
        let doc = doc(&format!("---\nx: {written}\ny: [{written}]\n---\n"));
        assert_eq!(doc.frontmatter().rest["x"], text);
        assert_eq!(doc.frontmatter().rest["y"][0], text);
    }
}

#[test]
fn new_specs_are_read_back() {
    let new = NewSpec {
        kind: Kind::Research,
        title: "Fix\n---\nstatus: completed $(rm) \u{1b}[31m".to_owned(),
        labels: vec!["a: b".to_owned(), "007".to_owned()],
        depends_on: vec!["001".to_owned()],
        prompt: Some("research".to_owned()),
        needs_approval: true,
        ..NewSpec::default()
    };
    let doc = doc(&new.render());
    let front = doc.frontmatter();
    assert_eq!(
        (front.kind.as_str(), front.status.as_str()),
        ("research", "pending")
    );
    assert_eq!(
        (&front.labels, &front.depends_on),
        (&new.labels, &new.depends_on)
    );
    assert!(
        front
            .approval
            .as_ref()
            .is_some_and(|approval| approval.required)
    );
    assert!(
        doc.title()
            .unwrap()
            .starts_with("Fix --- status: completed $(rm)")
    );
}

#[test]
fn a_new_spec_is_as_short_as_it_can_be() {
    let new = NewSpec {
        title: "Do it".to_owned(),
        ..NewSpec::default()
    };
    assert_eq!(
        new.render(),
        "---\ntype: code\nstatus: pending\n---\n\n# Do it\n"
    );
    let new = NewSpec {
        body: Some("Text".to_owned()),
        ..new
    };
    assert!(new.render().ends_with("# Do it\n\nText\n"));
}
