//! Many specs at once, driven through the real binary with real git and real agent processes.
#![allow(missing_docs, reason = "tests")]
#![allow(clippy::unwrap_used, reason = "tests")]

mod asked;
mod limits;
mod processes;
mod repos;
mod stop;
mod support;
mod two;
