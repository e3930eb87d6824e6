//! `chant edit`

use chant_engine::verbs::edit;
use chant_engine::{Code, Error, Result};

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
    let editor = match set("VISUAL").or_else(|| set("EDITOR")) {
        Some(editor) => editor,
        None if cx.interactive => "vi".to_owned(),
        None => return Err(nobody_to_edit(&found.path)),
    };
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

fn nobody_to_edit(path: &str) -> Error {
    Error::new(
        Code::NeedsAnswer,
        "there is no terminal for an editor, and EDITOR is not set",
    )
    .hint(format!("set EDITOR, or change {path} by other means"))
}
