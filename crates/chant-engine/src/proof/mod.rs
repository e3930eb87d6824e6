//! Red-to-green proof: that the tests fail without a change, for the stated reason, and pass with it.
//!
//! Nothing here believes an agent. What is found is a [`ProofDocument`]: kept with the run, shown to people as a
//! table, and summed up in the landing's record.

mod document;

pub use document::{Counts, ProofDocument, Row, Side, TestFile, Verdict};
