//! What the floor promises, tried on the real operating system.
#![expect(clippy::unwrap_used, reason = "tests")]

mod commands;
mod crash;
mod files;
mod locks;
mod recovery;
mod stage;
mod trees;
