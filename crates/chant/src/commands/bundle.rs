//! `chant bundle`

use std::path::PathBuf;

use chant_engine::Result;

use crate::cli::{Context, Done};
use crate::ui::one_line;

/// Write a landed fix and its proof into one file
///
/// Whoever has a clone of the repository can replay the proof from it with `chant verify-bundle`, without this clone's
/// state, its agent, or its trust. The file holds the base commit's id, the tests and the change (as a git bundle and
/// as patches), the checks, what is expected of each, and what is attested of the landing. Files below `.chant/` are
/// left out.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  chant bundle 005 -o issue-42.chant")]
pub(crate) struct Args {
    /// The spec, by id, path, or a part of the id
    #[arg(value_name = "SPEC")]
    spec: String,
    /// The file to write; it must not exist
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

pub(crate) fn run(cx: &mut Context, args: &Args) -> Result<Done> {
    let project = cx.project()?;
    let found = cx.spec(&project, &args.spec)?;
    let file = cx.cwd.join(&args.output);
    let bundle = chant_engine::verbs::bundle::bundle(&project, &found, &file)?;
    let shown = one_line(&args.output.display().to_string());
    cx.ui.out(&format!("{} is in {shown}", found.id));
    cx.ui.hint(&format!(
        "replay it in any clone that has {}: chant verify-bundle {shown}",
        bundle.manifest.base.commit.get(..10).unwrap_or_default()
    ));
    Done::with(serde_json::json!({"file": file, "manifest": bundle.manifest}))
}
