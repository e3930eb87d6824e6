//! `chant merge`

use std::collections::HashMap;

use chant_engine::journal::RunRecord;
use chant_engine::run::Report;
use chant_engine::run::queue::{Attendance, Fate, Preview};
use chant_engine::verbs::merge;
use chant_engine::{Code, Error, Project, Result, driver};

use super::attend::{Stop, attended_runs};
use super::work::conclude;
use crate::cli::{Context, Done};
use crate::ui::{Tone, Ui, one_line};

/// Land results that wait on their branches
///
/// A result waits for its turn after `chant work --no-merge`, when uncommitted changes of yours were in its way, or when it
/// contradicts the main branch. What waits lands in an order that respects dependencies, checked on what it lands on.
/// Resolve a conflict on the run's branch (its worktree is named by `chant status`), then go on with --continue.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  chant merge 005\n  chant merge --all\n  chant merge --all --dry-run\n  chant merge --label v0.7.0\n  chant merge --continue 005"
)]
pub(crate) struct Args {
    /// Specs, by id, path, or a part of the id
    #[arg(value_name = "SPEC", required_unless_present_any = ["all", "label", "continue"])]
    specs: Vec<String>,
    /// Everything that waits
    #[arg(long, conflicts_with_all = ["specs", "label"])]
    all: bool,
    /// What waits of the specs with this label
    #[arg(long, value_name = "LABEL", conflicts_with = "specs")]
    label: Option<String>,
    /// Say what would land, in which order, and what would contradict what; touch nothing
    #[arg(long)]
    dry_run: bool,
    /// Go on with conflicts that a person has resolved
    #[arg(long)]
    r#continue: bool,
}

pub(crate) fn run(cx: &mut Context, args: &Args) -> Result<Done> {
    let project = cx.project()?;
    let runs = chosen(cx, &project, args)?;
    if runs.is_empty() && !args.dry_run && driver::is_any_due(&project, None)? {
        // A completion that was cut off, that a file was in the way of, or that a check did not let pass.
        let drivers = super::drivers::complete(cx, &project, None)?;
        super::drivers::conclude(drivers.iter())?;
        if !drivers.is_empty() {
            return Done::with(Vec::<()>::new());
        }
    }
    if runs.is_empty() {
        cx.ui.done("Nothing waits to land.");
        return Done::with(Vec::<()>::new());
    }
    if args.dry_run {
        let previews = merge::preview(&project, &runs)?;
        for preview in &previews {
            show_preview(&mut cx.ui, preview);
        }
        return Done::with(previews);
    }
    let stop = Stop::install()?;
    let specs: HashMap<String, String> = runs
        .iter()
        .map(|run| (run.id.clone(), run.spec.clone()))
        .collect();
    let name = |run: &str| match specs.len() {
        1 => None,
        _ => specs.get(run).cloned(),
    };
    let reports = attended_runs(cx, &stop, &name, |attendance: Attendance<'_>| {
        merge::merge(&project, &runs, attendance)
    })?;
    ended(cx, reports)
}

fn chosen(cx: &Context, project: &Project, args: &Args) -> Result<Vec<RunRecord>> {
    let runs = if !args.specs.is_empty() {
        let mut runs = Vec::new();
        for name in &args.specs {
            let found = cx.spec(project, name)?;
            runs.push(merge::waiting_run(project, &found.id)?);
        }
        return Ok(runs);
    } else if let Some(label) = &args.label {
        merge::waiting_with(project, std::slice::from_ref(label))?
    } else {
        merge::waiting(project)?
    };
    Ok(if args.r#continue {
        merge::resolved(runs)
    } else {
        runs
    })
}

/// Says how each ended; of several, one that did not land keeps none from being told.
fn ended(cx: &mut Context, reports: Vec<Report>) -> Result<Done> {
    if reports.is_empty() {
        cx.ui.done("Another command lands what waits.");
    }
    let alone = reports.len() == 1;
    let mut failed: Option<Error> = None;
    for report in &reports {
        if let Err(error) = conclude(cx, report) {
            if error.code == Code::Interrupted || alone {
                return Err(error);
            }
            cx.ui.warn(&error.message);
            failed.get_or_insert(error);
        }
    }
    match failed {
        Some(error) => Err(error),
        None => Done::with(reports),
    }
}

fn show_preview(ui: &mut Ui, preview: &Preview) {
    let (id, main) = (one_line(&preview.id), one_line(&preview.main_branch));
    let line = match &preview.fate {
        Fate::Lands {
            commits,
            checked_again,
            remark,
        } => {
            let commits = match commits {
                0 => String::new(),
                1 => ", with 1 commit of its agent".to_owned(),
                more => format!(", with {more} commits of its agent"),
            };
            let checks = if *checked_again {
                ", after its checks ran again"
            } else {
                ""
            };
            let remark = remark
                .as_deref()
                .map_or_else(String::new, |remark| format!(" ({})", one_line(remark)));
            format!("{id} would land on {main}{commits}{checks}{remark}")
        }
        Fate::Conflict { files, with } => {
            let with = if with.is_empty() {
                main
            } else {
                one_line(&with.join(", "))
            };
            format!("{id} contradicts {with} in {}", one_line(&files.join(", ")))
        }
        Fate::InTheWay { files } => format!(
            "{id} would wait: your uncommitted changes to {} are in the way",
            one_line(&files.join(", "))
        ),
        Fate::Rebase { folder } => format!(
            "{id} would wait: {main} is being rebased in {}",
            one_line(&folder.display().to_string())
        ),
        Fate::Waits { on } => {
            format!(
                "{id} would wait: it depends on {}, which would not land",
                one_line(on)
            )
        }
    };
    let tone = match preview.fate {
        Fate::Lands { .. } => Tone::Good,
        _ => Tone::Warning,
    };
    let line = ui.paint(tone, &line);
    ui.out(&line);
}
