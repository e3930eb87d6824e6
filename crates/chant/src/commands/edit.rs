//! `chant edit`

use chant_engine::Result;
use chant_engine::verbs::edit;

use crate::cli::{Context, Done};
use crate::ui::one_line;

/// Open a spec in your editor, and check it afterwards
///
/// The editor is `$VISUAL`, else `$EDITOR`, else vi. It may have arguments.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The spec, by id, path, or a part of the id
    #[arg(value_name = "SPEC")]
    spec: String,
}

pub(crate) fn run(cx: &mut Context, args: &Args) -> Result<Done> {
    let project = cx.project()?;
    let found = cx.spec(&project, &args.spec)?;
    let set = |name: &str| {
        std::env::var(name)
            .ok()
            .filter(|value| !value.trim().is_empty())
    };
    let editor = set("VISUAL")
        .or_else(|| set("EDITOR"))
        .unwrap_or_else(|| "vi".to_owned());
    let done = edit::edit(&project, &found, &editor)?;
    for finding in &done.findings {
        cx.ui.warn(&one_line(&format!(
            "{}:{}: {}",
            done.path, finding.line, finding.message
        )));
    }
    cx.ui.out(&one_line(&format!(
        "{} {}",
        done.path,
        if done.changed {
            "changed"
        } else {
            "is as it was"
        }
    )));
    Done::with(done)
}
