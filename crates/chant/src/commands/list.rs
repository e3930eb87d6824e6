//! `chant list`

use chant_engine::Result;
use chant_engine::query::{self, Filter};

use super::shown;
use crate::cli::{Context, Done};

/// List specs, what is ready first
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  chant list --ready\n  chant list --label issue-1234\n  chant list --status failed --status conflict"
)]
pub(crate) struct Args {
    /// Only specs with this label; several: with all of them
    #[arg(long, value_name = "LABEL")]
    label: Vec<String>,
    /// Only specs that stand so: ready, blocked, `in_progress`, failed, completed, …
    #[arg(long, value_name = "STATUS")]
    status: Vec<String>,
    /// Only specs of this type
    #[arg(long = "type", value_name = "TYPE")]
    kind: Vec<String>,
    /// Only what can be worked now
    #[arg(long)]
    ready: bool,
    /// What was put away, instead of what was not
    #[arg(long)]
    archived: bool,
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Done> {
    let project = cx.project()?;
    let filtered =
        args.ready || !(args.label.is_empty() && args.status.is_empty() && args.kind.is_empty());
    let filter = Filter {
        labels: args.label,
        statuses: args.status,
        kinds: args.kind,
        ready: args.ready,
        archived: args.archived,
    };
    let specs = query::list(&project, &filter)?;
    cx.ui.begin_page();
    shown::table(&mut cx.ui, &specs);
    if specs.is_empty() {
        if filtered || args.archived {
            cx.ui.out("No spec matches.");
        } else {
            cx.ui
                .out("No specs yet. Write the first: chant add \"what should change\"");
        }
    }
    Done::with(specs)
}
