//! Measurements of the release build.

use std::{path::Path, process::ExitCode};

use anyhow::Result;

/// Runs the measurements.
pub(crate) fn run(_root: &Path, options: &[&str]) -> Result<ExitCode> {
    crate::option(options, "--runs")?;
    Ok(ExitCode::SUCCESS)
}
