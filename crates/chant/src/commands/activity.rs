//! `chant activity`

use chant_engine::Result;
use chant_engine::moment;
use chant_engine::query::{self, Happening, Wanted};

use crate::cli::{Context, Done};
use crate::table::{self, Cell};
use crate::ui::{Tone, one_line};

/// Show what happened: landings, approvals, rejections and runs, newest first
///
/// Landings and what people said come from the commits, so a fresh clone tells them too. Attempts that did not land, and
/// what silent mode did, only the clone knows that made them.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  chant activity --since 2026-11-01\n  chant activity --by Ada --spec 005"
)]
pub(crate) struct Args {
    /// Only of this person or agent: a part of the name
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    /// Only from this day or moment on
    #[arg(long, value_name = "DATE")]
    since: Option<String>,
    /// Only of this spec
    #[arg(long, value_name = "SPEC")]
    spec: Option<String>,
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Done> {
    let project = cx.project()?;
    let since = args.since.as_deref().map(moment::since).transpose()?;
    let spec = match &args.spec {
        Some(name) => Some(cx.spec(&project, name)?.id.to_string()),
        None => None,
    };
    let wanted = Wanted {
        by: args.by,
        since,
        spec,
    };
    let all = query::activity(&project, &wanted)?;
    cx.ui.begin_page();
    let rows: Vec<Vec<Cell<'_>>> = all.iter().map(row).collect();
    if all.is_empty() {
        cx.ui.out("Nothing has happened.");
    } else if !cx.ui.is_json() {
        table::print(&mut cx.ui, &rows);
    }
    Done::with(all)
}

fn row(happening: &Happening) -> Vec<Cell<'_>> {
    let tone = match happening.what.as_str() {
        "landed" | "approved" => Tone::Good,
        "rejected" | "failed" | "conflict" => Tone::Bad,
        _ => Tone::Warning,
    };
    let mut text = one_line(&happening.by);
    if let Some(reason) = &happening.reason {
        text = format!("{text}: {}", one_line(reason));
    }
    if let Some(commit) = &happening.commit {
        text = format!("{text}  ({})", commit.get(..10).unwrap_or(commit));
    }
    if happening.inferred {
        text.push_str("  (inferred)");
    }
    vec![
        Cell::new(Tone::Dim, one_line(&happening.at)),
        Cell::new(tone, happening.what.replace('_', " ")),
        Cell::new(Tone::Strong, one_line(&happening.spec)),
        Cell::new(Tone::Plain, text),
    ]
}
