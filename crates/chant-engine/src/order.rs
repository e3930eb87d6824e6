//! What a person ordered on the command line: with which agent a spec is worked, how far, and how often.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// What a person ordered on the command line.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Order {
    /// `--agent`.
    pub agent: Option<String>,
    /// `--model`.
    pub model: Option<String>,
    /// `--prompt`.
    pub prompt: Option<String>,
    /// `--record`.
    pub record: Option<PathBuf>,
    /// `--cold`.
    pub cold: bool,
    /// `--again`: make a completed spec again.
    pub again: bool,
    /// `--now`: go on although a limit has not been renewed yet.
    pub now: bool,
    /// `--over-budget`: go on although a budget is spent.
    pub over_budget: bool,
    /// Whether a person is there to answer an agent's questions.
    #[serde(skip)]
    pub attended: bool,
    /// `--attempts`: how many are made, of which the best lands.
    pub attempts: Option<u32>,
    /// The attempts that a new run belongs to.
    #[serde(skip)]
    pub series: Option<Series>,
    /// The id that a new run gets; chosen here where there is none.
    #[serde(skip)]
    pub run: Option<String>,
    /// How far to go.
    #[serde(skip)]
    pub until: Until,
}

/// How far a process drives a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Until {
    /// Made and checked. The main branch is not touched: whoever lands it is another process.
    Finished,
    /// On the main branch.
    #[default]
    Landed,
}

/// Which of several attempts a run is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Series {
    /// What they have in common.
    pub id: String,
    /// How many are wanted.
    pub of: u32,
}

/// The id of a new run: a ULID, sorts by time, unique without coordination.
pub(crate) fn new_id() -> String {
    let millisecond = chant_os::clock::now().as_millisecond();
    ulid::Ulid::from_datetime(
        std::time::UNIX_EPOCH + std::time::Duration::from_millis(millisecond.unsigned_abs()),
    )
    .to_string()
}
