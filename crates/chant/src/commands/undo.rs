//! `chant undo`

use chant_engine::Result;
use chant_engine::verbs::undo;

use crate::cli::{Context, Done};

/// Bring back what the last reset or cleanup put away
///
/// A landed commit is a commit: `git revert` takes it back.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  chant undo\n  chant undo --list\n  chant undo 003    (the last that was about this spec)"
)]
pub(crate) struct Args {
    /// The last that was about this spec, by id, path, or a part of the id
    #[arg(value_name = "SPEC", conflicts_with = "list")]
    spec: Option<String>,
    /// List what could be undone, newest first
    #[arg(long)]
    list: bool,
}

pub(crate) fn run(cx: &mut Context, args: &Args) -> Result<Done> {
    let project = cx.project()?;
    if args.list {
        let entries = undo::list(&project)?;
        for entry in &entries {
            cx.ui.out(&format!("{}  {}", entry.at, entry.what));
        }
        if entries.is_empty() {
            cx.ui.out("There is nothing to undo.");
        }
        return Done::with(entries);
    }
    let about = match &args.spec {
        Some(name) => Some(cx.spec_at_hand(&project, name)?.id),
        None => None,
    };
    let undone = undo::undo(&project, about.as_ref())?;
    cx.ui.done(&format!("undone: {}", undone.what));
    Done::with(undone)
}
