//! The guide for maintainers, done as it says: the pages in reading order, in one clone that goes on from page to page.
//! What is shown is what is printed; what is pushed knows nothing of chant. The book's other pages stand alone (`alone.rs`).
#![allow(missing_docs, reason = "tests")]
#![allow(clippy::unwrap_used, reason = "tests")]

mod alone;
mod compare;
mod examples;
mod page;
mod reader;

use page::Page;
use reader::{Reader, guide};

/// The pages that tell the story; the others of the folder stand for themselves.
const STORY: [&str; 10] = [
    "index.md",
    "00-setup.md",
    "01-comprehension.md",
    "02-reproduction.md",
    "03-root-cause.md",
    "04-impact-map.md",
    "05-fork-fix.md",
    "06-upstream-pr.md",
    "08-advanced.md",
    "09-example.md",
];

fn story() -> impl Iterator<Item = Page> {
    STORY
        .iter()
        .map(|name| guide().join(name))
        .filter(|path| path.exists())
        .map(|path| Page::read(&path))
}

#[test]
fn the_story_runs_and_what_is_pushed_knows_nothing_of_chant() {
    let mut reader = Reader::new();
    for page in story() {
        reader.follow(&page);
    }
    let fork = reader.fork();
    let pushed = reader.says(&format!(
        "cd {} && git for-each-ref && git log --all --format='%an %ae %cn %B%(trailers)%N' && git ls-tree -r --name-only fix/issue-1234 && git log --all -p",
        fork.display()
    ));
    assert!(pushed.contains("refs/heads/fix/issue-1234"), "{pushed}");
    assert!(pushed.contains("issue_1234_both"), "{pushed}");
    assert!(!pushed.to_lowercase().contains("chant"), "{pushed}");
}

/// A part of a spec that is shown is one that chant reads, and knows every key of; so is a part of the settings.
#[test]
fn every_spec_and_setting_shown_can_be_read() {
    for page in story() {
        for block in page.blocks() {
            let text = block.text();
            let place = page.place(block.first);
            match block.language {
                "yaml" if text.contains("kind: ") => settings_are_known(&text, &place),
                "yaml" => spec_is_known(&format!("---\n{text}---\n\n# A part\n"), &place),
                "markdown" if text.contains("project:") => {}
                "markdown" if text.starts_with("---\n") => spec_is_known(&text, &place),
                _ => {}
            }
        }
    }
}

#[track_caller]
fn spec_is_known(text: &str, place: &str) {
    let document = chant_spec::Document::parse(text.as_bytes().to_vec())
        .unwrap_or_else(|error| panic!("{place}: {error:?}"));
    let warnings = document.warnings();
    assert!(warnings.is_empty(), "{place}: {warnings:?}");
}

#[track_caller]
fn settings_are_known(text: &str, place: &str) {
    let repo = chant_testkit::TestRepo::new();
    // Other repositories, and what an agent may beyond its bounds, are a person's own matter: a project's file may not name them.
    let persons = ["repos:", "allow:", "bypass_permissions:", "permissions:"];
    let file = if persons.iter().any(|key| text.contains(key)) {
        ".chant/agents.md"
    } else {
        ".chant/config.md"
    };
    repo.write(file, &format!("---\n{text}---\n"));
    let config = repo.chant(&["config", "--json"]).ok().json();
    for remarks in ["warnings", "unused"] {
        assert_eq!(config["data"][remarks], serde_json::json!([]), "{place}");
    }
}

/// Code is shown from files that are there; nothing is made up.
#[test]
fn code_shown_is_code_that_runs() {
    for page in story() {
        for block in page.blocks() {
            assert!(
                !["rust", "toml"].contains(&block.language) || block.note.starts_with("shows: "),
                "{}",
                page.place(block.first)
            );
        }
    }
}
