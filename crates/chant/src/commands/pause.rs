//! `chant pause`

use chant_engine::person;
use chant_engine::steer::{self, Paused};
use chant_engine::{Code, Error, Result};

use crate::cli::{Context, Done};
use crate::ui::one_line;

/// Stop a run where it is, so that it can go on later
///
/// The agent is asked to stop, and its processes are ended. What it did stays in its worktree and on its branch. `chant work`
/// goes on with it: in the agent's own session where it has one, else the agent is told what was done and what is open.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  chant pause 003\n  chant pause --all\n  chant work 003")]
pub(crate) struct Args {
    /// Specs, by id, path, or a part of the id
    #[arg(value_name = "SPEC", required_unless_present = "all")]
    specs: Vec<String>,
    /// Every run of this project that is at work now
    #[arg(long, conflicts_with = "specs")]
    all: bool,
    /// Who asks for it; git's user.name where not given
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
}

pub(crate) fn run(cx: &mut Context, args: &Args) -> Result<Done> {
    let project = cx.project()?;
    let mut ids = Vec::new();
    for name in &args.specs {
        ids.push(cx.spec_at_hand(&project, name)?.id);
    }
    let by = person::person(&project, args.by.as_deref())?;
    if args.all {
        let all = steer::pause_all(&project, &by)?;
        if all.is_empty() {
            cx.ui.done("Nothing is at work.");
        }
        for paused in &all {
            say(cx, paused);
        }
        return Done::with(all);
    }
    let mut done = Vec::new();
    let mut refused: Option<Error> = None;
    for id in &ids {
        match steer::pause(&project, id, &by) {
            Ok(paused) => {
                say(cx, &paused);
                done.push(paused);
            }
            // The others are to be stopped all the same.
            Err(error) if error.code == Code::WrongStatus && ids.len() > 1 => {
                cx.ui.warn(&error.message);
                refused.get_or_insert(error);
            }
            Err(error) => return Err(error),
        }
    }
    match refused {
        Some(error) => Err(error),
        None => Done::with(done),
    }
}

fn say(cx: &mut Context, paused: &Paused) {
    let id = one_line(&paused.id);
    if let Some(by) = &paused.taken_over_by {
        cx.ui.done(&format!(
            "{id} was taken over by {}, and no agent works it",
            one_line(by)
        ));
        cx.ui.hint(&format!(
            "when it is done: chant finalize {id}; to give it back to the agent: chant work {id}"
        ));
        return;
    }
    if paused.already {
        cx.ui.done(&format!("{id} is paused already"));
    } else {
        cx.ui
            .out(&format!("{id} is paused at the step '{}'", paused.step));
    }
    let how = if paused.session {
        "in the agent's own session"
    } else {
        "with a hand-over of what was done"
    };
    cx.ui.hint(&format!(
        "go on, {how}: chant work {id}; by hand: chant takeover {id}"
    ));
}
