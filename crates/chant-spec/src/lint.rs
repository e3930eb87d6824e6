//! What is worth saying about a spec that can be used.
//!
//! [`lint`] looks at one document, [`across`] at how specs refer to each other. Nothing here reads files: whether a target
//! exists is not asked.

use std::collections::HashMap;
use std::ops::Range;

use crate::diagnostic::{Diagnostic, Severity, nearest};
use crate::document::Document;
use crate::fields;
use crate::frontmatter::{KINDS, Kind};
use crate::graph::{self, Blocker, Lookup, Node};
use crate::keys;
use crate::path::repo_path;
use crate::proof::Ending;
use crate::status::Status;

/// How many findings of a kind are worth reporting; the place of each is looked up in the text.
const MOST: usize = 50;

/// Everything worth saying about one spec, in the order of the file.
pub fn lint(doc: &Document) -> Vec<Diagnostic> {
    let mut found = warnings(doc);
    targets(doc, &mut found);
    dates(doc, &mut found);
    proof(doc, &mut found);
    strict(doc, &mut found);
    priority(doc, &mut found);
    criteria(doc, &mut found);
    if doc.body().trim().is_empty() {
        let hint = "write down what is wanted and how it will be known";
        found.push(
            warning(
                doc,
                "empty-body",
                "the spec says nothing below its frontmatter",
                body_start(doc),
            )
            .hint(hint),
        );
    } else if doc.title().is_none() {
        let hint = "begin the body with a line `# Title`";
        found.push(warning(doc, "no-title", "the spec has no title", body_start(doc)).hint(hint));
    }
    found.sort_by_key(|diagnostic| diagnostic.span.start);
    found
}

/// Unknown keys and words.
pub(crate) fn warnings(doc: &Document) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for entry in doc.root().as_map().map_or(&[][..], |map| &map.entries) {
        if found.len() < MOST && !keys::top_level().any(|key| key == entry.key) {
            let message = format!("unknown key `{}`", entry.key);
            let diagnostic = warning(doc, "unknown-key", message, entry.key_span.clone());
            found.push(did_you_mean(diagnostic, &entry.key, keys::top_level()));
        }
    }
    let front = doc.frontmatter();
    if let Kind::Unknown(word) = &front.kind {
        let diagnostic = warning(
            doc,
            "unknown-type",
            format!("unknown type `{word}`"),
            value_span(doc, "type"),
        );
        found.push(did_you_mean(diagnostic, word, KINDS));
    }
    if let Status::Unknown(word) = &front.status {
        let message = format!("unknown status `{word}`: the spec will not be worked");
        let diagnostic = warning(doc, "unknown-status", message, value_span(doc, "status"));
        found.push(did_you_mean(diagnostic, word, Status::words()));
    }
    found
}

fn warning(
    doc: &Document,
    code: &'static str,
    message: impl Into<String>,
    span: Range<usize>,
) -> Diagnostic {
    Diagnostic::new(Severity::Warning, code, message, doc.text(), span)
}

fn did_you_mean<'a>(
    diagnostic: Diagnostic,
    typed: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Diagnostic {
    match nearest(typed, known) {
        Some(name) => diagnostic.hint(format!("did you mean `{name}`?")),
        None => diagnostic,
    }
}

fn value_span(doc: &Document, key: &str) -> Range<usize> {
    let entry = doc.root().as_map().and_then(|map| map.get(key));
    entry.map_or_else(|| body_start(doc), |entry| entry.value.span.clone())
}

fn body_start(doc: &Document) -> Range<usize> {
    let start = doc.text().len() - doc.body().len();
    start..start
}

fn targets(doc: &Document, found: &mut Vec<Diagnostic>) {
    for target in doc.frontmatter().target_files.iter().take(MOST) {
        if let Err(error) = repo_path(target) {
            let message = format!("target file `{}`: {error}", target.escape_debug());
            let hint = "name it relative to the repository's root";
            found.push(
                Diagnostic::new(
                    Severity::Error,
                    "target-outside",
                    message,
                    doc.text(),
                    value_span(doc, "target_files"),
                )
                .hint(hint),
            );
        }
    }
}

/// With nothing named, nothing could be changed.
fn strict(doc: &Document, found: &mut Vec<Diagnostic>) {
    let front = doc.frontmatter();
    let tests = front
        .proof
        .as_ref()
        .is_some_and(|proof| !proof.tests.is_empty());
    if front.strict && front.target_files.is_empty() && !tests {
        let message = "`strict` without `target_files`: no file may change";
        let hint = "name the files that the work goes into";
        let span = value_span(doc, "strict");
        found.push(warning(doc, "strict-without-targets", message, span).hint(hint));
    }
}

/// A word that the scheduler does not know.
fn priority(doc: &Document, found: &mut Vec<Diagnostic>) {
    let entry = doc.root().as_map().and_then(|map| map.get("priority"));
    let word = entry.and_then(|entry| entry.value.as_str());
    if let Some(word) = word.filter(|word| fields::priority(word).is_none()) {
        let message = format!("`priority: {}` means nothing to chant", word.escape_debug());
        let hint = "write a number, higher first, or one of critical, high, normal and low";
        let span = value_span(doc, "priority");
        found.push(warning(doc, "unknown-priority", message, span).hint(hint));
    }
}

/// A proof that could not be run, and words in it that mean nothing.
fn proof(doc: &Document, found: &mut Vec<Diagnostic>) {
    let front = doc.frontmatter();
    let Some(proof) = &front.proof else { return };
    let entry = doc.root().as_map().and_then(|map| map.get("proof"));
    for entry in entry
        .and_then(|entry| entry.value.as_map())
        .map_or(&[][..], |map| &map.entries)
        .iter()
        .filter(|entry| !keys::inside("proof").any(|key| key == entry.key))
        .take(MOST)
    {
        let message = format!("unknown key `proof.{}`", entry.key);
        let diagnostic = warning(doc, "unknown-key", message, entry.key_span.clone());
        found.push(did_you_mean(diagnostic, &entry.key, keys::inside("proof")));
    }
    let mut error = |code, message: String, hint: &str| {
        let span = value_span(doc, "proof");
        found.push(Diagnostic::new(Severity::Error, code, message, doc.text(), span).hint(hint));
    };
    if proof.from.is_none() && proof.run.as_deref().is_none_or(|run| run.trim().is_empty()) {
        let message = "`proof` says neither how the test is run nor which spec to take it from";
        let hint = "add `run:` with a command, or `from:` with the spec that reproduced it";
        error("proof-incomplete", message.to_owned(), hint);
    }
    if proof.from.is_none() && proof.tests.is_empty() {
        let message = "`proof` names no test files".to_owned();
        let hint = "add `tests:` with the files that make the test";
        error("proof-incomplete", message, hint);
    }
    if let Some(Err(problem)) = proof.fails_with.as_deref().map(regex::Regex::new) {
        let last = problem.to_string();
        let last = last.lines().next_back().unwrap_or_default().trim();
        let last = last.trim_start_matches("error: ");
        let message = format!("proof: fails_with is no regular expression: {last}");
        let hint = "put `\\` before a character to take it as it is";
        error("proof-pattern", message, hint);
    }
    for (key, path) in proof
        .tests
        .iter()
        .map(|test| ("tests", test))
        .chain(proof.cwd.iter().map(|cwd| ("cwd", cwd)))
        .take(MOST)
    {
        if let Err(problem) = repo_path(path) {
            let message = format!("proof: {key} `{}`: {problem}", path.escape_debug());
            error(
                "proof-outside",
                message,
                "name it relative to the project's root",
            );
        }
    }
    if let (Some(word), None) = (&front.outcome, front.ending()) {
        let message = format!("unknown outcome `{}`", word.escape_debug());
        let diagnostic = warning(doc, "unknown-outcome", message, value_span(doc, "outcome"));
        let words = Ending::ALL.map(Ending::as_str);
        found.push(did_you_mean(diagnostic, word, words));
    }
}

fn dates(doc: &Document, found: &mut Vec<Diagnostic>) {
    let Some(date) = &doc.frontmatter().completed_at else {
        return;
    };
    let understood =
        date.parse::<jiff::Timestamp>().is_ok() || date.parse::<jiff::civil::DateTime>().is_ok();
    if !understood {
        let message = format!("`completed_at` is not a date: `{}`", date.escape_debug());
        let hint = "write it like 2026-01-31T12:00:00Z";
        found.push(
            warning(
                doc,
                "invalid-date",
                message,
                value_span(doc, "completed_at"),
            )
            .hint(hint),
        );
    }
}

fn criteria(doc: &Document, found: &mut Vec<Diagnostic>) {
    let front = doc.frontmatter();
    let criteria = doc.criteria();
    let is_open_code = front.status.is_pending() && front.kind == Kind::Code;
    if criteria.is_empty() && is_open_code {
        let hint = "add `## Acceptance Criteria` with items like `- [ ] the test passes`";
        found.push(
            warning(
                doc,
                "no-criteria",
                "the spec has no acceptance criteria",
                body_start(doc),
            )
            .hint(hint),
        );
    }
    let mut seen: HashMap<&str, usize> = HashMap::new();
    let most = found.len() + MOST;
    for criterion in criteria {
        if found.len() >= most {
            break;
        }
        if criterion.text.is_empty() {
            let message = "this criterion says nothing";
            found.push(warning(
                doc,
                "empty-criterion",
                message,
                criterion.marker.clone(),
            ));
        } else if let Some(first) = seen.insert(&criterion.text, criterion.line) {
            let message = format!("this criterion is the same as the one in line {first}");
            found.push(warning(
                doc,
                "duplicate-criterion",
                message,
                criterion.marker.clone(),
            ));
        }
    }
    if is_open_code && front.verify.is_empty() && front.proof.is_none() {
        let message = "nothing that chant can run proves this spec";
        let hint = "add `verify:` with a command to the frontmatter";
        let diagnostic = Diagnostic::new(
            Severity::Info,
            "no-check",
            message,
            doc.text(),
            body_start(doc),
        );
        found.push(diagnostic.hint(hint));
    }
}

/// One finding about how specs refer to each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The spec that it is about.
    pub id: String,
    /// A stable, kebab-case name for scripts.
    pub code: &'static str,
    /// What is wrong, as a sentence fragment.
    pub message: String,
}

/// References that lead nowhere, to several specs, to something cancelled, or in a circle. Finished specs are not asked.
pub fn across<'a>(nodes: &[Node], lookup: &dyn Fn(&str) -> Lookup<'a>) -> Vec<Finding> {
    let mut found = Vec::new();
    for node in nodes.iter().filter(|node| node.status.is_workable()) {
        for blocker in graph::dependencies(node, lookup) {
            let code = match blocker {
                Blocker::Missing { .. } | Blocker::Unknown { .. } => "missing-dependency",
                Blocker::Ambiguous { .. } => "ambiguous-dependency",
                Blocker::Cancelled { .. } => "cancelled-dependency",
                _ => continue,
            };
            found.push(Finding {
                id: node.id.clone(),
                code,
                message: blocker.to_string(),
            });
        }
    }
    for cycle in graph::cycles(nodes) {
        let message = Blocker::Cycle(cycle.clone()).to_string();
        found.push(Finding {
            id: cycle[0].clone(),
            code: "dependency-cycle",
            message,
        });
    }
    found
}
