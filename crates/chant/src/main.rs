//! The chant command line: reads arguments, calls one verb or query of the engine, prints what comes back.
//!
//! Nothing is decided here. Everything that is printed goes through [`ui`].

mod board;
mod cli;
mod commands;
mod graph;
mod json;
mod progress;
#[cfg(test)]
mod reference;
mod report;
mod table;
mod ui;

use std::process::ExitCode;

/// The hidden first arguments by which chant starts itself as a helper process.
const GUARD: &str = "__guard";
const CONFINE: &str = chant_os::confine::ARGUMENT;
const REPLAY: &str = "__replay";
const BUILTIN: &str = chant_agent::BUILTIN;
const ACP: &str = "__acp";

fn main() -> ExitCode {
    let mut args = std::env::args_os().skip(1);
    let status = match args.next().as_deref().and_then(std::ffi::OsStr::to_str) {
        Some(GUARD) => chant_os::guard::main(),
        Some(CONFINE) => chant_os::confine::main(args),
        Some(REPLAY) => chant_agent::replay_main(args),
        Some(BUILTIN) => chant_builtin::main(args),
        Some(ACP) => chant_acp::main(args),
        _ => return ExitCode::from(cli::run()),
    };
    ExitCode::from(u8::try_from(status).unwrap_or(1))
}
