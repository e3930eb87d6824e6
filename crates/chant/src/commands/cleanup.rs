//! `chant cleanup`

use chant_engine::verbs::cleanup::{self, Leftover};
use chant_engine::{Code, Error, Result};

use crate::cli::{Context, Done};
use crate::ui::one_line;

/// Remove what no run needs any more
///
/// Worktrees and branches, results that landed, processes of runs that are over, and, beyond `limits.keep_runs`, the folders of
/// old runs. Everything of unfinished runs stays.
///
/// Only what chant made is ever looked at. Uncommitted work in a worktree is kept under `refs/chant/kept/` first, and a
/// deleted branch comes back with `chant undo`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Show what would go, and remove nothing
    #[arg(long)]
    dry_run: bool,
    /// Also remove the worktrees that are kept warm for checks; the next ones are made, and build, anew
    #[arg(long)]
    checks: bool,
    /// Also remove the worktrees that are kept for the next runs; those are made anew
    #[arg(long)]
    idle: bool,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
}

pub(crate) fn run(cx: &mut Context, args: &Args) -> Result<Done> {
    let project = cx.project()?;
    let mut found = cleanup::find(&project)?;
    if args.checks {
        found.extend(cleanup::warm_places(&project)?);
    }
    if args.idle {
        found.extend(cleanup::idle_worktrees(&project)?);
    }
    if found.is_empty() {
        cx.ui.done("Nothing to clean up.");
        return Done::with(found);
    }
    for leftover in &found {
        let line = match leftover {
            Leftover::Worktree { path, spec } => {
                format!("worktree  {}  (of {spec})", path.display())
            }
            Leftover::Place { path, warm } => {
                let which = if *warm { "kept warm" } else { "not usable" };
                format!("checks    {}  ({which})", path.display())
            }
            Leftover::Idle { path, usable } => {
                let which = if *usable {
                    "kept for the next run"
                } else {
                    "not usable"
                };
                format!("idle      {}  ({which})", path.display())
            }
            Leftover::Branch { branch, .. } => {
                format!("branch    {branch}  (all of it is on the main branch)")
            }
            Leftover::Result { name, spec, .. } => format!("result    {name}  (of {spec})"),
            Leftover::RunFolder { path, spec, bytes } => {
                let size = bytes.div_ceil(1000);
                format!("run       {}  (of {spec}, {size} kB)", path.display())
            }
            Leftover::BrokenJournal { path } => {
                format!("journal   {}  (was damaged)", path.display())
            }
            Leftover::Processes { run, spec, count } => {
                format!("processes {count} of the run {run}  (of {spec}, which is over)")
            }
        };
        cx.ui.out(&one_line(&line));
    }
    if args.dry_run {
        return Done::with(found);
    }
    if !args.yes && !confirmed(cx)? {
        cx.ui.out("Nothing was removed.");
        return Done::with(Vec::<Leftover>::new());
    }
    let count = found.len();
    let gone = cleanup::remove(&project, found)?;
    cx.ui.done(&format!("removed {}", gone.len()));
    if gone.len() < count {
        let left = count - gone.len();
        let why = format!("{left} stay: a run has come to need them meanwhile");
        cx.ui.hint(&why);
    }
    Done::with(gone)
}

fn confirmed(cx: &mut Context) -> Result<bool> {
    if !cx.interactive {
        return Err(Error::new(
            Code::NeedsAnswer,
            "cleanup asks before it removes anything, and nobody can answer here",
        )
        .hint("chant cleanup --yes"));
    }
    cx.ui.pass_on();
    inquire::Confirm::new("Remove these?")
        .with_default(false)
        .prompt()
        .map_err(|error| Error::new(Code::Interrupted, format!("not answered: {error}")))
}
