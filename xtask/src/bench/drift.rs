//! `chant drift` over completed specs that each have five recorded inputs, against the `git status` that anyone waits for.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use super::{
    Bench,
    timing::{self, Case},
};

/// Raise it when the generator changes: a project of another edition is made anew.
const EDITION: &str = "1";

/// How many completed specs there are.
const SPECS: usize = 10_000;

/// How many source files they were made from.
const SOURCES: usize = 500;

/// Times drift with nothing stale, with a source changed, and without its caches.
pub(super) fn measure(bench: &Bench) -> Result<()> {
    let project = project(bench)?;
    let git = Path::new("git");
    let status = ["status", "--porcelain"];
    let reference = bench.case("git status --porcelain", git, &status, &project);
    let drift = || bench.chant(&["drift", "--json"], &project);
    let title = |what: &str| format!("{SPECS} completed specs with 5 inputs each, {what}");
    drift().succeed()?;

    let cases = [reference.clone(), drift()];
    let mut clean = timing::alternate(bench.runs, |_| cases.to_vec())?;
    timing::with_memory(&mut clean, &cases)?;
    timing::print(&title("warm"), &clean);

    let source = project.join(source(7));
    let before = fs::read_to_string(&source)?;
    fs::write(&source, "changed\n")?;
    let changed = timing::alternate(bench.runs.min(5), |_| vec![reference.clone(), drift()]);
    fs::write(&source, before)?;
    timing::print(&title("a source changed"), &changed?);

    let cold = timing::alternate(bench.runs.min(5), |_| {
        let _ = fs::remove_file(project.join(".git/chant/history"));
        let _ = fs::remove_file(project.join(".git/chant/index"));
        vec![drift()]
    })?;
    timing::print(&title("caches deleted before each"), &cold);
    Ok(())
}

fn source(number: usize) -> String {
    format!("src/module_{:03}.rs", number % SOURCES)
}

fn finding(number: usize) -> String {
    format!("findings/{number:05}.md")
}

fn spec(number: usize) -> String {
    format!(".chant/specs/{number:05}-find.md")
}

/// The five things a spec was made from: three sources, the finding and the text of the spec before it.
fn inputs(number: usize) -> Vec<String> {
    let mut inputs = [1, 7, 31].map(|step| source(number * step + step)).to_vec();
    // Chains of twenty.
    if number.is_multiple_of(20) {
        inputs.extend([source(number + 2), source(number + 3)]);
    } else {
        inputs.extend([finding(number - 1), spec(number - 1)]);
    }
    inputs
}

fn spec_text(number: usize) -> String {
    let mut text = String::from("---\ntype: research\nstatus: completed\n");
    if !number.is_multiple_of(20) {
        let _ = writeln!(text, "depends_on: [{:05}-find]", number - 1);
    }
    let _ = writeln!(text, "informed_by: [{}]", inputs(number).join(", "));
    let _ = writeln!(text, "target_files: [{}]\n---\n", finding(number));
    let _ = writeln!(text, "# What is the matter with {number}?\n");
    text.push_str("## Acceptance Criteria\n\n- [x] It is found\n");
    text
}

/// The project, made once and kept: every landing is a commit as chant makes it.
fn project(bench: &Bench) -> Result<PathBuf> {
    let folder = bench.folder.join("drift");
    let stamp = bench.folder.join("drift.edition");
    if fs::read_to_string(&stamp).is_ok_and(|edition| edition == EDITION) {
        return Ok(folder);
    }
    println!("making {}", folder.display());
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    for inside in ["src", "findings", ".chant/specs"] {
        fs::create_dir_all(folder.join(inside))?;
    }
    fs::write(
        folder.join(".chant/config.md"),
        "---\nproject:\n  name: bench\n---\n",
    )?;
    for number in 0..SOURCES {
        fs::write(folder.join(source(number)), format!("// module {number}\n"))?;
    }
    bench.git(&["init", "--quiet"], &folder)?;
    bench.git(&["add", "--all"], &folder)?;
    bench.git(&["commit", "--quiet", "--message", "sources"], &folder)?;
    for number in 0..SPECS {
        fs::write(folder.join(finding(number)), format!("found {number}\n"))?;
        fs::write(folder.join(spec(number)), spec_text(number))?;
    }
    let stream = stream(bench, &folder)?;
    fs::write(bench.folder.join("drift.stream"), stream)?;
    shell(bench, "git fast-import --quiet < ../drift.stream", &folder).succeed()?;
    bench.git(&["reset", "--quiet", "--hard", "main"], &folder)?;
    fs::write(stamp, EDITION)?;
    Ok(folder)
}

fn shell(bench: &Bench, line: &str, folder: &Path) -> Case {
    bench.case("sh", Path::new("sh"), &["-c", line], folder)
}

/// All landings, for `git fast-import`.
fn stream(bench: &Bench, folder: &Path) -> Result<String> {
    let paths: Vec<String> = (0..SOURCES)
        .map(source)
        .chain((0..SPECS).map(finding))
        .chain((0..SPECS).map(spec))
        .collect();
    fs::write(folder.join("../drift.paths"), paths.join("\n") + "\n")?;
    let hash = "git hash-object --stdin-paths < ../drift.paths > ../drift.ids";
    shell(bench, hash, folder).succeed()?;
    let ids = fs::read_to_string(folder.join("../drift.ids"))?;
    let ids: std::collections::HashMap<&str, &str> =
        paths.iter().map(String::as_str).zip(ids.lines()).collect();
    let id = |path: &str| ids.get(path).copied().context("every path has an id");
    let mut stream = String::new();
    for number in 0..SPECS {
        let mut message = format!(
            "chant({number:05}-find): T\n\nChant-Spec: {number:05}-find\nChant-Run: 01KARGXV1K7TKJJ4V7{number:0>8}\n"
        );
        for input in inputs(number) {
            let _ = writeln!(message, "Chant-Input: {} {input}", id(&input)?);
        }
        let _ = writeln!(
            message,
            "Chant-Output: {} {}",
            id(&finding(number))?,
            finding(number)
        );
        stream.push_str(
            "commit refs/heads/main\ncommitter Bench <bench@example.invalid> 1763700000 +0000\n",
        );
        let _ = write!(stream, "data {}\n{message}\n", message.len());
        if number == 0 {
            stream.push_str("from refs/heads/main^0\n");
        }
        for (path, text) in [
            (finding(number), format!("found {number}\n")),
            (spec(number), spec_text(number)),
        ] {
            let _ = write!(
                stream,
                "M 100644 inline {path}\ndata {}\n{text}\n",
                text.len()
            );
        }
    }
    Ok(stream)
}
