//! `chant finalize`

use chant_engine::person::Name;
use chant_engine::steer::{self, Finalized};
use chant_engine::{Code, Error, Result};

use super::attend::{Stop, attended};
use super::work::conclude;
use crate::cli::{Context, Done};

/// Accept what you made in a worktree that you took over
///
/// What lies there is collected, judged, checked and landed like an agent's result, with you named as who made it. Where
/// something does not hold, that is said, and the worktree stays yours.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  chant takeover 003\n  chant finalize 003")]
pub(crate) struct Args {
    /// The spec, by id, path, or a part of the id
    #[arg(value_name = "SPEC")]
    spec: String,
    /// Who made it; the person who took it over where not given
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
}

pub(crate) fn run(cx: &mut Context, args: &Args) -> Result<Done> {
    let project = cx.project()?;
    let found = cx.spec_at_hand(&project, &args.spec)?;
    let by = args.by.as_deref().map(Name::parse).transpose()?;
    let stop = Stop::install()?;
    let done = attended(cx, &stop, |outside| {
        steer::finalize(&project, &found.id, by.as_ref(), outside)
    })?;
    if let Some(reason) = &done.refused {
        return Err(refused(&done, reason));
    }
    conclude(cx, &done.report)?;
    Done::with(done)
}

fn refused(done: &Finalized, reason: &str) -> Error {
    let id = &done.report.id;
    let details = serde_json::to_value(done).unwrap_or_default();
    Error::new(
        Code::NotDone,
        format!("{id} can not be accepted yet: {reason}"),
    )
    .hint(format!(
        "{} in {}, then: chant finalize {id}",
        if done.conflicts {
            format!("merge {}", done.report.main_branch)
        } else {
            "mend it".to_owned()
        },
        done.worktree.display()
    ))
    .detail("run", details)
}
