//! Finding a pattern in the files of the worktree. What git ignores is left out.

use std::path::Path;

use chant_os::file;
use globset::{Glob, GlobMatcher};
use ignore::WalkBuilder;
use regex::Regex;
use serde::Deserialize;
use serde_json::json;

use super::{Place, Ran, Running, object};
use crate::model::Offer;

pub(super) const NAME: &str = "search";

/// How many lines are given at most, and how much of each.
const MOST: usize = 200;
const LINE: usize = 300;

/// Larger files are data.
const LARGEST: u64 = 2 << 20;

#[derive(Deserialize)]
pub(super) struct SearchInput {
    pattern: String,
    #[serde(default)]
    path: Option<String>,
    #[serde(default)]
    files: Option<String>,
}

pub(super) fn offer() -> Offer {
    Offer {
        name: NAME,
        says: "Find lines that match a regular expression in the files of the worktree. What git ignores is left out.",
        input: object(
            json!({
                "pattern": {"type": "string", "description": "The regular expression."},
                "path": {"type": "string", "description": "Only in this file or folder."},
                "files": {"type": "string", "description": "Only in files whose path matches this, such as **/*.rs."},
            }),
            &["pattern"],
        ),
    }
}

pub(super) fn run(input: &SearchInput, place: &Place, running: &mut Running<'_>) -> Ran {
    match Search::new(input) {
        Ok(search) => search.run(input, place, running),
        Err(problem) => Ran::badly(problem),
    }
}

struct Search {
    pattern: Regex,
    files: Option<GlobMatcher>,
}

impl Search {
    fn new(input: &SearchInput) -> Result<Self, String> {
        let pattern = Regex::new(&input.pattern)
            .map_err(|error| format!("The pattern is no regular expression: {error}"))?;
        let files = input.files.as_deref().map(Glob::new).transpose();
        let files = files.map_err(|error| format!("`files` is no pattern: {error}"))?;
        Ok(Self {
            pattern,
            files: files.map(|glob| glob.compile_matcher()),
        })
    }

    fn run(&self, input: &SearchInput, place: &Place, running: &mut Running<'_>) -> Ran {
        let start = match place.to_read(input.path.as_deref().unwrap_or(".")) {
            Ok(start) if start.exists() => start,
            Ok(_) => return Ran::badly("There is no such file or folder."),
            Err(problem) => return Ran::badly(problem),
        };
        let mut found = Vec::new();
        // Links are not followed, so nothing outside is ever looked into.
        let walk = WalkBuilder::new(&start)
            .hidden(false)
            .sort_by_file_path(Path::cmp)
            .filter_entry(|entry| entry.file_name() != ".git")
            .build();
        for entry in walk.flatten() {
            (running.lives)();
            if running.stop.is_wanted() || found.len() > MOST {
                break;
            }
            if entry.file_type().is_some_and(|kind| kind.is_file()) {
                let path = entry.path();
                let name = path.strip_prefix(place.root()).unwrap_or(path);
                self.look_into(path, name, &mut found);
            }
        }
        told(found)
    }

    fn look_into(&self, path: &Path, name: &Path, found: &mut Vec<String>) {
        if self
            .files
            .as_ref()
            .is_some_and(|files| !files.is_match(name))
        {
            return;
        }
        let Ok(bytes) = file::read_regular(path, LARGEST) else {
            return;
        };
        if bytes.contains(&0) {
            return;
        }
        let text = String::from_utf8_lossy(&bytes);
        for (at, line) in text.lines().enumerate() {
            if found.len() > MOST {
                return;
            }
            if self.pattern.is_match(line) {
                let line = &line[..line.floor_char_boundary(LINE)];
                found.push(format!("{}:{}: {line}", name.display(), at + 1));
            }
        }
    }
}

fn told(mut found: Vec<String>) -> Ran {
    if found.is_empty() {
        return Ran::well("[nothing found]");
    }
    if found.len() > MOST {
        found.truncate(MOST);
        found.push(format!("[more than {MOST} lines match; search for less]"));
    }
    Ran::well(found.join("\n"))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::super::tests::{run, toolbox};
    use serde_json::json;
    use std::fs;

    #[test]
    fn lines_are_found_with_their_place() {
        let (folder, tools) = toolbox();
        let root = folder.path();
        fs::create_dir_all(root.join("src/.git")).unwrap();
        fs::create_dir_all(root.join(".chant")).unwrap();
        fs::write(root.join("src/a.rs"), "fn one() {}\nfn two() {}\n").unwrap();
        fs::write(root.join(".chant/b.md"), "fn three\n").unwrap();
        fs::write(root.join("src/.git/c"), "fn four\n").unwrap();
        fs::write(root.join("data"), b"fn \0five\n").unwrap();
        let search = |input| run(&tools, "search", input).text;
        assert_eq!(
            search(json!({"pattern": r"fn \w+"})),
            ".chant/b.md:1: fn three\nsrc/a.rs:1: fn one() {}\nsrc/a.rs:2: fn two() {}"
        );
        assert_eq!(
            search(json!({"pattern": "two", "path": "src", "files": "**/*.rs"})),
            "src/a.rs:2: fn two() {}"
        );
        assert_eq!(search(json!({"pattern": "six"})), "[nothing found]");
        assert!(search(json!({"pattern": "("})).contains("no regular expression"));
        assert!(search(json!({"pattern": "x", "path": ".."})).contains("outside"));
        fs::write(root.join("many"), "hit\n".repeat(1000)).unwrap();
        assert!(search(json!({"pattern": "hit"})).ends_with("search for less]"));
    }
}
