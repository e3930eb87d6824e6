//! The crate against real git, in repositories of its own.
#![allow(missing_docs, reason = "tests")]
#![allow(clippy::print_stderr, reason = "a test says why it is skipped")]
#![allow(clippy::unwrap_used, reason = "tests")]

mod blame;
mod branches;
mod checkout;
mod checkout_blocked;
mod checkout_killed;
mod commits;
mod discovery;
mod exclude;
mod gathered;
mod refs;
mod scratch;
mod sign;
mod trees;
mod worktrees;
