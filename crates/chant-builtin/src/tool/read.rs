//! Reading a file, or a part of it.

use std::fmt::Write;

use chant_os::file;
use serde::Deserialize;
use serde_json::json;

use super::{Place, Ran, object};
use crate::model::Offer;

pub(super) const NAME: &str = "read_file";

/// The largest file that is looked into.
pub(super) const LARGEST: u64 = 16 << 20;

/// How many lines, and how many bytes, one call gives at most.
const LINES: usize = 1000;
const BYTES: usize = 48 * 1024;

#[derive(Deserialize)]
pub(super) struct ReadInput {
    path: String,
    #[serde(default)]
    first_line: Option<usize>,
    #[serde(default)]
    lines: Option<usize>,
}

pub(super) fn offer() -> Offer {
    Offer {
        name: NAME,
        says: "Read a text file of the worktree.",
        input: object(
            json!({
                "path": {"type": "string", "description": "The file, relative to the worktree."},
                "first_line": {"type": "integer", "description": "Where to begin, counted from 1."},
                "lines": {"type": "integer", "description": "How many lines; 1000 where not given."},
            }),
            &["path"],
        ),
    }
}

pub(super) fn run(input: &ReadInput, place: &Place) -> Ran {
    match text_of(&input.path, place) {
        Ok(text) => part(&text, input),
        Err(problem) => Ran::badly(problem),
    }
}

/// The text of a file in the worktree.
pub(super) fn text_of(path: &str, place: &Place) -> Result<String, String> {
    let real = place.to_read(path)?;
    let bytes = file::read_regular(&real, LARGEST).map_err(|error| error.to_string())?;
    if bytes.contains(&0) {
        return Err(format!("{path} is not text ({} bytes).", bytes.len()));
    }
    String::from_utf8(bytes).map_err(|_| format!("{path} is not UTF-8 text."))
}

fn part(text: &str, input: &ReadInput) -> Ran {
    let all = text.lines().count();
    let first = input.first_line.unwrap_or(1).max(1);
    if text.is_empty() {
        return Ran::well("[the file is empty]");
    }
    if first > all {
        return Ran::badly(format!("The file has only {all} lines."));
    }
    let wanted = input.lines.unwrap_or(LINES).clamp(1, LINES);
    let mut part = String::new();
    let mut last = first - 1;
    for line in text.split_inclusive('\n').skip(first - 1).take(wanted) {
        if part.len() + line.len() > BYTES && !part.is_empty() {
            break;
        }
        part.push_str(&line[..line.floor_char_boundary(BYTES)]);
        last += 1;
    }
    if first > 1 || last < all {
        if !part.ends_with('\n') {
            part.push('\n');
        }
        let _ = write!(part, "[lines {first} to {last} of {all}]");
    }
    Ran::well(part)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::super::tests::{run, toolbox};
    use serde_json::json;

    #[test]
    fn a_file_is_read_whole_or_in_parts() {
        let (folder, tools) = toolbox();
        std::fs::write(folder.path().join("a"), "1\n2\n3\n4").unwrap();
        let read = |input| run(&tools, "read_file", input).text;
        assert_eq!(read(json!({"path": "a"})), "1\n2\n3\n4");
        assert_eq!(
            read(json!({"path": "a", "first_line": 2, "lines": 2})),
            "2\n3\n[lines 2 to 3 of 4]"
        );
        assert_eq!(
            read(json!({"path": "a", "first_line": 9})),
            "The file has only 4 lines."
        );
        std::fs::write(folder.path().join("b"), [0, 1, 2]).unwrap();
        assert_eq!(read(json!({"path": "b"})), "b is not text (3 bytes).");
        let outside = run(&tools, "read_file", json!({"path": "/etc/passwd"}));
        assert!(!outside.ok && outside.text.contains("outside of the worktree"));
    }

    #[test]
    fn a_long_file_says_how_long_it_is() {
        let (folder, tools) = toolbox();
        std::fs::write(folder.path().join("a"), "x\n".repeat(5000)).unwrap();
        let ran = run(&tools, "read_file", json!({"path": "a"}));
        assert!(ran.text.ends_with("[lines 1 to 1000 of 5000]"));
    }
}
