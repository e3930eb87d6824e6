//! Runs of real processes: `sh` scripts as agents, and recordings of them.
#![expect(clippy::unwrap_used, reason = "tests")]

mod mangled;
mod recording;
mod run;
mod scratch;
