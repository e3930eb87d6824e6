//! `chant export`: the same specs in three forms, and nothing run or overwritten on the way.

use chant_testkit::TestRepo;

use crate::support::{data, error, project};

fn two() -> TestRepo {
    let repo = project();
    repo.write(
        ".chant/specs/001-a.md",
        "---\nlabels: [x, \"y, z\"]\ntarget_files: [a.rs, b.rs]\n---\n\n# Say \"hello\" | twice\n\n## Acceptance Criteria\n\n- [x] one\n- [ ] two\n",
    );
    repo.write(
        ".chant/specs/002-b.md",
        "---\ndepends_on: [001-a]\n---\n\n# B\n",
    );
    repo
}

#[test]
fn json_is_what_list_says() {
    let repo = two();
    let exported = repo.chant(&["export"]).ok().json();
    assert_eq!(exported, data(&repo, &["list"]));
    assert_eq!(exported, data(&repo, &["export", "--format", "csv"]));
}

#[test]
fn csv_quotes_what_it_has_to() {
    let repo = two();
    let output = repo.chant(&["export", "--format", "csv", "--label", "x"]);
    output.ok();
    let lines: Vec<&str> = output.stdout.lines().collect();
    assert_eq!(lines.len(), 2, "{}", output.stdout);
    assert!(lines[0].starts_with("id,title,type,status,"));
    assert!(
        lines[1].starts_with("001-a,\"Say \"\"hello\"\" | twice\",code,pending,,true,,\"x; y, z\",,,a.rs; b.rs,2,1,false,"),
        "{}",
        lines[1]
    );
}

/// A field that the list gains has to be put into the CSV, too.
#[test]
fn csv_has_every_field_of_the_list() {
    let repo = two();
    repo.write(".chant/specs/003-c.md", "---\nlabels: [\n---\n");
    let names = repo.chant(&["export", "--format", "csv"]).stdout;
    let names: Vec<&str> = names.lines().next().unwrap().split(',').collect();
    for spec in data(&repo, &["list"]).as_array().unwrap() {
        for key in spec.as_object().unwrap().keys() {
            let there = |name: &&str| *name == key || name.starts_with(&format!("{key}."));
            assert!(names.iter().any(there), "{key}");
        }
    }
}

#[test]
fn a_table_stays_a_table() {
    let repo = two();
    let output = repo.chant(&["export", "--format", "md"]);
    output.ok();
    let lines: Vec<&str> = output.stdout.lines().collect();
    assert_eq!(lines[1], "|---|---|---|---|---|---|");
    assert!(lines[2].contains("Say \"hello\" \\| twice"), "{}", lines[2]);
    assert_eq!(lines.len(), 4);
}

#[test]
fn a_file_is_written_once_and_never_replaced() {
    let repo = two();
    repo.chant(&["export", "--format", "csv", "-o", "specs.csv"])
        .ok();
    let written = repo.file("specs.csv");
    assert_eq!(written.lines().count(), 3);
    let refused = error(&repo, 4, &["export", "-o", "specs.csv"]);
    assert_eq!(refused["code"], "exists");
    assert_eq!(repo.file("specs.csv"), written);
    let misspelt = error(&repo, 2, &["export", "--status", "redy"]);
    assert_eq!(misspelt["hint"], "did you mean \"ready\"?");
}
