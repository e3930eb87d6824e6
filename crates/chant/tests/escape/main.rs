//! The sandbox, from the inside: an agent that is a program tries to get out, and everything outside stays as it was.
//!
//! Each attempt runs twice: within the sandbox, where it has to fail, and with `sandbox: off`, where the same has to
//! work; otherwise the test would prove nothing.
#![allow(missing_docs, reason = "tests")]
#![allow(clippy::print_stderr, reason = "what was skipped is told")]
#![allow(clippy::unwrap_used, reason = "tests")]

mod checks;
mod files;
mod git;
mod network;
mod processes;
mod research;
mod support;
