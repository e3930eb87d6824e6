//! Drivers: their completion once their members are done and their own checks hold.

mod chain;
mod checks;
mod complete;

pub use complete::{Completed, complete, complete_after, complete_if_free, failure, is_any_due};
