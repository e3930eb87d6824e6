//! The generated pages of the documentation: `docs/reference/` and `docs/errors.md`. Tests beside the tables they come from
//! compare them, or write them; this chore only starts those tests.

use std::{
    path::Path,
    process::{Command, ExitCode},
};

use anyhow::{Context, Result};

/// The tests that hold a page each, as arguments of `cargo test`.
const TESTS: [[&str; 3]; 2] = [
    ["--bin", "chant", "reference::"],
    ["--test", "cli", "every_error_code_is_documented"],
];

/// Writes every generated page anew.
pub(crate) fn write(root: &Path) -> Result<ExitCode> {
    run(root, true)
}

/// Fails when a page is not what its table says.
pub(crate) fn check(root: &Path) -> Result<ExitCode> {
    run(root, false)
}

fn run(root: &Path, writes: bool) -> Result<ExitCode> {
    for test in TESTS {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["test", "--quiet", "--package", "chant"]);
        cargo.args(test).current_dir(root);
        cargo.env_remove("CHANT_WRITE_DOCS");
        if writes {
            cargo.env("CHANT_WRITE_DOCS", "1");
        }
        let status = cargo.status().context("cargo could not be started")?;
        if !status.success() {
            return Ok(ExitCode::FAILURE);
        }
    }
    Ok(ExitCode::SUCCESS)
}
