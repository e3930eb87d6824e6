//! `chant cancel`

use chant_engine::person;
use chant_engine::verbs::cancel::{self, Cancelled, Coming};
use chant_engine::{Code, Error, Project, Result, SpecRef};

use crate::cli::{Context, Done};
use crate::ui::{Tone, one_line};

/// Say that a spec will not be done
///
/// A run that is at work is stopped first; what it did is kept under `refs/chant/kept/`. What depends on the spec stays blocked,
/// and says so, or is cancelled with it. `chant reset` makes it pending again.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  chant cancel 003\n  chant cancel 003 --cascade --dry-run")]
pub(crate) struct Args {
    /// Specs, by id, path, or a part of the id
    #[arg(required = true, value_name = "SPEC")]
    specs: Vec<String>,
    /// Cancel what depends on them as well; listed first
    #[arg(long)]
    cascade: bool,
    /// Only say what would be cancelled
    #[arg(long)]
    dry_run: bool,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
    /// Who cancels; git's user.name where not given
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
}

pub(crate) fn run(cx: &mut Context, args: &Args) -> Result<Done> {
    let project = cx.project()?;
    let mut specs = Vec::new();
    for name in &args.specs {
        specs.push(cx.spec_at_hand(&project, name)?);
    }
    if args.cascade {
        let more = dependents(cx, &project, &specs)?;
        let asks = cx.interactive && !args.yes && !args.dry_run && !more.is_empty();
        if asks && !confirmed(cx)? {
            cx.ui.done("Nothing was cancelled.");
            return Done::with(Vec::<Cancelled>::new());
        }
        specs.extend(more);
    }
    if args.dry_run {
        return dry_run(cx, &project, &specs);
    }
    let by = person::person(&project, args.by.as_deref())?;
    let mut all = Vec::new();
    for found in &specs {
        let done = cancel::cancel(&project, found, &by)?;
        say(cx, &done);
        all.push(done);
    }
    Done::with(all)
}

/// What depends on the specs, told before anything is done.
fn dependents(cx: &mut Context, project: &Project, specs: &[SpecRef]) -> Result<Vec<SpecRef>> {
    let ids: Vec<_> = specs.iter().map(|found| found.id.clone()).collect();
    let mut more = Vec::new();
    for id in cancel::dependents(project, &ids)? {
        cx.ui
            .status(Tone::Warning, "as well", &one_line(id.as_str()));
        more.push(cx.spec_at_hand(project, id.as_str())?);
    }
    Ok(more)
}

fn dry_run(cx: &mut Context, project: &Project, specs: &[SpecRef]) -> Result<Done> {
    let mut ids = Vec::new();
    for found in specs {
        let coming = cancel::preview(project, &found.id)?;
        let id = one_line(found.id.as_str());
        cx.ui.out(&match coming {
            Coming::Nothing => format!("{id} is cancelled already"),
            Coming::Cancel => format!("{id} would be cancelled"),
            Coming::StopAndCancel => format!("{id} would be stopped, and cancelled"),
        });
        if coming != Coming::Nothing {
            ids.push(found.id.to_string());
        }
    }
    Done::with(serde_json::json!({"would_cancel": ids}))
}

fn confirmed(cx: &mut Context) -> Result<bool> {
    cx.ui.pass_on();
    inquire::Confirm::new("Cancel these as well?")
        .with_default(false)
        .prompt()
        .map_err(|error| Error::new(Code::Interrupted, format!("not answered: {error}")))
}

fn say(cx: &mut Context, done: &Cancelled) {
    let id = one_line(&done.id);
    cx.ui.done(&match done.recorded {
        Some(_) => format!("{id} is cancelled (was {})", done.was.as_str()),
        None => format!("{id} is cancelled already"),
    });
    if let Some(kept) = &done.kept {
        cx.ui
            .hint(&format!("what its run had done is kept at {kept}"));
    }
    if let Some(recorded) = &done.recorded {
        super::say_recorded(cx, recorded);
    }
    for driver in &done.drivers {
        cx.ui.done(&one_line(&driver.sentence()));
    }
}
