//! Drivers: their completion once their members are done.

mod complete;

pub use complete::{Completed, complete, complete_after, complete_if_free};
