//! Everything that is decided: settings, the index of specs, queries, and the verbs that change things.
//!
//! The engine never prints and never asks. It returns values, emits events and returns errors with a code;
//! a face renders them. No function depends on the current directory: [`Project`] carries the root.

pub mod config;
pub mod error;
mod nearest;

pub use error::{Code, Error, Result};
pub use nearest::nearest;
