//! The project's own rules, as far as a program can check them. Each rule is a function from text to findings; this
//! module only decides which files a rule sees. What clippy already checks is deliberately not repeated here.

mod backing;
mod calls;
mod edges;
mod links;
mod map;
mod place;
mod shape;
mod source;
mod storeys;

use std::{
    fmt, fs,
    path::Path,
    process::{Command, ExitCode},
};

use anyhow::{Context, Result, ensure};

use place::Place;
use source::Source;
use storeys::Uses;

/// One breach of one rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    path: String,
    line: usize,
    rule: &'static str,
    advice: String,
}

impl Finding {
    fn new(path: &str, line: usize, rule: &'static str, advice: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line,
            rule,
            advice: advice.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            path,
            line,
            rule,
            advice,
        } = self;
        write!(out, "{path}:{line}: {rule}: {advice}")
    }
}

/// Checks the whole tree and prints what it found.
pub(crate) fn run(root: &Path) -> Result<ExitCode> {
    let files = tracked(root)?;
    let mut findings = edges::check(root)?;
    findings.extend(map::check(root)?);
    findings.extend(links::check(root, &files));
    findings.extend(backing::check(root));
    let mut uses = Uses::default();
    for path in &files {
        let Ok(text) = fs::read_to_string(root.join(path)) else {
            continue; // binary, deleted, or a link to nothing: not text of ours
        };
        findings.extend(check_file(path, &text, &mut uses));
    }
    findings.extend(uses.check());
    findings.sort();
    for finding in &findings {
        println!("{finding}");
    }
    if findings.is_empty() {
        println!("tidy: {} files, nothing to say", files.len());
        return Ok(ExitCode::SUCCESS);
    }
    println!("tidy: {} to put right", findings.len());
    Ok(ExitCode::FAILURE)
}

/// Every rule that looks at one file, and what the rule for all of them has to know of it.
fn check_file(path: &str, text: &str, uses: &mut Uses) -> Vec<Finding> {
    let mut findings = shape::trailing_blanks(path, text);
    if Path::new(path).extension() != Some("rs".as_ref()) {
        return findings;
    }
    let place = Place::of(path);
    let source = Source::read(path, text);
    findings.extend(shape::check(&source));
    findings.extend(calls::check(place, &source));
    uses.note(&source);
    findings
}

/// The files git knows, and those it would know after `git add`.
fn tracked(root: &Path) -> Result<Vec<String>> {
    let output = Command::new("git")
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .current_dir(root)
        .output()
        .context("git could not be started")?;
    ensure!(output.status.success(), "git ls-files failed");
    let mut paths: Vec<String> = String::from_utf8_lossy(&output.stdout)
        .split_terminator('\0')
        .map(str::to_owned)
        .collect();
    paths.sort();
    paths.dedup();
    Ok(paths)
}
