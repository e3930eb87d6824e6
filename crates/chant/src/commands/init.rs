//! `chant init`

use chant_engine::Result;
use chant_engine::verbs::init::{self, Wishes};

use crate::cli::{Context, Done};

/// Make this repository a chant project
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What the project is called; the folder's name where not given
    #[arg(long)]
    name: Option<String>,
    /// Keep `.chant/` out of git: nobody else will see it
    #[arg(long)]
    silent: bool,
}

pub(crate) fn run(cx: &mut Context, args: &Args) -> Result<Done> {
    let wishes = Wishes { name: args.name.clone(), silent: args.silent, ..Wishes::default() };
    let done = init::init(&cx.cwd, &wishes)?;
    cx.ui.out(&format!("{} is a chant project", done.name));
    Done::with(done)
}
