//! `chant undo`

use chant_engine::Result;
use chant_engine::verbs::undo;

use crate::cli::{Context, Done};

/// Bring back what the last reset or cleanup put away
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
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
    let undone = undo::undo(&project)?;
    cx.ui.done(&format!("undone: {}", undone.what));
    Done::with(undone)
}
