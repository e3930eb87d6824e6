//! `chant verify`

use chant_engine::event::Event;
use chant_engine::verbs::verify::{self, Options, Rerun, Search, Verification};
use chant_engine::{Code, Error, Result, SpecRef};

use super::attend::{Stop, attended_by, show};
use crate::cli::{Context, Done};
use crate::ui::{Tone, Ui, one_line};

/// Run the checks of finished specs again, on the main branch as it is now
///
/// Each check runs in a clean worktree of the main branch's files, never in yours. Nothing of the specs changes.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  chant verify 005\n  chant verify --all --exit-code\n  chant verify --label v0.7.0 --bisect"
)]
#[command(group = clap::ArgGroup::new("which").required(true).args(["specs", "all", "labels"]))]
pub(crate) struct Args {
    /// Specs, by id, path, or a part of the id
    #[arg(value_name = "SPEC")]
    specs: Vec<String>,
    /// All specs that are completed
    #[arg(long)]
    all: bool,
    /// The completed specs with this label; may be repeated, then all of them
    #[arg(long = "label", value_name = "LABEL")]
    labels: Vec<String>,
    /// Exit with 1 if anything does not hold
    #[arg(long)]
    exit_code: bool,
    /// Find the commit that broke what does not hold
    #[arg(long)]
    bisect: bool,
    /// Use a pristine worktree, without what earlier checks left and git ignores
    #[arg(long)]
    cold: bool,
}

pub(crate) fn run(cx: &mut Context, args: &Args) -> Result<Done> {
    let project = cx.project()?;
    let specs = if args.specs.is_empty() {
        verify::finished(&project, &args.labels)?
    } else {
        let found = args.specs.iter().map(|name| cx.spec(&project, name));
        found.collect::<Result<Vec<SpecRef>>>()?
    };
    if specs.is_empty() {
        return Err(nothing(args));
    }
    let options = Options {
        cold: args.cold,
        bisect: args.bisect,
    };
    let stop = Stop::install()?;
    let found = attended_by(cx, &stop, tell, |outside| {
        verify::verify(&project, &specs, options, outside)
    })?;
    print(cx, &found);
    let exit = u8::from(args.exit_code && found.broken > 0);
    Ok(Done::with(found)?.ending(exit))
}

fn nothing(args: &Args) -> Error {
    let which = match args.labels.as_slice() {
        [] => "no spec is completed".to_owned(),
        labels => format!("no completed spec has the label {}", labels.join(" and ")),
    };
    Error::new(Code::NothingToDo, which).hint("see what there is: chant list")
}

fn print(cx: &mut Context, found: &Verification) {
    for spec in &found.specs {
        let broken = spec.checks.iter().filter(|check| !check.record.passed);
        broken.for_each(|check| print_broken(cx, &spec.id, check));
    }
    if !found.unchecked.is_empty() {
        let ids = one_line(&found.unchecked.join(", "));
        cx.ui.out(&format!("without checks: {ids}"));
    }
    let at: String = found.at.chars().take(10).collect();
    let summary = format!(
        "on {} ({at}): {} hold, {} broken",
        one_line(&found.main_branch),
        found.holding,
        found.broken
    );
    let tone = if found.broken > 0 {
        Tone::Bad
    } else {
        Tone::Good
    };
    let summary = cx.ui.paint(tone, &summary);
    cx.ui.out(&summary);
}

/// A check is a result, shown as soon as it is known.
fn tell(ui: &mut Ui, event: &Event) {
    let Event::Check {
        name,
        passed,
        outcome,
    } = event
    else {
        return show(ui, event);
    };
    let (tone, word) = if *passed {
        (Tone::Good, "holds ")
    } else {
        (Tone::Bad, "broken")
    };
    let word = ui.paint(tone, word);
    let line = one_line(&format!("{name}: {outcome}"));
    ui.out(&format!("{word}  {line}"));
    // The next one may take minutes.
    ui.pass_on();
}

/// Where its output is, and which commit broke it.
fn print_broken(cx: &mut Context, id: &str, check: &Rerun) {
    let what = format!("{id}  {}", check.record.name);
    let by = match &check.search {
        Some(Search::Commit {
            commit,
            subject,
            author,
            steps,
        }) => {
            let commit: String = commit.chars().take(10).collect();
            Some(format!(
                "{what}: broken by {commit} {subject} ({author}), found in {steps} steps"
            ))
        }
        Some(Search::Nothing { reason }) => Some(format!("{what}: no commit found: {reason}")),
        None => None,
    };
    if let Some(by) = by {
        cx.ui.out(&one_line(&by));
    }
    if let Some(log) = &check.log {
        let log = format!("{what}: its output is in {}", log.display());
        cx.ui.hint(&one_line(&log));
    }
}
