//! The command line, driven through the real binary: what it accepts, refuses, prints and leaves behind.
#![allow(missing_docs, reason = "tests")]
#![allow(clippy::unwrap_used, reason = "tests")]
#![expect(clippy::print_stderr, reason = "a skipped test says why")]

mod agents;
mod beginning;
mod commands;
mod corpus;
mod export;
mod files;
mod hostile;
mod json;
mod output;
mod repos;
mod support;
mod trace;
mod workflow;
