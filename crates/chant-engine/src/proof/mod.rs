//! A red-to-green proof as a value: what is to be shown, and what was found. How it is made is in `prove`.

mod document;
mod plan;

pub use document::{Counts, ProofDocument, Row, Side, TestFile, Verdict};
pub use plan::{Frozen, Plan};
