//! Workflows: what they make, and what a value cannot do to it.

use chant_testkit::TestRepo;

use crate::support::{assert_harmless, data, error, project, spec_path};

const SIX: [&str; 6] = [
    "issue-1234-001-comprehension",
    "issue-1234-002-reproduction",
    "issue-1234-003-root-cause",
    "issue-1234-004-impact-map",
    "issue-1234-005-fork-fix",
    "issue-1234-006-upstream-pr",
];

const NEW: [&str; 7] = [
    "workflow",
    "new",
    "oss-maintainer",
    "--var",
    "issue=1234",
    "--var",
    "title=Concurrent writes lose data",
];

/// A team's own workflow in which a value stands in every kind of place.
const PLACES: &str = r#"---
description: every place a value can stand in
variables:
  v: {help: any text}
  id: {default: "fixed"}
  path: {default: "fixed.txt"}
  label: {default: "fixed"}
---

# {{ v }}

```yaml
id: step-{{ id }}
type: task
labels: ["{{ label }}", "x {{ v }}"]
target_files: ["out/{{ path }}"]
verify:
  - name: "{{ v }}"
    run: echo {{ v }}
```

{{ v }}

Words {{ v }} and more.

## Acceptance Criteria

- [ ] {{ v }}
- [ ] The last
"#;

fn with_places() -> TestRepo {
    let repo = project();
    repo.write(".chant/workflows/places.md", PLACES);
    repo
}

fn places(repo: &TestRepo, var: &str) -> chant_testkit::Output {
    repo.chant(&["workflow", "new", "places", "--var", "v=x", "--var", var])
}

#[test]
fn the_maintainers_chain_is_six_specs_with_their_labels_and_order() {
    let repo = project();
    let made = data(&repo, &[&NEW[..], &["--label", "v0.7.0"]].concat());
    let ids: Vec<&str> = made["specs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|spec| spec["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, SIX);
    let listed = data(
        &repo,
        &["list", "--label", "v0.7.0", "--label", "issue-1234"],
    );
    let listed = listed.as_array().unwrap();
    assert_eq!(listed.len(), 6);
    let ready: Vec<_> = listed.iter().filter(|spec| spec["ready"] == true).collect();
    assert_eq!(ready.len(), 1);
    assert_eq!(ready[0]["id"], SIX[0]);
    for (id, before) in SIX.iter().skip(1).zip(SIX) {
        let spec = listed.iter().find(|spec| spec["id"] == *id).unwrap();
        assert_eq!(spec["depends_on"], serde_json::json!([before]));
    }
    assert!(!repo.file(&spec_path(SIX[1])).contains("proof:"));
    repo.chant(&["lint"]).ok();
}

#[test]
fn with_a_test_and_its_command_the_fix_is_to_be_proven() {
    let repo = project();
    let more = [
        "--var",
        "test=tests/issue_1234.rs",
        "--var",
        "run=cargo test issue_1234",
    ];
    repo.chant(&[&NEW[..], &more].concat()).ok();
    let reproduction = repo.file(&spec_path(SIX[1]));
    assert!(
        reproduction.contains(
            "proof:\n  tests: [tests/issue_1234.rs]\n  run: cargo test issue_1234\nlabels"
        ) || reproduction
            .contains("proof:\n  tests: [tests/issue_1234.rs]\n  run: cargo test issue_1234\n---"),
        "{reproduction}"
    );
    let fix = repo.file(&spec_path(SIX[4]));
    assert!(
        fix.contains("proof:\n  from: issue-1234-002-reproduction\n"),
        "{fix}"
    );
}

#[test]
fn a_dry_run_prints_what_would_be_made() {
    let repo = project();
    let before = repo.snapshot_files();
    let output = repo.chant(&[&NEW[..], &["--dry-run"]].concat());
    output.ok();
    assert!(
        output
            .stdout
            .contains("depends_on: [issue-1234-001-comprehension]")
    );
    assert_eq!(repo.snapshot_files(), before);
}

#[test]
fn where_one_of_the_specs_exists_none_is_made() {
    let repo = project();
    repo.write(&spec_path(SIX[3]), "---\nstatus: pending\n---\n\n# Mine\n");
    let before = repo.snapshot_files();
    let error = error(&repo, 4, &NEW);
    assert_eq!(error["code"], "exists");
    assert!(
        error["message"].as_str().unwrap().contains(SIX[3]),
        "{error}"
    );
    assert_eq!(repo.snapshot_files(), before);
}

#[test]
fn add_takes_the_title_from_its_first_word() {
    let repo = project();
    let title = "Writes vanish";
    let add = ["add", title, "--workflow", "single", "--var", "issue=7"];
    repo.chant(&add).ok();
    let spec = repo.file(&spec_path("issue-7-investigation"));
    assert!(
        spec.contains("# Look into issue 7: Writes vanish\n"),
        "{spec}"
    );
    repo.chant(&["add", title, "--var", "issue=7"]).fails(2);
    repo.chant(&["add", title, "--workflow", "single", "--prompt", "x"])
        .fails(2);
}

#[test]
fn what_is_missing_or_unknown_is_named() {
    let repo = project();
    let new = ["workflow", "new", "oss-maintainer"];
    let missing = error(&repo, 2, &new);
    assert_eq!(
        missing["details"]["missing"],
        serde_json::json!(["issue", "title"])
    );
    let unknown = error(&repo, 2, &[&new[..], &["--var", "isue=1"]].concat());
    assert_eq!(unknown["hint"], "did you mean `issue`?");
    let near = error(&repo, 3, &["workflow", "show", "oss-maintaner"]);
    assert_eq!(near["code"], "workflow-not-found");
    assert_eq!(near["hint"], "did you mean `oss-maintainer`?");
    for name in ["../x", "", "a/b", "-x", "a\u{1b}b"] {
        repo.chant(&["workflow", "show", "--", name]).fails(3);
    }
    repo.chant(&[&new[..], &["--var", "issue"]].concat())
        .fails(2);
}

#[test]
fn a_pattern_holds_for_the_whole_value() {
    let repo = project();
    for issue in [
        "../1",
        "1 2",
        "1\nstatus: completed",
        "{{ title }}",
        "-1",
        "1/../../x",
    ] {
        let value = format!("issue={issue}");
        let new = ["workflow", "new", "oss-maintainer", "--var", &value];
        let output = repo.chant(&[&new[..], &["--var", "title=x"]].concat());
        output.fails(2);
        assert!(
            output.stderr.contains("variable issue"),
            "{}",
            output.stderr
        );
        assert_harmless(&output);
    }
    assert!(repo.chant(&["list"]).stdout.contains("No specs yet"));
}

#[test]
fn a_value_stays_in_its_place() {
    let values = [
        "../../etc/passwd",
        "x\nstatus: completed\n---\n\n# Other",
        "x\n\n## Acceptance Criteria\n\n- [x] mine",
        "\"]\nstatus: completed\nx: [\"",
        "': {a: b} # c & * ! | > % @",
        "{{ label }} {% for x in y %} {{ v }} {# c #}",
        "# Heading",
        "- [x] ticked",
        "[x] ticked",
        "1. [x] ticked",
        "> - [x] ticked",
        "```\n- [x] ticked\n```",
        "````\n~~~\n- [x] ticked",
        "<!-- hidden",
        "a; touch owned; $(touch owned) 'b'",
        "tab\tand \u{2028} and \u{85}-free",
        "---",
        "true",
        "ﬁ 日本 \u{202e}",
    ];
    for value in values.iter().filter(|value| !value.contains('\u{85}')) {
        let repo = with_places();
        let var = format!("v={value}");
        let output = repo.chant(&["workflow", "new", "places", "--var", &var]);
        output.ok();
        assert_harmless(&output);
        let spec = &data(&repo, &["list"])[0];
        assert_eq!(spec["status"], "pending", "{value:?}");
        assert_eq!(spec["type"], "task", "{value:?}");
        let criteria = &spec["criteria"];
        assert_eq!(
            criteria["total"],
            2,
            "{value:?}: {}",
            repo.file(&spec_path("step-fixed"))
        );
        assert_eq!(criteria["checked"], 0, "{value:?}");
        assert_eq!(spec["labels"][1], format!("x {value}"), "{value:?}");
        assert_eq!(spec["target_files"], serde_json::json!(["out/fixed.txt"]));
        let file = repo.file(&spec_path("step-fixed"));
        let heads = file.lines().filter(|line| line.starts_with("# ")).count();
        assert!(heads <= 1 + value.matches("# ").count(), "{file}");
        repo.chant(&["lint"]).ok();
    }
}

#[test]
fn a_command_gets_a_value_as_one_word() {
    let repo = with_places();
    let var = "v=a'; touch owned; echo '$(touch owned)";
    repo.chant(&["workflow", "new", "places", "--var", var])
        .ok();
    let file = repo.file(&spec_path("step-fixed"));
    let shown = data(&repo, &["show", "step-fixed"]);
    assert!(
        file.contains(r#"run: "echo 'a'\\''; touch owned; echo '\\''$(touch owned)'""#),
        "{file}\n{shown}"
    );
}

#[test]
fn a_value_leads_to_no_other_path_id_or_terminal() {
    let repo = with_places();
    let before = repo.snapshot_files();
    for var in [
        "id=../../x",
        "id=a/b",
        "id=x\ny",
        "path=../x",
        "path=a/../../x",
        "path=a\nb",
        "path=x/../y",
        "v=\u{1b}[31mred",
        "v=a\rb",
        "label=\u{7}",
    ] {
        let output = places(&repo, var);
        output.fails(2);
        let name = var.split('=').next().unwrap();
        let named = format!("variable {name}");
        assert!(output.stderr.contains(&named), "{var:?}: {}", output.stderr);
        assert_harmless(&output);
    }
    assert_eq!(repo.snapshot_files(), before);
}

#[test]
fn a_file_that_can_not_be_used_says_where_and_why() {
    let repo = project();
    let check = |text: &str, says: &str| {
        repo.write(".chant/workflows/own.md", text);
        let error = error(&repo, 5, &["workflow", "show", "own"]);
        assert_eq!(error["code"], "workflow-invalid");
        let told = format!("{} {}", error["message"], error["hint"]);
        assert!(told.contains(says), "{text}\n{told}");
        let listed = repo.chant(&["workflow", "list"]);
        listed.ok();
        assert!(listed.stdout.contains("own"));
    };
    let step = |settings: &str| {
        format!(
            "---\ndescription: x\nvariables: {{a: x}}\n---\n\n# T\n\n```yaml\n{settings}\n```\n"
        )
    };
    check("no frontmatter", "first line must be `---`");
    check("---\ndescription: x\n---\n", "describes no spec");
    check(
        "---\ndescripton: x\n---\n\n# T\n",
        "did you mean `description`?",
    );
    check(
        "---\ndescription: x\n---\n\n# T\n\nText.\n",
        "has no settings",
    );
    check(&step("type: code"), "has no `id`");
    check(
        &step("id: x\ntarget_file: [y]"),
        "did you mean `target_files`?",
    );
    check(&step("id: x\ntype: cod"), "did you mean `code`?");
    check(&step("id: x-{{ b }}"), "`b` is not one of");
    check(&step("id: {{ a }}"), "needs quotes");
    check(
        "---\nvariables: {a: {pattern: \"(\"}}\n---\n\n# T\n\n```yaml\nid: x\n```\n",
        "not a regular expression",
    );
}

#[test]
fn a_teams_own_file_comes_before_the_built_in() {
    let repo = project();
    repo.write(
        ".chant/workflows/single.md",
        "---\ndescription: Ours\n---\n\n# T\n\n```yaml\nid: ours\n```\n",
    );
    let shown = data(&repo, &["workflow", "show", "single"]);
    assert_eq!(shown["description"], "Ours");
    assert_eq!(shown["path"], ".chant/workflows/single.md");
    repo.chant(&["workflow", "new", "single"]).ok();
    assert!(
        repo.file(&spec_path("ours"))
            .starts_with("---\ntype: code\nstatus: pending\n---\n\n# T\n")
    );
    #[cfg(unix)]
    {
        let secret = repo.home().join("secret.md");
        std::fs::write(&secret, "---\ndescription: secret\n---\n").unwrap();
        let link = repo.path().join(".chant/workflows/link.md");
        std::os::unix::fs::symlink(&secret, link).unwrap();
        let refused = error(&repo, 5, &["workflow", "show", "link"]);
        assert!(
            refused["message"]
                .as_str()
                .unwrap()
                .contains("out of the repository")
        );
    }
}

#[test]
fn silent_mode_makes_files_that_git_does_not_see() {
    let repo = TestRepo::new();
    repo.write("a.txt", "a\n");
    repo.commit("first");
    repo.chant(&["init", "--silent"]).ok();
    repo.chant(&NEW).ok();
    assert!(repo.file(&spec_path(SIX[5])).contains("gate: human"));
    assert_eq!(repo.git(&["status", "--porcelain"]), "");
}
