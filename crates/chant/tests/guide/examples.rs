//! The examples, done as their READMEs say, each in a clone of its own that holds all of them. Their agents are in the
//! examples themselves; the reader has none.

use std::path::{Path, PathBuf};

use crate::page::Page;
use crate::reader::Reader;

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples")
}

fn names() -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(examples())
        .unwrap()
        .flatten()
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn every_example_runs_as_its_readme_says() {
    let wanted = std::env::var("GUIDE_PAGE").unwrap_or_default();
    for name in names().iter().filter(|name| name.contains(&wanted)) {
        let mut reader = Reader::alone(name);
        let clone = format!(
            "rm config/chant/config.md && mkdir chant && cp -R {} chant/ && cd chant && git init -q && git add -A \
             && git commit -qm 'chant'",
            examples().display()
        );
        reader.prepare(&clone, "chant");
        reader.follow(&Page::read(&examples().join(name).join("README.md")));
    }
}

#[test]
fn the_list_of_examples_names_each() {
    let list = std::fs::read_to_string(examples().join("README.md")).unwrap();
    for name in names() {
        assert!(
            list.contains(&format!("]({name}/README.md)")),
            "{name} is not listed"
        );
    }
}

/// A copy in a repository of its own is the other way that the README names; and every recording is up to date.
#[test]
fn the_maintainers_example_runs_in_a_repository_of_its_own() {
    let mut reader = Reader::alone("copy");
    let copy = format!(
        "rm config/chant/config.md && cp -R {}/oss-maintainer-workflow own && cd own && git init -q && git add -A \
         && git commit -qm own && chant trust -q && python3 .chant/recordings/make.py --check",
        examples().display()
    );
    reader.prepare(&copy, "own");
    let said = reader.says("chant work --label issue-42 && git status --porcelain");
    assert!(said.contains("005-fork-fix completed on main"), "{said}");
    assert!(said.contains("006-upstream-pr waits at a gate"), "{said}");
}
