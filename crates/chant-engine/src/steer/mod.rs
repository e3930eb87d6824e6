//! Steering: what a person asks of a run that another process may be driving, and what they tell the next attempt.
//!
//! A wish is written into the run's folder, then the process that holds the spec's claim is interrupted. The run's end
//! reads the wish for its reason. Whoever wished waits for the claim, which the kernel frees however that process ends;
//! so a wish comes true, too, where there was nobody left to read it.

mod finalize;
mod pause;
pub mod retry;
mod stop;
mod takeover;

pub use finalize::{Finalized, finalize};
pub use pause::{Paused, pause, pause_all};
pub(crate) use stop::stop;
pub use takeover::{TakenOver, takeover};
