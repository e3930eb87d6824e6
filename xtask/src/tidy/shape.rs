//! The shape of a file: its length, its head, its name, its functions, and marks that should not stay.

use super::{
    Finding,
    source::{Source, closing, is_word, occurrences},
};

const FILE_LIMIT: usize = 700;
const FUNCTION_LIMIT: usize = 100;
const NAMELESS: [&str; 10] = [
    "util", "utils", "utility", "common", "helper", "helpers", "manager", "misc", "ops", "stuff",
];
/// Material whose bytes matter: recordings, snapshots and samples.
const SAMPLES: [&str; 4] = ["/fixtures/", "/snapshots/", "/samples/", "/demo/"];
const SAMPLE_ENDINGS: [&str; 5] = [
    ".snap",
    ".jsonl",
    ".patch",
    ".diff",
    ".proptest-regressions",
];

/// Every rule about the shape of a Rust file.
pub(super) fn check(source: &Source<'_>) -> Vec<Finding> {
    let rules = [
        long_file,
        long_function,
        missing_head,
        nameless,
        silent_allow,
        marks,
    ];
    rules.iter().flat_map(|rule| rule(source)).collect()
}

/// Blanks at the end of a line, in any text file.
pub(super) fn trailing_blanks(path: &str, text: &str) -> Vec<Finding> {
    let rooted = format!("/{path}");
    if SAMPLES.iter().any(|folder| rooted.contains(folder))
        || SAMPLE_ENDINGS.iter().any(|ending| path.ends_with(ending))
    {
        return Vec::new();
    }
    text.lines()
        .enumerate()
        .filter(|(_, line)| line.ends_with([' ', '\t']))
        .map(|(at, _)| {
            Finding::new(
                path,
                at + 1,
                "blanks",
                "remove the blanks at the end of the line",
            )
        })
        .collect()
}

fn long_file(source: &Source<'_>) -> Vec<Finding> {
    let lines = source.text.lines().count();
    if lines <= FILE_LIMIT {
        return Vec::new();
    }
    let advice =
        format!("{lines} lines, the limit is {FILE_LIMIT}: split it by what the parts own");
    vec![Finding::new(source.path, 1, "long-file", advice)]
}

fn long_function(source: &Source<'_>) -> Vec<Finding> {
    let too_long = |(name, first, last): (String, usize, usize)| {
        let lines = last + 1 - first;
        let advice = format!(
            "`{name}` has {lines} lines, the limit is {FUNCTION_LIMIT}: give its parts names"
        );
        (lines > FUNCTION_LIMIT).then(|| Finding::new(source.path, first, "long-function", advice))
    };
    functions(source).into_iter().filter_map(too_long).collect()
}

/// Name, first line and last line of each function that has a body.
fn functions(source: &Source<'_>) -> Vec<(String, usize, usize)> {
    let code = &source.code;
    let mut found = Vec::new();
    for start in occurrences(code, "fn ") {
        let after = start + "fn ".len();
        let name: String = code[after..]
            .chars()
            .take_while(|c| c.is_ascii() && is_word(*c as u8))
            .collect();
        if let Some(open) = body(code, after).filter(|_| !name.is_empty()) {
            let last = source.line(closing(code, open) - 1);
            found.push((name, source.line(start), last));
        }
    }
    found
}

/// Where the body of a function opens; a declaration has none.
fn body(code: &str, from: usize) -> Option<usize> {
    let mut at = from;
    while at < code.len() {
        match code.as_bytes()[at] {
            b'(' | b'[' => at = closing(code, at),
            b'{' => return Some(at),
            b';' => return None,
            _ => at += 1,
        }
    }
    None
}

fn missing_head(source: &Source<'_>) -> Vec<Finding> {
    if source.text.lines().any(|line| line.starts_with("//!")) {
        return Vec::new();
    }
    let advice = "begin with `//!`: what this module owns, and what is deliberately not here";
    vec![Finding::new(source.path, 1, "head", advice)]
}

fn nameless(source: &Source<'_>) -> Vec<Finding> {
    let bad = source
        .path
        .trim_end_matches(".rs")
        .split(['/', '_', '-'])
        .find(|word| NAMELESS.contains(word));
    let finding = |word| {
        let advice = format!("`{word}` says nothing: name the file after what it owns");
        Finding::new(source.path, 1, "name", advice)
    };
    bad.map(finding).into_iter().collect()
}

fn silent_allow(source: &Source<'_>) -> Vec<Finding> {
    let code = &source.code;
    let mut findings = Vec::new();
    for opening in ["#[allow(", "#![allow("] {
        for (start, _) in code.match_indices(opening) {
            let attribute = &code[start..closing(code, start + opening.find('[').unwrap_or(0))];
            if !attribute.contains("reason") {
                let advice = "add `reason = \"…\"`, or better `#[expect(…, reason = \"…\")]`";
                findings.push(Finding::new(
                    source.path,
                    source.line(start),
                    "allow",
                    advice,
                ));
            }
        }
    }
    findings
}

fn marks(source: &Source<'_>) -> Vec<Finding> {
    let in_code = ["todo!", "unimplemented!"];
    let in_comments = ["TODO", "FIXME", "XXX", "HACK"];
    let code = in_code.iter().map(|mark| (&source.code, mark));
    let comments = in_comments.iter().map(|mark| (&source.comments, mark));
    let found = |(text, mark): (&String, &&'static str)| {
        let advice = format!("`{mark}` must not stay: finish it, or write an issue");
        occurrences(text, mark)
            .map(|at| Finding::new(source.path, source.line(at), "mark", advice.clone()))
            .collect::<Vec<_>>()
    };
    code.chain(comments).flat_map(found).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(path: &str, text: &str) -> Vec<&'static str> {
        check(&Source::read(path, text))
            .iter()
            .map(|f| f.rule)
            .collect()
    }

    #[test]
    fn a_good_file_has_no_findings() {
        assert_eq!(
            rules("crates/x/src/journal.rs", "//! Head.\n\nfn a() {}\n"),
            [""; 0]
        );
    }

    #[test]
    fn length_is_limited() {
        let long = format!("//! Head.\n{}", "\n".repeat(700));
        assert_eq!(rules("a.rs", &long), ["long-file"]);
        let function = |lines| {
            format!(
                "//! Head.\nfn f<T>(a: [u8; 2])\nwhere T: X {{\n{}}}\n",
                "a();\n".repeat(lines)
            )
        };
        assert_eq!(rules("a.rs", &function(97)), [""; 0]);
        assert_eq!(rules("a.rs", &function(98)), ["long-function"]);
    }

    #[test]
    fn a_declaration_has_no_body() {
        let text = format!(
            "//! Head.\ntrait A {{ fn a(&self); }}\nfn b() {{}}\n{}",
            "//\n".repeat(200)
        );
        assert_eq!(rules("a.rs", &text), [""; 0]);
    }

    #[test]
    fn names_and_heads_say_something() {
        assert_eq!(rules("crates/x/src/git_utils.rs", "//! Head.\n"), ["name"]);
        assert_eq!(rules("crates/x/src/common/mod.rs", "//! Head.\n"), ["name"]);
        assert_eq!(
            rules("a.rs", "// no head\nmod a { \n    //! inner\n}\n"),
            ["head"]
        );
    }

    #[test]
    fn an_allow_needs_its_reason() {
        assert_eq!(
            rules("a.rs", "//! Head.\n#![allow(dead_code)]\n"),
            ["allow"]
        );
        assert_eq!(
            rules(
                "a.rs",
                "//! Head.\n#[allow(\n  a,\n  reason = \"b\"\n)]\nfn x() {}\n"
            ),
            [""; 0]
        );
    }

    #[test]
    fn marks_do_not_stay() {
        assert_eq!(rules("a.rs", "//! Head.\nfn a() { todo!() }\n"), ["mark"]);
        assert_eq!(rules("a.rs", "//! Head.\n// FIXME: later\n"), ["mark"]);
        assert_eq!(
            rules("a.rs", "//! Head.\nconst A: &str = \"TODO\";\n"),
            [""; 0]
        );
    }

    #[test]
    fn blanks_at_the_end_are_found() {
        assert_eq!(trailing_blanks("a.md", "one \ntwo\nthree\t").len(), 2);
        assert_eq!(
            trailing_blanks("crates/x/tests/fixtures/a.md", "one \n"),
            []
        );
    }
}
