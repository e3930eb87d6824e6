//! Project chores: `cargo xtask tidy` checks the project's own rules, `cargo xtask docs` writes the generated pages,
//! `cargo xtask bench` measures it.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a chore talks to the person who started it"
)]

mod bench;
mod docs;
mod kill;
mod tidy;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Result;

const USAGE: &str = "\
usage: cargo xtask tidy
       cargo xtask docs [--check]
       cargo xtask kill [--seeds N] [--from N] [--jobs N]
       cargo xtask rehearsal [--specs N]
       cargo xtask bench [--runs N] [--sizes N,N] [--only WHAT] [--chant FILE]

tidy       check the rules of ARCHITECTURE.md and STYLE.md that a program can check
docs       write the pages that are made from the program's own tables, or check them
kill       random kills in many runs at once, one seed after the other; see crates/chant/tests/kill
rehearsal  a night of many specs, with failures, hangs, a usage limit, a kill and a full disk
bench      measure the release build, or another binary, on generated projects in target/bench; WHAT is one of
           start, list, run, why, drift, parallel, landing, queue, sleep, events, follow, verdict";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["tidy"] => tidy::run(&root()),
        ["docs"] => docs::write(&root()),
        ["docs", "--check"] => docs::check(&root()),
        ["kill", options @ ..] => kill::run(&root(), options),
        ["rehearsal", options @ ..] => kill::rehearse(&root(), options),
        ["bench", options @ ..] => bench::run(&root(), options),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Every option of every chore; each takes a value.
const OPTIONS: [&str; 8] = [
    "--runs", "--sizes", "--only", "--chant", "--seeds", "--from", "--jobs", "--specs",
];

/// The workspace root, wherever cargo was called.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// Options after a chore's name: `--name value` pairs, nothing else.
fn option<'a>(options: &[&'a str], name: &str) -> Result<Option<&'a str>> {
    let mut found = None;
    let mut rest = options.iter();
    while let Some(word) = rest.next() {
        let value = rest
            .next()
            .ok_or_else(|| anyhow::anyhow!("{word} needs a value\n{USAGE}"))?;
        anyhow::ensure!(OPTIONS.contains(word), "unknown option {word}\n{USAGE}");
        if *word == name {
            found = Some(*value);
        }
    }
    Ok(found)
}
