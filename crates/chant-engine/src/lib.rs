//! Everything that is decided: settings, the index of specs, queries, and the verbs that change things.
//!
//! The engine never prints and never asks. It returns values, emits events and returns errors with a code;
//! a face renders them. No function depends on the current directory: [`Project`] carries the root.

pub mod agents;
mod approval;
pub mod attest;
mod bench;
pub mod budget;
pub mod bundle;
mod claim;
pub mod concern;
pub mod config;
mod digest;
pub mod drift;
pub mod driver;
pub mod error;
pub mod event;
pub mod feedback;
mod history;
pub mod index;
mod inputs;
pub mod journal;
pub mod landing;
pub mod limits;
mod line;
mod nearest;
pub mod order;
pub mod person;
mod project;
pub mod prompt;
pub mod proof;
pub mod provenance;
pub mod query;
pub mod queue;
pub mod record;
pub mod recover;
pub mod repos;
mod resolve;
pub mod run;
mod sandbox;
pub mod schedule;
pub mod split;
pub mod steer;
pub mod trust;
pub mod verbs;
pub mod ways;
pub mod workflow;

pub(crate) use digest::{blob_id, digest, hex, object_id, sha256_blob};
pub use error::{Code, Error, Result};
pub(crate) use line::one_line;
pub use nearest::nearest;
pub(crate) use project::nearest_project;
pub use project::{DOT_CHANT, Project};
pub use resolve::SpecRef;
