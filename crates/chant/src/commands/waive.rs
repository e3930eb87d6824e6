//! `chant waive`

use chant_engine::Result;
use chant_engine::verbs::waive;

use crate::cli::{Context, Done};
use crate::ui::one_line;

/// Let a criterion go, with a reason
///
/// The criterion then counts as done without being met, and everything that shows it says who let it go and why. It
/// counts for exactly these words: a criterion that is reworded has to be met again. No agent can do this.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  chant waive 005 3 --by \"Ada Lovelace\" --reason \"no such hardware here\"\n  chant waive 005 \"works on Windows\" --by Ada --reason \"not supported any more\""
)]
pub(crate) struct Args {
    /// The spec, by id, path, or a part of the id
    #[arg(value_name = "SPEC")]
    spec: String,
    /// The criterion: its number, its text, or a part of its text
    #[arg(value_name = "CRITERION")]
    criterion: String,
    /// Who lets it go
    #[arg(long, value_name = "NAME")]
    by: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

pub(crate) fn run(cx: &mut Context, args: &Args) -> Result<Done> {
    let project = cx.project()?;
    let found = cx.spec_at_hand(&project, &args.spec)?;
    let done = waive::waive(&project, &found, &args.criterion, &args.by, &args.reason)?;
    let (id, text) = (one_line(&done.id), one_line(&done.waiver.criterion));
    cx.ui.done(&format!(
        "{id}: waived by {}: {text} (was {})",
        one_line(&done.waiver.by),
        done.was
    ));
    super::say_recorded(cx, &done.recorded);
    Done::with(done)
}
