//! What goes wrong while several runs are worked at once, driven through the real binary.
//!
//! `tests/run/` has the same for one run; here is what only many show: a second command, runs that land while others work,
//! agents that misbehave beside honest ones, and state that is damaged between two commands.
#![allow(missing_docs, reason = "tests")]
#![allow(clippy::print_stderr, reason = "a test says why it is skipped")]
#![allow(clippy::unwrap_used, reason = "tests")]

mod agents;
mod branches;
mod disk;
mod journal;
mod landed;
mod many;
mod two;
