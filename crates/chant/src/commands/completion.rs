//! `chant completion`

use chant_engine::Result;

use crate::cli::{self, Context, Done};

/// Print the completion script for a shell
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  chant completion bash > ~/.local/share/bash-completion/completions/chant\n  chant completion zsh > ~/.zfunc/_chant"
)]
pub(crate) struct Args {
    /// The shell
    #[arg(value_enum)]
    shell: clap_complete::Shell,
}

pub(crate) fn run(cx: &mut Context, args: &Args) -> Result<Done> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut cli::definition(), "chant", &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    cx.ui.out(script.trim_end());
    Done::with(serde_json::json!({"script": script}))
}
