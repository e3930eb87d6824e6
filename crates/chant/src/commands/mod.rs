//! The commands, one file each: the arguments with their help, `run`, and what is printed.

mod cleanup;
mod demo;
mod diagnose;
mod init;
mod list;
mod log;
mod merge;
mod prep;
mod reset;
mod trust;
mod undo;
mod work;

use chant_engine::Result;
use clap::Subcommand;

use crate::cli::{Context, Done};

/// Every command.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Init(init::Args),
    #[command(visible_alias = "ls")]
    List(list::Args),
    Work(work::Args),
    Prep(prep::Args),
    Log(log::Args),
    Merge(merge::Args),
    Reset(reset::Args),
    Diagnose(diagnose::Args),
    Cleanup(cleanup::Args),
    Undo(undo::Args),
    Trust(trust::Args),
    Demo(demo::Args),
}

/// Runs a command; without one, says how things stand and what to do next.
pub(crate) fn run(cx: &mut Context, command: Option<Command>) -> Result<Done> {
    match command {
        None => Done::with(serde_json::json!({})),
        Some(Command::Init(args)) => init::run(cx, &args),
        Some(Command::List(args)) => list::run(cx, &args),
        Some(Command::Work(args)) => work::run(cx, args),
        Some(Command::Prep(args)) => prep::run(cx, &args),
        Some(Command::Log(args)) => log::run(cx, &args),
        Some(Command::Merge(args)) => merge::run(cx, &args),
        Some(Command::Reset(args)) => reset::run(cx, &args),
        Some(Command::Diagnose(args)) => diagnose::run(cx, &args),
        Some(Command::Cleanup(args)) => cleanup::run(cx, &args),
        Some(Command::Undo(args)) => undo::run(cx, &args),
        Some(Command::Trust(args)) => trust::run(cx, &args),
        Some(Command::Demo(args)) => demo::run(cx, args),
    }
}
