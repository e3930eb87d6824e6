//! Many specs at once: which starts next, where it runs, and when it lands.
//!
//! [`pick`] decides and is pure. [`seam`] is what a place that runs things has to offer; [`local`] is the first such
//! place: processes of this machine. [`crate::queue`] is what was asked for and is not over, in the journal;
//! [`crate::room`] holds the limits that all commands of a clone share. [`supervise`] puts them together.
//!
//! Nothing here renders, and nothing here writes the main branch: finished runs are handed to the landing queue.

mod ask;
mod elsewhere;
mod end;
mod event;
mod intake;
mod lander;
mod local;
mod outcome;
mod pick;
mod seam;
mod seen;
mod start;
mod supervise;
mod task;
mod tidy;

pub use ask::Ask;
pub use event::{Elsewhere, Event, Refused, Stop, Summary, Waiting};
pub use intake::Coming;
pub use local::Local;
pub use seam::{Capabilities, Ending, Executor, Job, Update, What};
pub use supervise::{Outside, work};
