//! `chant export`

use std::path::PathBuf;

use chant_engine::Result;
use chant_engine::query::{self, Filter};
use chant_engine::verbs::export::{self, Format};

use super::list::check_status;
use crate::cli::{Context, Done};
use crate::ui::one_line;

/// Write specs down as data, for other programs
///
/// As JSON they are the objects of `chant list --json`. CSV holds the same fields, several values of one field with `; ` between;
/// Markdown is a table for people. Nothing is started, and nothing outside the repository is read.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  chant export --format csv -o specs.csv\n  chant export --label v0.7.0 --format md"
)]
pub(crate) struct Args {
    /// How to write them
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "json")]
    format: Written,
    /// Only specs with this label; several: with all of them
    #[arg(long, value_name = "LABEL")]
    label: Vec<String>,
    /// Only specs that stand so, as for `chant list`
    #[arg(long, value_name = "STATUS")]
    status: Vec<String>,
    /// What was put away, instead of what was not
    #[arg(long)]
    archived: bool,
    /// Write to this file, which must not exist, instead of printing
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Written {
    Json,
    Csv,
    Md,
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Done> {
    let project = cx.project()?;
    args.status
        .iter()
        .try_for_each(|status| check_status(status))?;
    let (stale, statuses): (Vec<String>, Vec<String>) = args
        .status
        .into_iter()
        .partition(|status| status == "stale");
    let filter = Filter {
        labels: args.label,
        stale: !stale.is_empty(),
        statuses,
        archived: args.archived,
        ..Filter::default()
    };
    let mut specs = query::list(&project, &filter)?;
    query::choose_agents(&project, &mut specs)?;
    let format = match args.format {
        Written::Json => Format::Json,
        Written::Csv => Format::Csv,
        Written::Md => Format::Markdown,
    };
    let text = export::render(&specs, format)?;
    match &args.output {
        Some(output) => {
            export::write(&cx.cwd.join(output), &text)?;
            let shown = one_line(&output.display().to_string());
            let count = specs.len();
            let noun = if count == 1 { "spec is" } else { "specs are" };
            cx.ui.out(&format!("{count} {noun} in {shown}"));
        }
        None => cx.ui.out(text.trim_end()),
    }
    Done::with(specs)
}
