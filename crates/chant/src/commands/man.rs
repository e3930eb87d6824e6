//! `chant man`

use chant_engine::{Code, Error, Result};

use crate::cli::{self, Context, Done};

/// Print the manual page, of chant or of one command
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  chant man | man -l -\n  chant man work > chant-work.1")]
pub(crate) struct Args {
    /// The command
    #[arg(value_name = "COMMAND")]
    command: Option<String>,
}

pub(crate) fn run(cx: &mut Context, args: &Args) -> Result<Done> {
    let mut whole = cli::definition();
    whole.build();
    let page = match &args.command {
        None => whole,
        Some(name) => {
            let found = whole
                .get_subcommands()
                .find(|command| command.get_name() == name)
                .cloned();
            let found = found.ok_or_else(|| {
                Error::new(Code::Usage, format!("there is no command {name:?}"))
                    .hint("chant help lists them")
            })?;
            found.name(format!("chant-{name}"))
        }
    };
    let mut text = Vec::new();
    clap_mangen::Man::new(page)
        .render(&mut text)
        .map_err(|error| {
            Error::new(Code::Internal, format!("failed to write the page: {error}"))
        })?;
    let text = String::from_utf8_lossy(&text).into_owned();
    cx.ui.out(text.trim_end());
    Done::with(serde_json::json!({"page": text}))
}
