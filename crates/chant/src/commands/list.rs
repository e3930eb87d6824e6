//! `chant list`

use chant_engine::query::{self, Filter};
use chant_engine::{Code, Error, Result};
use chant_spec::status::State;

use super::shown;
use crate::cli::{Context, Done};

/// List specs, what is ready first
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  chant list --ready\n  chant list --label issue-1234\n  chant list --status failed --status conflict\n  chant list --approval pending"
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
    /// Only specs whose approval stands so: pending, approved, rejected or lapsed
    #[arg(long, value_name = "STATUS")]
    approval: Vec<String>,
    /// Only what can be worked now
    #[arg(long)]
    ready: bool,
    /// Only what is stale: completed, and made from something that is another thing now
    #[arg(long)]
    stale: bool,
    /// What was put away, instead of what was not
    #[arg(long)]
    archived: bool,
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Done> {
    let project = cx.project()?;
    for status in &args.status {
        check_status(status)?;
    }
    for status in &args.approval {
        check_word(status, &APPROVALS, "not how an approval can stand")?;
    }
    let named = [&args.label, &args.status, &args.kind, &args.approval];
    let filtered = args.ready || args.stale || named.iter().any(|words| !words.is_empty());
    let mut statuses = args.status;
    // `--status stale` is the same question.
    let stale = args.stale || statuses.iter().any(|status| status == "stale");
    statuses.retain(|status| status != "stale");
    let filter = Filter {
        labels: args.label,
        stale,
        statuses,
        kinds: args.kind,
        approvals: args.approval,
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

/// How an approval can stand.
const APPROVALS: [&str; 4] = ["pending", "approved", "rejected", "lapsed"];

/// A misspelt status would look like a list of nothing.
pub(super) fn check_status(word: &str) -> Result<()> {
    let known: Vec<&str> = State::ALL.iter().map(|state| state.as_str()).collect();
    check_word(word, &known, "not a status of specs")
}

fn check_word(word: &str, known: &[&str], what: &str) -> Result<()> {
    if known.contains(&word) {
        return Ok(());
    }
    let hint = chant_engine::nearest(word, known.iter().copied()).map_or_else(
        || format!("use one of {}", known.join(", ")),
        |near| format!("did you mean {near:?}?"),
    );
    Err(Error::new(Code::Usage, format!("{word:?} is {what}")).hint(hint))
}
