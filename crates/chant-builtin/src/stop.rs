//! Whether somebody wants this agent to end, asked wherever something may take long.

use std::{
    io, thread,
    time::{Duration, Instant},
};

use chant_os::signal::Interrupts;

/// How often a wait looks whether it should end.
pub(crate) const POLL: Duration = Duration::from_millis(25);

/// The wish to end, once it was uttered. What is being done ends politely; a guard insists later.
#[derive(Debug)]
pub(crate) struct Stop(Option<Interrupts>);

impl Stop {
    /// From here on SIGINT, SIGTERM and SIGHUP are such a wish.
    pub(crate) fn install() -> io::Result<Self> {
        Ok(Self(Some(Interrupts::install()?)))
    }

    /// One that never comes.
    #[cfg(test)]
    pub(crate) fn never() -> Self {
        Self(None)
    }

    pub(crate) fn is_wanted(&self) -> bool {
        self.0
            .as_ref()
            .is_some_and(|signals| signals.try_count() > 0)
    }

    /// Waits, unless it is wanted that all ends.
    pub(crate) fn wait(&self, time: Duration) {
        let until = Instant::now() + time;
        while !self.is_wanted() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            thread::sleep(left.min(POLL));
        }
    }
}
