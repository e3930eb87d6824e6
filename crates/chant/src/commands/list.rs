//! `chant list`

use chant_engine::query::{self, Filter};
use chant_engine::{Code, Error, Result};
use chant_spec::status::State;

use super::shown;
use crate::cli::{Context, Done};
use crate::ui::one_line;

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
    /// The specs of all repositories in your settings, and of this one
    #[arg(long, conflicts_with_all = ["tree", "repo"])]
    global: bool,
    /// The members of a driver below it
    #[arg(long)]
    tree: bool,
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Done> {
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
    if args.global {
        return everywhere(cx, &filter);
    }
    let project = cx.project()?;
    let mut specs = query::list(&project, &filter)?;
    if cx.ui.is_json() {
        query::choose_agents(&project, &mut specs)?;
    }
    cx.ui.begin_page();
    if specs.is_empty() {
        if filtered || args.archived {
            cx.ui.out("No spec matches.");
        } else {
            cx.ui
                .out("No specs yet. Write the first: chant add \"what should change\"");
        }
    }
    if args.tree {
        let tree = query::arranged(specs);
        shown::tree(&mut cx.ui, &tree);
        return Done::with(tree);
    }
    shown::table(&mut cx.ui, &specs);
    Done::with(specs)
}

/// One table of all repositories; what can not be listed is said beside it.
fn everywhere(cx: &mut Context, filter: &Filter) -> Result<Done> {
    let all = query::list_everywhere(&cx.cwd, filter)?;
    cx.ui.begin_page();
    shown::placed(&mut cx.ui, &all.specs);
    if all.specs.is_empty() {
        cx.ui.out("No spec matches.");
    }
    for problem in &all.problems {
        cx.ui.warn(&one_line(&problem.message));
    }
    Done::with(all.specs)
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
