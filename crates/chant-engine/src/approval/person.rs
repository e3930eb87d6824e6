//! What only a person may do.

use crate::error::{Code, Error, Result};

/// Refuses what an agent may not do: the processes of a run carry its marker, or descend from one that does.
pub(crate) fn person_only(what: &str) -> Result<()> {
    match chant_os::tree::carried(crate::run::MARKER) {
        None => Ok(()),
        Some(run) => Err(Error::new(
            Code::PersonOnly,
            format!("only a person can {what}, and this was started by the agent of run {run}"),
        )
        .hint("a person runs it, in a terminal of their own")
        .detail("run", run)),
    }
}
