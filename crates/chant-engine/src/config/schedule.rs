//! How many runs at once: the part of `limits` that the scheduler goes by.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::time::Duration;

use super::settings::Settings;
use crate::error::Result;

/// More at once is asked for by name; one person seldom reads faster.
const PARALLEL: NonZeroUsize = NonZeroUsize::new(4).expect("four is above zero");

/// How many runs at once, and how far apart they begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// How many runs at once, where the command names no number.
    pub parallel: NonZeroUsize,
    /// How many runs of specs with a label at once.
    pub labels: BTreeMap<String, NonZeroUsize>,
    /// How many results may wait for a person before nothing more is started.
    pub waiting_for_person: Option<NonZeroUsize>,
    /// The time between two starts.
    pub stagger: Duration,
}

impl Schedule {
    pub(super) fn read(settings: &Settings<'_>) -> Result<Self> {
        Ok(Self {
            parallel: settings.count("limits.parallel")?.unwrap_or(PARALLEL),
            labels: settings.counts("limits.labels")?,
            waiting_for_person: settings.count("limits.waiting_for_person")?,
            stagger: settings.duration("limits.stagger")?.unwrap_or_default(),
        })
    }
}
