//! How long chant needs before it does anything, against a program that does nothing.

use std::{fs, path::Path, process::Command};

use anyhow::{Context, Result, ensure};

use super::{Bench, timing};

/// Times the smallest commands.
pub(super) fn measure(bench: &Bench) -> Result<()> {
    let hello = bench.folder.join("hello");
    compile_hello(&hello)?;
    let empty = bench.folder.join("empty");
    fs::create_dir_all(empty.join(".chant/specs"))?;
    fs::write(
        empty.join(".chant/config.md"),
        "---\nproject:\n  name: empty\n---\n",
    )?;
    bench.git(&["init", "--quiet"], &empty)?;
    let cases = [
        bench.case("hello world in Rust", &hello, &[], &empty),
        bench.chant(&["--version"], &empty),
        bench.chant(&["list"], &empty),
    ];
    // These are short: more rounds cost nothing and say more.
    let mut timings = timing::alternate(bench.runs * 4, |_| cases.to_vec())?;
    timing::with_memory(&mut timings, &cases)?;
    timing::print("start, in an empty project", &timings);
    Ok(())
}

fn compile_hello(target: &Path) -> Result<()> {
    let source = target.with_extension("rs");
    fs::write(&source, "fn main() {\n    println!(\"hello\");\n}\n")?;
    let compiled = Command::new("rustc")
        .arg("-O")
        .arg("-o")
        .args([target, &source])
        .status()
        .context("rustc could not be started")?;
    ensure!(compiled.success(), "rustc failed");
    Ok(())
}
