//! What a person agreed to: by content, and for as long as that content stays.
//!
//! Owns which object ids an approval holds and when it still holds. The entry in the file is [`chant_spec::Approval`];
//! the commands are `verbs/approve.rs` and `verbs/reject.rs`.

mod outputs;
mod signature;

pub(crate) use outputs::Outputs;
pub(crate) use signature::Signing;
