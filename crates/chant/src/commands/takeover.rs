//! `chant takeover`

use chant_engine::Result;
use chant_engine::person;
use chant_engine::steer::{self, TakenOver};

use crate::cli::{Context, Done};
use crate::ui::{Tone, one_line};

/// Go on with a run by hand, in its worktree
///
/// The agent is stopped where it is at work. What was done, what is open and where the work is are written into the spec in the
/// worktree, under "Takeover". Mend it there, tick the criteria that hold, then `chant finalize`: your result goes through the
/// same checks as an agent's. `chant work` gives it back to the agent.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  chant takeover 003\n  cd \"$(chant takeover 003 --quiet)\"")]
pub(crate) struct Args {
    /// The spec, by id, path, or a part of the id
    #[arg(value_name = "SPEC")]
    spec: String,
    /// Who goes on; git's user.name where not given
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
}

pub(crate) fn run(cx: &mut Context, args: &Args) -> Result<Done> {
    let project = cx.project()?;
    let found = cx.spec_at_hand(&project, &args.spec)?;
    let by = person::person(&project, args.by.as_deref())?;
    let taken = steer::takeover(&project, &found.id, &by)?;
    say(cx, &taken);
    Done::with(taken)
}

fn say(cx: &mut Context, taken: &TakenOver) {
    let id = one_line(&taken.id);
    let now = if taken.already {
        "is yours already"
    } else {
        "is yours"
    };
    cx.ui.status(
        Tone::Good,
        "yours",
        &format!("{id} {now}, on {}", taken.branch),
    );
    for file in &taken.handover.files {
        cx.ui.status(Tone::Dim, "changed", &file.to_string());
    }
    for criterion in &taken.handover.open {
        cx.ui.status(Tone::Dim, "open", &one_line(criterion));
    }
    // Alone on standard output, so that a shell can go there.
    cx.ui.out(&one_line(&taken.worktree.display().to_string()));
    cx.ui.hint(&format!(
        "when it is done: chant finalize {id}; to give it back to the agent: chant work {id}"
    ));
}
