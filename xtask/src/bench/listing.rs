//! Commands that look at many specs, against a text search through the same files.

use std::{fs, path::Path, process::Command};

use anyhow::Result;

use super::{
    Bench, specs,
    timing::{self, Case},
};

/// Times the reading commands and `add` in a project of `count` specs.
pub(super) fn measure(bench: &Bench, count: usize) -> Result<()> {
    let (project, middle) = specs::project(bench, count)?;
    let chant = |words: &[&str]| bench.chant(words, &project);
    let cases = [
        reference(bench, &project),
        chant(&["list"]),
        chant(&["list", "--ready"]),
        chant(&["list", "--json"]),
        chant(&["show", &middle]),
        chant(&["status"]),
        chant(&["search", specs::RARE]),
        chant(&["lint"]),
    ];
    let mut timings = timing::alternate(bench.runs, |_| cases.to_vec())?;
    timing::with_memory(&mut timings, &cases)?;
    timing::print(&format!("{count} specs, warm"), &timings);

    let changing = [
        reference(bench, &project),
        chant(&["--no-input", "add", "A spec more"]).named("chant add"),
    ];
    let added = timing::alternate(bench.runs, |_| changing.to_vec())?;
    specs::remove_added(&project)?;
    timing::print(&format!("{count} specs, adding one"), &added);

    let cold = timing::alternate(bench.runs.min(5), |_| {
        let _ = fs::remove_file(project.join(".git/chant/index"));
        vec![chant(&["list"])]
    })?;
    timing::print(&format!("{count} specs, index deleted before each"), &cold);
    Ok(())
}

/// ripgrep where it is installed, else grep.
fn reference(bench: &Bench, project: &Path) -> Case {
    let ripgrep = Command::new("rg").arg("--version").output().is_ok();
    let (program, words): (&str, &[&str]) = if ripgrep {
        ("rg", &["-c", "^status:", ".chant/specs"])
    } else {
        ("grep", &["-rc", "^status:", ".chant/specs"])
    };
    let name = format!("{program} {}", words.join(" "));
    bench.case(&name, Path::new(program), words, project)
}
