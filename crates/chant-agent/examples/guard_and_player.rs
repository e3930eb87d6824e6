//! What the tests need a program of our own for: the guard of a process tree, and the player of a recording.

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut args = std::env::args_os().skip(1);
    let code = match args.next().as_deref().and_then(std::ffi::OsStr::to_str) {
        Some("__guard") => chant_os::guard::main(),
        Some("__replay") => chant_agent::replay_main(args),
        _ => 2,
    };
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}
