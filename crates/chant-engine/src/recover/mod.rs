//! What a crash, a reboot, a full disk or a hand has left, found and said.
//!
//! [`look`] finds it and changes nothing; the driver of runs goes on with it. [`mend`] is the one thing that is put right
//! before a command does anything else: a journal that was lost is made again from the runs' folders and from git.

mod going_on;
mod journal;

pub use going_on::{Going, go_on, going_on, is_being_made, is_driven, pulse, pulse_of_files};
pub use journal::{Mended, mend, mend_damaged};
