//! Links must lead somewhere: every relative link of the documents, with its anchor; and every page of the book is in its
//! table of contents.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Component, Path, PathBuf},
};

use super::Finding;

const BOOK: &str = "docs/";
const CONTENTS: &str = "docs/SUMMARY.md";

/// Dead links and pages that nothing leads to.
pub(super) fn check(root: &Path, files: &[String]) -> Vec<Finding> {
    let read = |path: &String| Some((path.clone(), fs::read_to_string(root.join(path)).ok()?));
    let samples: Vec<&str> = files
        .iter()
        .filter(|path| path.starts_with(BOOK))
        .filter_map(|path| path.strip_suffix("Cargo.toml"))
        .collect();
    let is_sample = |path: &&String| samples.iter().any(|folder| path.starts_with(folder));
    let documents: BTreeMap<String, String> = files
        .iter()
        .filter(|path| is_document(path) && !is_sample(path))
        .filter_map(read)
        .collect();
    let exists = |path: &str| root.join(path).exists();
    let mut findings = unlisted(&documents);
    for (path, text) in &documents {
        findings.extend(dead_links(path, text, &documents, exists));
    }
    findings
}

/// What people read: the book, the examples, and what lies at the top. The code that the book's pages work on is not theirs.
fn is_document(path: &str) -> bool {
    let is_ours = path.starts_with(BOOK) || path.starts_with("examples/") || !path.contains('/');
    is_ours && Path::new(path).extension() == Some("md".as_ref())
}

/// Pages of the book that its table of contents does not name.
fn unlisted(documents: &BTreeMap<String, String>) -> Vec<Finding> {
    let Some(contents) = documents.get(CONTENTS) else {
        let advice = "the book needs its table of contents";
        return vec![Finding::new(CONTENTS, 1, "links", advice)];
    };
    let listed: BTreeSet<String> = links(contents)
        .filter_map(|(_, link)| Some(target(CONTENTS, link)?.0))
        .collect();
    documents
        .keys()
        .filter(|path| path.starts_with(BOOK) && *path != CONTENTS && !listed.contains(*path))
        .map(|path| {
            Finding::new(
                path,
                1,
                "links",
                format!("{CONTENTS} does not name this page"),
            )
        })
        .collect()
}

fn dead_links(
    path: &str,
    text: &str,
    documents: &BTreeMap<String, String>,
    exists: impl Fn(&str) -> bool,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (line, link) in links(text) {
        let Some((file, anchor)) = target(path, link) else {
            continue;
        };
        if !exists(&file) {
            let advice = format!("`{link}` leads nowhere: there is no {file}");
            findings.push(Finding::new(path, line, "links", advice));
        } else if let (Some(anchor), Some(page)) = (anchor, documents.get(&file))
            && !anchors(page).contains(anchor)
        {
            let advice = format!("`{link}` leads nowhere: {file} has no such heading");
            findings.push(Finding::new(path, line, "links", advice));
        }
    }
    findings
}

/// The file and the anchor of a link in `path`; nothing for one that leaves the project.
fn target<'a>(path: &str, link: &'a str) -> Option<(String, Option<&'a str>)> {
    if link.contains("://") || link.starts_with("mailto:") {
        return None;
    }
    let (file, anchor) = match link.split_once('#') {
        Some((file, anchor)) => (file, Some(anchor)),
        None => (link, None),
    };
    if file.is_empty() {
        return Some((path.to_owned(), anchor));
    }
    let folder = Path::new(path).parent().unwrap_or_else(|| Path::new(""));
    Some((plain(&folder.join(file)), anchor))
}

/// The path without `.` and `..`.
fn plain(path: &Path) -> String {
    let mut parts = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(parts.pop()),
            Component::CurDir => {}
            other => parts.push(other),
        }
    }
    parts.to_string_lossy().into_owned()
}

/// The lines that are not code, numbered from 1.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fence: Option<&str> = None;
    text.lines().enumerate().filter_map(move |(at, line)| {
        let start = line.trim_start();
        let mark = ["```", "~~~"]
            .into_iter()
            .find(|mark| start.starts_with(mark));
        match (fence, mark) {
            (None, None) => return Some((at + 1, line)),
            (None, Some(mark)) => fence = Some(mark),
            (Some(open), Some(mark)) if open == mark => fence = None,
            (Some(_), _) => {}
        }
        None
    })
}

/// Every `](target)` outside code, with its line.
fn links(text: &str) -> impl Iterator<Item = (usize, &str)> {
    prose(text).flat_map(|(line, text)| {
        let outside = text.split('`').step_by(2);
        let found = outside.flat_map(|part| part.split("](").skip(1));
        // Where a link's text is code, its target begins the part after it.
        found.filter_map(move |rest| Some((line, rest.split_once(')')?.0)))
    })
}

/// What a page's headings are reached by.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut found = BTreeSet::new();
    for (_, line) in prose(text) {
        let title = line.trim_start_matches('#');
        if title.len() == line.len() || !title.starts_with(' ') {
            continue;
        }
        let anchor = anchor(title.trim());
        let before = seen.entry(anchor.clone()).or_insert(0);
        found.insert(match *before {
            0 => anchor,
            again => format!("{anchor}-{again}"),
        });
        *before += 1;
    }
    found
}

/// A heading as an anchor, as mdBook and the forges make it.
fn anchor(title: &str) -> String {
    title
        .chars()
        .filter_map(|letter| match letter {
            ' ' => Some('-'),
            '-' | '_' => Some(letter),
            letter if letter.is_alphanumeric() => Some(letter.to_ascii_lowercase()),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn book(pages: &[(&str, &str)]) -> BTreeMap<String, String> {
        let owned = |(path, text): &(&str, &str)| ((*path).to_owned(), (*text).to_owned());
        pages.iter().map(owned).collect()
    }

    fn dead(path: &str, text: &str, pages: &[(&str, &str)]) -> Vec<usize> {
        let pages = book(pages);
        let exists = |path: &str| pages.contains_key(path);
        let findings = dead_links(path, text, &pages, exists);
        findings.iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn a_link_is_followed_from_where_it_stands() {
        let pages = [
            ("docs/a/one.md", "# One\n"),
            ("docs/two.md", "# Two `x`: it's\n"),
        ];
        let ok =
            "[a](one.md) [b](../two.md#two-x-its)\n[c](https://example.com/x) [`d`](#e)\n## E\n";
        let with_itself = [pages[0], pages[1], ("docs/a/here.md", ok)];
        assert!(dead("docs/a/here.md", ok, &with_itself).is_empty());
        let wrong = "[a](two.md)\n\n[b](../two.md#three) [c](../two.md)\n";
        assert_eq!(dead("docs/a/here.md", wrong, &pages), [1, 3]);
    }

    #[test]
    fn code_holds_no_links() {
        let text = "`[a](none.md)`\n```markdown\n[b](none.md)\n# no heading\n```\n";
        assert!(dead("a.md", text, &[]).is_empty());
        assert!(anchors(text).is_empty());
    }

    #[test]
    fn a_second_heading_of_one_name_has_its_own_anchor() {
        let found = anchors("# Why\n## Why\n### Why not\n");
        assert!(found.iter().eq(["why", "why-1", "why-not"]));
    }

    #[test]
    fn every_page_is_in_the_contents() {
        let pages = book(&[
            (CONTENTS, "- [A](a.md)\n"),
            ("docs/a.md", ""),
            ("docs/b.md", ""),
            ("README.md", ""),
        ]);
        let findings = unlisted(&pages);
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].path, "docs/b.md");
    }
}
