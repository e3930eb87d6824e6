//! `chant prep`

use chant_engine::Result;
use chant_engine::order::Order;
use chant_engine::verbs::prep;

use crate::cli::{Context, Done};
use crate::ui::harmless;

/// Print what an agent would be given
///
/// Nothing is changed and nothing is started: the prompt with the spec, its inputs with their object ids, and the rules.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  chant prep 003\n  chant prep 003 --prompt research")]
pub(crate) struct Args {
    /// The spec, by id, path, or a part of the id
    #[arg(value_name = "SPEC")]
    spec: String,
    /// The prompt, by name
    #[arg(long, value_name = "NAME")]
    prompt: Option<String>,
}

pub(crate) fn run(cx: &mut Context, args: &Args) -> Result<Done> {
    let project = cx.project()?;
    let found = cx.spec_at_hand(&project, &args.spec)?;
    let order = Order {
        prompt: args.prompt.clone(),
        ..Order::default()
    };
    let prepared = prep::prep(&project, &found.id, &order)?;
    cx.ui.begin_page();
    if std::io::IsTerminal::is_terminal(&std::io::stdout()) {
        cx.ui.out(&harmless(prepared.text.trim_end()));
    } else {
        // Piped on, it is exact to the byte.
        cx.ui.out(prepared.text.trim_end_matches('\n'));
    }
    Done::with(prepared)
}
