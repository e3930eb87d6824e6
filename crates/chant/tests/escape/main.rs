//! The sandbox, from the inside: an agent that is a program tries to get out, and everything outside stays as it was.
//!
//! Each attempt runs twice: within the sandbox, where it has to fail, and with `sandbox: off`, where the same has to work; otherwise
//! the test would prove nothing.

mod files;
mod network;
mod processes;
mod support;
