//! How a run ended, in the contract's words.

use std::{fmt, time::Duration};

use chant_os::tree::Exit;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Everything that is known of a run once its process tree is gone.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// How it ended.
    pub end: End,
    /// The id that resumes the agent's conversation, where it told one.
    pub session: Option<String>,
    /// The model that answered, where the agent told it.
    pub model: Option<String>,
    /// Tokens, where the agent told them; else zeros.
    pub usage: Usage,
    /// US dollars, where the agent told them.
    pub cost_usd: Option<f64>,
    /// From start to end.
    pub duration: Duration,
    /// Whether it got something done: used a tool, changed a file, or wrote tokens.
    pub progressed: bool,
    /// The last text the agent addressed to the user.
    pub last_text: Option<String>,
    /// How the agent's process itself ended.
    pub exit: Exit,
}

/// Tokens, as totals of one run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens read and paid in full.
    pub input: u64,
    /// Tokens written.
    pub output: u64,
    /// Tokens read from the provider's cache.
    pub cache_read: u64,
    /// Tokens written to the provider's cache.
    pub cache_write: u64,
}

/// Which of the two time limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// No output for too long.
    Idle,
    /// Too long altogether.
    Total,
}

/// The limit's name in the settings.
impl fmt::Display for Which {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Idle => "idle",
            Self::Total => "total",
        })
    }
}

/// The ways a run ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// The agent's process ended well and the agent did not say that it failed.
    Finished,
    /// It ended badly, or said that it failed.
    Failed {
        /// One sentence.
        reason: String,
    },
    /// Its plan or account is used up; it can be resumed when that is renewed.
    Limited {
        /// One sentence, as the provider tells it.
        reason: String,
        /// When it is renewed, where that is told.
        until: Option<Timestamp>,
    },
    /// Its provider was overloaded or could not be reached: the same again may well succeed.
    Transient {
        /// One sentence.
        reason: String,
    },
    /// A time limit passed.
    TimedOut {
        /// Which one.
        which: Which,
        /// The limit.
        after: Duration,
    },
    /// The user asked it to stop; it can be resumed.
    Interrupted,
    /// Its process was killed.
    Killed {
        /// By whom or what, in one sentence.
        reason: String,
    },
}

/// The reason of a kill that the user asked for.
pub(crate) const KILLED_BY_USER: &str = "killed at your request";

impl End {
    /// Whether the user ended it, by asking or by insisting.
    pub fn is_by_user(&self) -> bool {
        match self {
            Self::Interrupted => true,
            Self::Killed { reason } => reason == KILLED_BY_USER,
            _ => false,
        }
    }

    /// The contract's word: `finished`, `failed`, `timed out`, `interrupted` or `killed`; and `limited`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::Failed { .. } | Self::Transient { .. } => "failed",
            Self::Limited { .. } => "limited",
            Self::TimedOut { .. } => "timed out",
            Self::Interrupted => "interrupted",
            Self::Killed { .. } => "killed",
        }
    }
}

/// The reason in one sentence.
impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Finished => f.write_str("finished"),
            Self::Failed { reason }
            | Self::Killed { reason }
            | Self::Limited { reason, .. }
            | Self::Transient { reason } => f.write_str(reason),
            Self::TimedOut {
                which: Which::Idle,
                after,
            } => write!(f, "no output for {}", readable(*after)),
            Self::TimedOut {
                which: Which::Total,
                after,
            } => write!(f, "still running after {}", readable(*after)),
            Self::Interrupted => f.write_str("stopped at your request"),
        }
    }
}

/// A limit as people write it: `10m`, else in seconds.
fn readable(limit: Duration) -> String {
    let seconds = limit.as_secs();
    let whole_minutes = seconds > 0 && seconds.is_multiple_of(60) && limit.subsec_nanos() == 0;
    if whole_minutes {
        format!("{}m", seconds / 60)
    } else {
        format!("{limit:?}")
    }
}
