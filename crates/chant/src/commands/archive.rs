//! `chant archive`

use chant_engine::verbs::archive::{self, Direction};
use chant_engine::{Code, Error, Result};

use crate::cli::{Context, Done};
use crate::ui::one_line;

/// Put finished specs away, or bring them back
///
/// Archived specs no longer show in lists; what depends on them still counts them as completed.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  chant archive 001 002\n  chant archive --label v0.7.0\n  chant archive --restore 001"
)]
pub(crate) struct Args {
    /// Specs, by id, path, or a part of the id
    #[arg(value_name = "SPEC", required_unless_present = "label")]
    specs: Vec<String>,
    /// All finished specs with this label
    #[arg(long, value_name = "LABEL", conflicts_with = "specs")]
    label: Option<String>,
    /// Bring back instead of putting away
    #[arg(long)]
    restore: bool,
}

pub(crate) fn run(cx: &mut Context, args: &Args) -> Result<Done> {
    let project = cx.project()?;
    let direction = if args.restore {
        Direction::Back
    } else {
        Direction::Away
    };
    let specs = match &args.label {
        Some(label) => archive::labelled(&project, label, direction)?,
        None => args
            .specs
            .iter()
            .map(|name| cx.spec(&project, name))
            .collect::<Result<_>>()?,
    };
    if specs.is_empty() {
        return Err(
            Error::new(Code::NothingToDo, "no spec to move has that label")
                .hint("chant list --label LABEL"),
        );
    }
    let done = archive::archive(&project, &specs, direction)?;
    for moved in &done.moved {
        cx.ui
            .out(&one_line(&format!("{} -> {}", moved.from, moved.to)));
    }
    if let Some(recorded) = &done.recorded {
        super::say_recorded(cx, recorded);
    }
    Done::with(done)
}
