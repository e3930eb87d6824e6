//! The pages of the book that tell no common story: each begins with a reader of its own.
//!
//! A page may begin with a comment `<!-- begins: kvstore -->`: then the reader has a clone of kvstore in `~/kvstore`, with
//! chant set up and committed, and is in it. Otherwise the reader is at home. The agent is `alone/agent.sh`, with what
//! lies in `alone/<page>/` as its results.

use std::path::{Path, PathBuf};

use crate::page::Page;
use crate::reader::Reader;
use crate::{STORY, settings_are_known, spec_is_known};

/// What a reader of a page about kvstore has done before.
const KVSTORE: &str = "cd ~ && git clone -q https://github.com/you/kvstore.git && cd kvstore && chant init -q \
     && git add .chant && git commit -qm 'chant init' && git push -q";

fn book() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_dir() && !path.join("Cargo.toml").exists() {
            collect(&path, found);
        } else if path.extension().is_some_and(|end| end == "md")
            && !(STORY.contains(&name.as_str()) && in_story(&path))
        {
            found.push(path);
        }
    }
}

fn in_story(path: &Path) -> bool {
    path.parent()
        .is_some_and(|folder| folder.ends_with("oss-maintainer-workflow"))
}

/// The pages that stand alone, in the order of their paths. `GUIDE_PAGE` picks those whose path holds it.
fn pages() -> impl Iterator<Item = Page> {
    let mut found = Vec::new();
    collect(&book(), &mut found);
    found.sort();
    let wanted = std::env::var("GUIDE_PAGE").unwrap_or_default();
    let is_wanted = move |path: &PathBuf| path.to_string_lossy().contains(&wanted);
    found
        .into_iter()
        .filter(is_wanted)
        .map(|path| Page::read(&path))
}

/// Pages that are followed at once.
const READERS: usize = 4;

#[test]
fn every_other_page_runs_by_itself() {
    let pages: Vec<Page> = pages().filter(|page| !page.steps().is_empty()).collect();
    // Each page is one story; what is wrong in one says nothing of the others.
    let broken = |page: &&Page| std::panic::catch_unwind(|| follow(page)).is_err();
    let broken: usize = std::thread::scope(|scope| {
        let readers: Vec<_> = (0..READERS)
            .map(|reader| pages.iter().skip(reader).step_by(READERS))
            .map(|own| scope.spawn(move || own.filter(broken).count()))
            .collect();
        readers
            .into_iter()
            .map(|reader| reader.join().unwrap())
            .sum()
    });
    assert_eq!(broken, 0, "pages that do not run as written");
}

fn follow(page: &Page) {
    let name = page.path.file_stem().unwrap().to_string_lossy();
    let mut reader = Reader::alone(&name);
    if page.text.starts_with("<!-- begins: kvstore -->") {
        reader.prepare(KVSTORE, "kvstore");
    }
    reader.follow(page);
}

/// Whole specs that are shown are specs, and so are parts of heads; settings are settings.
#[test]
fn every_spec_shown_elsewhere_can_be_read() {
    for page in pages() {
        for block in page.blocks() {
            let text = block.text();
            let place = page.place(block.first);
            let whole = text.starts_with("---\n");
            let settings = [
                "agents:",
                "budgets:",
                "checks:",
                "defaults:",
                "landing:",
                "limits:",
                "prices:",
                "project:",
                "repos:",
                "worktree:",
            ];
            match block.language {
                // A workflow's file: it is used by the commands of its page.
                _ if text.contains("\nvariables:") => {}
                "yaml" | "markdown" if settings.iter().any(|key| text.contains(key)) => {
                    let inside = text.trim_start_matches("---\n");
                    let inside = inside.split("\n---\n").next().unwrap_or(inside);
                    settings_are_known(&format!("{}\n", inside.trim_end()), &place);
                }
                "yaml" if !whole => spec_is_known(&format!("---\n{text}---\n\n# A part\n"), &place),
                "yaml" | "markdown" if whole => spec_is_known(&text, &place),
                _ => {}
            }
        }
    }
}
