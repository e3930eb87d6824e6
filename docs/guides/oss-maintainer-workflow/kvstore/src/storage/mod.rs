//! Where values are kept.

mod lock;
mod store;

pub use lock::Lock;
pub use store::{Entry, Store};
