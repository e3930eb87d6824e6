//! Every command shown in the README runs, in the order it is shown, and prints what is shown. The pages of `docs/` are
//! followed in `tests/guide`.
//!
//! A block marked `console` holds commands after `$ ` and, below a command, the output it must have; `[..]` stands for
//! anything within a line, and fresh ids are not compared. Cargo's own commands are what builds and runs these tests:
//! `cargo run --` becomes `chant`, the others are left to the machine that runs this.
#![allow(missing_docs, reason = "tests")]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::{Path, PathBuf};

use chant_testkit::{TestRepo, chant_bin};

/// The user's own agent in these tests: it does the work of any spec, so that every shown `chant work` lands.
const AGENT: &str = "---\nagents:\n  - name: tester\n    kind: command\n    command: [sh, -c, 'echo done > done-$CHANT_SPEC_ID.txt; sed -i \"s/- \\[ \\]/- [x]/\" \"$CHANT_SPEC_FILE\"']\ndefaults: {agent: tester}\n---\n";

struct Shown {
    command: String,
    output: Vec<String>,
    line: usize,
}

fn shown(text: &str) -> Vec<Shown> {
    let mut found: Vec<Shown> = Vec::new();
    let mut inside = false;
    for (number, line) in text.lines().enumerate() {
        if line.starts_with("```") {
            inside = line == "```console";
        } else if inside {
            match line.strip_prefix("$ ") {
                Some(command) => found.push(Shown {
                    command: command.to_owned(),
                    output: Vec::new(),
                    line: number + 1,
                }),
                None => found.last_mut().unwrap().output.push(line.to_owned()),
            }
        }
    }
    found
}

/// Ids that `chant add` makes differ from day to day and from run to run: only that there is one is compared.
fn without_ids(line: &str) -> String {
    line.split_inclusive(' ')
        .map(|word| {
            if is_fresh_id(word.trim_end()) {
                "<id>"
            } else {
                word
            }
        })
        .collect()
}

/// `YYYY-MM-DD-SSS-xxx`
fn is_fresh_id(word: &str) -> bool {
    let parts: Vec<&str> = word.split('-').collect();
    parts.iter().map(|part| part.len()).eq([4, 2, 2, 3, 3]) && parts[0].starts_with("20")
}

/// Whether a line is as shown; `[..]` in what is shown matches anything.
fn matches(shown: &str, line: &str) -> bool {
    let (shown, line) = (without_ids(shown), without_ids(line));
    let (shown, line) = (shown.as_str(), line.as_str());
    let mut parts = shown.split("[..]");
    let Some(mut rest) = parts.next().and_then(|first| line.strip_prefix(first)) else {
        return false;
    };
    let mut open = false;
    for part in parts {
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = &rest[at + part.len()..];
        open = part.is_empty();
    }
    open || rest.is_empty()
}

fn run_page(path: &Path) {
    let page = std::fs::read_to_string(path).unwrap();
    let repo = TestRepo::new();
    let project = repo.home().join("my-project");
    std::fs::create_dir_all(repo.home().join("config/chant")).unwrap();
    std::fs::write(repo.home().join("config/chant/config.md"), AGENT).unwrap();
    repo.git(&["clone", "-q", ".", project.to_str().unwrap()]);
    repo.git(&[
        "-C",
        project.to_str().unwrap(),
        "config",
        "user.name",
        "Tess Ter",
    ]);
    repo.git(&[
        "-C",
        project.to_str().unwrap(),
        "config",
        "user.email",
        "tess@example.com",
    ]);
    let mut here = repo.path().to_owned();
    for shown in shown(&page) {
        let place = format!("{}:{}: {}", path.display(), shown.line, shown.command);
        let command = shown.command.replace("cargo run -- ", "chant ");
        if command.starts_with("cargo ") {
            continue;
        }
        if let Some(folder) = command.strip_prefix("cd ") {
            here = folder
                .strip_prefix("~/")
                .map_or_else(|| here.join(folder), |rest| repo.home().join(rest));
            continue;
        }
        let bin = chant_bin();
        let path_var = format!(
            "{}:{}",
            bin.parent().unwrap().display(),
            std::env::var("PATH").unwrap()
        );
        let output = repo
            .command("sh")
            .args(["-c", &command])
            .current_dir(&here)
            .env("PATH", path_var)
            .env("EDITOR", "true")
            .env("CHANT_REPLAY_SPEED", "0")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success(),
            "{place}\n{said}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let lines: Vec<&str> = said.lines().collect();
        if !shown.output.is_empty() {
            let same = lines.len() == shown.output.len()
                && shown
                    .output
                    .iter()
                    .zip(&lines)
                    .all(|(shown, line)| matches(shown, line));
            assert!(
                same,
                "{place}\nshown:\n{}\nprinted:\n{said}",
                shown.output.join("\n")
            );
        }
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn the_readme_runs() {
    run_page(&root().join("README.md"));
}

#[test]
fn anything_matches_within_a_line_only() {
    assert!(matches("a [..] c", "a b c"));
    assert!(matches("a[..]", "abc"));
    assert!(matches("abc", "abc"));
    assert!(!matches("abc", "abcd"));
    assert!(!matches("a [..] c", "a b d"));
}
