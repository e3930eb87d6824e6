//! Red-to-green proof: that the tests fail without a change, for the stated reason, and pass with it.
//!
//! Nothing here believes an agent. What is found is a [`ProofDocument`](crate::proof::ProofDocument): kept with the run,
//! shown to people as a table, and summed up in the landing's record.

mod bisect;
mod ending;
mod files;
mod frozen;
mod lab;
#[cfg(test)]
mod outputs;
mod plan;
mod report;
mod seen;
mod source;
mod stages;
mod trees;

pub(crate) use ending::{claimed, named_commits};
pub(crate) use files::TestFiles;
pub(crate) use frozen::frozen;
pub(crate) use lab::{Halt, Lab};
pub(crate) use plan::nothing_compiled_by_time;
pub(crate) use seen::{Seen, reason};
pub(crate) use stages::{could_be_red, prove};
pub(crate) use trees::Subject;
