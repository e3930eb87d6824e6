//! `chant merge`

use chant_engine::verbs::merge;
use chant_engine::{Code, Error, Result};

use super::work::{Stop, attended, conclude};
use crate::cli::{Context, Done};

/// Land results that wait on their branches
///
/// A result waits when uncommitted changes of yours were in its way, or when it conflicts with the main branch. Resolve
/// a conflict on the run's branch (its worktree is named by `chant status`), then merge.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  chant merge 005\n  chant merge --all")]
pub(crate) struct Args {
    /// Specs, by id, path, or a part of the id
    #[arg(value_name = "SPEC", required_unless_present = "all")]
    specs: Vec<String>,
    /// Everything that waits
    #[arg(long, conflicts_with = "specs")]
    all: bool,
}

pub(crate) fn run(cx: &mut Context, args: &Args) -> Result<Done> {
    let project = cx.project()?;
    let mut runs = Vec::new();
    if args.all {
        runs = merge::waiting(&project)?;
    } else {
        for name in &args.specs {
            let found = cx.spec(&project, name)?;
            runs.push(merge::waiting_run(&project, &found.id)?);
        }
    }
    if runs.is_empty() {
        cx.ui.out("Nothing waits to land.");
        return Done::with(Vec::<()>::new());
    }
    let stop = Stop::install()?;
    let mut reports = Vec::new();
    let mut failed: Option<Error> = None;
    for run in runs {
        let report = attended(cx, &stop, |outside| merge::merge(&project, &run, outside))?;
        if let Err(error) = conclude(cx, &report) {
            if error.code == Code::Interrupted || !args.all {
                return Err(error);
            }
            cx.ui.warn(&error.message);
            failed.get_or_insert(error);
        }
        reports.push(report);
    }
    match failed {
        Some(error) => Err(error),
        None => Done::with(reports),
    }
}
