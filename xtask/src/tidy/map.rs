//! The map must be true: ARCHITECTURE.md names every crate, and the project's documents name only paths that exist.

use std::{fs, path::Path};

use anyhow::{Context, Result};

use super::Finding;

const MAP: &str = "ARCHITECTURE.md";
const DOCUMENTS: [&str; 5] = [MAP, "STYLE.md", "CONTRIBUTING.md", "AGENTS.md", "README.md"];

/// Holes in the map and paths that lead nowhere.
pub(super) fn check(root: &Path) -> Result<Vec<Finding>> {
    let crates = crate_folders(root)?;
    let mut findings = Vec::new();
    for document in DOCUMENTS {
        let Ok(text) = fs::read_to_string(root.join(document)) else {
            let finding = Finding::new(document, 1, "map", "this document must exist");
            findings.push(finding);
            continue;
        };
        if document == MAP {
            findings.extend(unmapped(&text, &crates));
        }
        let exists = |path: &str| root.join(path).exists();
        findings.extend(dead_paths(document, &text, &crates, exists));
    }
    Ok(findings)
}

fn crate_folders(root: &Path) -> Result<Vec<String>> {
    let folder = root.join("crates");
    let mut names = Vec::new();
    for entry in
        fs::read_dir(&folder).with_context(|| format!("{} cannot be read", folder.display()))?
    {
        let entry = entry?;
        if entry.path().join("Cargo.toml").exists() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// Crates that the map does not show.
fn unmapped(text: &str, crates: &[String]) -> Vec<Finding> {
    let words: Vec<&str> = text.split_whitespace().collect();
    crates
        .iter()
        .filter(|name| !words.contains(&name.as_str()))
        .map(|name| {
            Finding::new(
                MAP,
                1,
                "map",
                format!("crates/{name} is not on the map: say what it is for"),
            )
        })
        .collect()
}

/// Paths in backticks that do not exist.
fn dead_paths(
    document: &str,
    text: &str,
    crates: &[String],
    exists: impl Fn(&str) -> bool,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (at, line) in text.lines().enumerate() {
        for path in line.split('`').skip(1).step_by(2).flat_map(alternatives) {
            let Some(path) = in_tree(&path, crates) else {
                continue;
            };
            if !exists(&path) {
                let advice = format!("`{path}` does not exist: correct the document");
                findings.push(Finding::new(document, at + 1, "map", advice));
            }
        }
    }
    findings
}

/// A code span as a path from the root, if it is one of this tree. What follows a placeholder is cut off.
fn in_tree(span: &str, crates: &[String]) -> Option<String> {
    if span.contains(char::is_whitespace) || span.contains("::") {
        return None;
    }
    let fixed = span.split(['<', '*', '…']).next().unwrap_or_default();
    let fixed = fixed.rsplit_once('/').map_or("", |(folder, name)| {
        if fixed.len() == span.len() && !name.is_empty() {
            fixed
        } else {
            folder
        }
    });
    let (first, rest) = fixed.split_once('/').unwrap_or((fixed, ""));
    match first {
        "crates" | "xtask" | "docs" | ".ci" => Some(fixed.to_owned()),
        ".chant" if rest == "prompts" => Some(fixed.to_owned()),
        _ if rest.starts_with("src") && crates.iter().any(|name| name == first) => {
            Some(format!("crates/{fixed}"))
        }
        _ => None,
    }
}

/// `a/{b,c}.rs` as `a/b.rs` and `a/c.rs`.
fn alternatives(span: &str) -> Vec<String> {
    let braces = span.split_once('{').and_then(|(before, rest)| {
        let (inside, after) = rest.split_once('}')?;
        Some((before, inside, after))
    });
    let Some((before, inside, after)) = braces else {
        return vec![span.to_owned()];
    };
    inside
        .split(',')
        .map(|word| format!("{before}{word}{after}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crates() -> Vec<String> {
        vec!["chant".to_owned(), "chant-spec".to_owned()]
    }

    #[test]
    fn every_crate_is_on_the_map() {
        let text = "├── chant-spec   the document\n";
        let findings = unmapped(text, &crates());
        assert_eq!(findings.len(), 1);
        assert!(findings[0].advice.starts_with("crates/chant is"));
    }

    #[test]
    fn a_span_is_a_path_when_it_begins_in_the_tree() {
        for (span, path) in [
            ("crates/chant/src/ui.rs", Some("crates/chant/src/ui.rs")),
            ("chant-spec/src/id.rs", Some("crates/chant-spec/src/id.rs")),
            ("chant-spec/src/tree/", Some("crates/chant-spec/src/tree")),
            (
                "chant/src/commands/<name>.rs",
                Some("crates/chant/src/commands"),
            ),
            (".chant/prompts/<name>.md", Some(".chant/prompts")),
            (".chant/specs/<id>.md", None),
            ("chant/<id>", None),
            ("refs/chant/kept/<id>", None),
            ("cargo xtask tidy", None),
        ] {
            assert_eq!(in_tree(span, &crates()).as_deref(), path, "{span}");
        }
    }

    #[test]
    fn each_alternative_must_exist() {
        let text = "see `chant-spec/src/{id,body}.rs`\n";
        let findings = dead_paths("a.md", text, &crates(), |path| path.ends_with("id.rs"));
        assert_eq!(findings.len(), 1);
        assert!(findings[0].advice.contains("body.rs"));
    }
}
