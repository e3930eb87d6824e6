//! Many specs at once: which starts next, where it runs, and when it lands.
//!
//! [`pick`] decides and is pure. [`seam`] is what a place that runs things has to offer; [`local`] is the first such
//! place: processes of this machine. [`queue`] is what was asked for and is not over, in the journal; [`slots`] are
//! the limits that all commands of a clone share, as locks. [`supervise`] puts them together.
//!
//! Nothing here renders, and nothing here writes the main branch: finished runs are handed to the landing queue.

mod event;
mod pick;
mod seam;
mod slots;
mod targets;

pub use event::{Elsewhere, Event, Stop, Summary, Waiting};
pub use pick::Limit;
pub use seam::{Capabilities, Ending, Executor, Job, Update, What};
pub(crate) use targets::overlap;
