//! `chant feedback`

use std::path::PathBuf;

use chant_engine::feedback;
use chant_engine::person;
use chant_engine::{Code, Error, Result};

use crate::cli::{Context, Done};
use crate::ui::one_line;

/// Tell the next attempt at a spec what it should know
///
/// The next attempt finds it in its prompt, and so does an agent that goes on with a stopped run. `chant show` lists it until
/// the spec has landed. It is kept in this clone only, beside its attempts: what everybody should know belongs into the
/// spec (`chant edit`).
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  chant feedback 003 \"the lock must be held for the read as well\"\n  chant feedback 003 --file review.md"
)]
pub(crate) struct Args {
    /// The spec, by id, path, or a part of the id
    #[arg(value_name = "SPEC")]
    spec: String,
    /// What it should know
    #[arg(value_name = "TEXT", required_unless_present = "file")]
    text: Option<String>,
    /// Read it from a file
    #[arg(long, value_name = "FILE", conflicts_with = "text")]
    file: Option<PathBuf>,
    /// Who says it; git's user.name where not given
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
}

pub(crate) fn run(cx: &mut Context, args: &Args) -> Result<Done> {
    let project = cx.project()?;
    let found = cx.spec_at_hand(&project, &args.spec)?;
    let by = person::person(&project, args.by.as_deref())?;
    let text = match (&args.text, &args.file) {
        (Some(text), _) => text.clone(),
        (None, Some(file)) => read(&cx.cwd.join(file))?,
        (None, None) => String::new(),
    };
    let given = feedback::give(&project, &found.id, &by, &text)?;
    let id = one_line(&given.id);
    cx.ui.done(&format!("{id}: the next attempt sees it"));
    if given.at_work {
        cx.ui.hint(&format!(
            "an agent is at work, and does not see it; to give it now: chant pause {id}, then chant work {id}"
        ));
    } else {
        cx.ui.hint(&format!("chant work {id}"));
    }
    Done::with(given)
}

fn read(path: &std::path::Path) -> Result<String> {
    let bytes = chant_os::file::read_regular(path, feedback::LARGEST).map_err(|error| {
        let error = Error::from(error);
        Error::new(Code::Usage, format!("--file: {}", error.message))
            .hint("name a file of text, or write it on the command line: chant feedback SPEC \"…\"")
    })?;
    String::from_utf8(bytes).map_err(|_| {
        Error::new(
            Code::FileUnusable,
            format!("{} is not text", path.display()),
        )
        .hint("feedback is UTF-8 text")
    })
}
