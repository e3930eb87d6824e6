//! `chant silent`

use chant_engine::Result;
use chant_engine::verbs::silent;

use crate::cli::{Context, Done};

/// Keep `.chant/` out of git, or stop doing so
///
/// In silent mode nothing of chant is in `git status`, in any commit, message or branch that is pushed. Specs, prompts and
/// research stay local; the whole chain works on them all the same.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Let git see `.chant/` again
    #[arg(long, conflicts_with = "status")]
    off: bool,
    /// Only say how it is
    #[arg(long)]
    status: bool,
}

pub(crate) fn run(cx: &mut Context, args: &Args) -> Result<Done> {
    let project = cx.project()?;
    let done = if args.status {
        silent::status(&project)
    } else if args.off {
        silent::off(&project)?
    } else {
        silent::on(&project)?
    };
    cx.ui.done(if done.silent {
        "silent: git knows nothing of .chant/ in this clone"
    } else {
        "not silent: git sees .chant/"
    });
    if args.off && done.silent {
        cx.ui
            .hint("a setting still says silent: see `chant config`");
    }
    Done::with(done)
}
