//! One spec that was asked for, from waiting to over.

use jiff::Timestamp;

use super::pick::Candidate;
use crate::index::Entry;
use crate::room::Held;

/// Where a spec that was asked for is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Something is in its way.
    Blocked,
    /// It starts as soon as there is a place.
    Ready,
    /// Its run is being made.
    Running,
    /// Its run is finished and waits to land, or lands.
    Landing,
    /// Another command works it.
    Elsewhere,
    /// It goes on at this moment.
    Parked(Timestamp),
    /// Its turn is over.
    Over,
}

impl Stage {
    /// One word, to count by.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Blocked => "blocked",
            Self::Ready => "ready",
            Self::Running => "running",
            Self::Landing => "landing",
            Self::Elsewhere => "elsewhere",
            Self::Parked(_) => "parked",
            Self::Over => "over",
        }
    }
}

/// One spec that was asked for.
#[derive(Debug)]
pub(super) struct Task {
    pub spec: String,
    pub title: String,
    pub agent: String,
    pub stage: Stage,
    /// The spec's last run when it was asked for.
    pub earlier: Option<String>,
    /// Its run: one that goes on, or the one that was begun here.
    pub run: Option<String>,
    /// How often its run was submitted.
    pub attempt: u32,
    /// How many attempts of this command failed and were followed by another.
    pub retries: u32,
    /// Whether this command has begun it.
    pub begun: bool,
    /// What it is picked by.
    pub candidate: Candidate,
    /// The files in which its result contradicts the main branch: several such are brought together one after another, so
    /// that each sees what the last one made of it.
    pub contradicts: Vec<String>,
    /// Its places, while its agent works.
    pub places: Option<Held>,
    /// Its files, until it landed.
    pub files: Option<Held>,
    /// What was last told of its waiting.
    pub told: Vec<String>,
}

impl Task {
    /// A spec as it was asked for, with what it is picked by.
    pub(super) fn new(entry: &Entry, agent: String, candidate: Candidate) -> Self {
        let title = entry.content.as_ref().ok();
        Self {
            spec: entry.node.id.clone(),
            title: title
                .and_then(|summary| summary.title.clone())
                .unwrap_or_default(),
            agent,
            stage: Stage::Blocked,
            earlier: None,
            run: None,
            attempt: 0,
            retries: 0,
            begun: false,
            candidate,
            contradicts: Vec::new(),
            places: None,
            files: None,
            told: Vec::new(),
        }
    }
}
