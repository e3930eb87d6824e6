//! Which statuses exist, and what may follow what: one table, asked before any side effect.
//!
//! [`Status`] is what a file holds. [`State`] is what is shown: the stored status, or what run state knows better.
//! Whether dependencies allow work is [`crate::graph::readiness`]'s to say.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What the `status` key of a file holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Status {
    /// Not done yet; also what an absent key means.
    #[default]
    Pending,
    /// Done and landed.
    Completed,
    /// Not wanted any more.
    Cancelled,
    /// Of the earlier implementation: means pending.
    Ready,
    /// Of the earlier implementation: means pending.
    Blocked,
    /// Of the earlier implementation: a run had begun; may be worked again.
    InProgress,
    /// Of the earlier implementation: may be worked again.
    Paused,
    /// Of the earlier implementation: may be worked again.
    Failed,
    /// Of the earlier implementation: may be worked again.
    NeedsAttention,
    /// A word that means nothing here; such a spec is never worked.
    Unknown(String),
}

/// Every status that has a meaning, with its word.
const STATUSES: [(&str, Status); 9] = [
    ("pending", Status::Pending),
    ("completed", Status::Completed),
    ("cancelled", Status::Cancelled),
    ("ready", Status::Ready),
    ("blocked", Status::Blocked),
    ("in_progress", Status::InProgress),
    ("paused", Status::Paused),
    ("failed", Status::Failed),
    ("needs_attention", Status::NeedsAttention),
];

impl Status {
    /// Reads the word of a file.
    pub fn parse(word: &str) -> Self {
        let known = STATUSES.iter().find(|(name, _)| *name == word);
        known.map_or_else(
            || Self::Unknown(word.to_owned()),
            |(_, status)| status.clone(),
        )
    }

    /// The word that a file holds.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Unknown(word) => word,
            known => STATUSES
                .iter()
                .find(|(_, s)| s == known)
                .map_or("", |(name, _)| name),
        }
    }

    /// The words that have a meaning.
    pub fn words() -> impl Iterator<Item = &'static str> {
        STATUSES.iter().map(|(name, _)| *name)
    }

    /// Whether it means: nobody has begun.
    pub fn is_pending(&self) -> bool {
        matches!(self, Self::Pending | Self::Ready | Self::Blocked)
    }

    /// Whether a spec with this status may be worked (again).
    pub fn is_workable(&self) -> bool {
        !matches!(self, Self::Completed | Self::Cancelled | Self::Unknown(_))
    }

    /// Whether it is neither done nor given up.
    pub fn is_open(&self) -> bool {
        !matches!(self, Self::Completed | Self::Cancelled)
    }

    /// What to show where run state knows nothing better. An unknown word needs a person's attention.
    pub fn state(&self) -> State {
        match self {
            Self::Pending | Self::Ready | Self::Blocked => State::Pending,
            Self::Completed => State::Completed,
            Self::Cancelled => State::Cancelled,
            Self::InProgress => State::InProgress,
            Self::Paused => State::Paused,
            Self::Failed => State::Failed,
            Self::NeedsAttention | Self::Unknown(_) => State::NeedsAttention,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<String> for Status {
    fn from(word: String) -> Self {
        Self::parse(&word)
    }
}

impl From<Status> for String {
    fn from(status: Status) -> Self {
        status.as_str().to_owned()
    }
}

macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[$variant_doc])* #[serde(rename = $word)] $variant,)* }

        impl $name {
            /// All of them, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The word that is shown and typed.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// Reads the word.
            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)* _ => None }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

named! {
    /// What is shown for a spec.
    State {
        /// Nobody has begun.
        Pending = "pending",
        /// Pending, and nothing is in the way.
        Ready = "ready",
        /// Pending, and something is in the way.
        Blocked = "blocked",
        /// Waits for a free place.
        Queued = "queued",
        /// An agent is at work.
        InProgress = "in_progress",
        /// The agent is done; the checks run.
        Verifying = "verifying",
        /// The result is on its way to the main branch.
        Landing = "landing",
        /// Stopped by a person; may go on.
        Paused = "paused",
        /// Stopped until a usage limit resets.
        Parked = "parked",
        /// The result does not merge with the main branch.
        Conflict = "conflict",
        /// The last attempt failed.
        Failed = "failed",
        /// Only a person can say how to go on.
        NeedsAttention = "needs_attention",
        /// Done and landed.
        Completed = "completed",
        /// Not wanted any more.
        Cancelled = "cancelled",
        /// Completed, but its inputs have changed since.
        Stale = "stale",
    }
}

named! {
    /// What a person can ask for.
    Action {
        /// Give it to an agent.
        Work = "work",
        /// Give what is completed to an agent once more.
        Again = "work --again",
        /// Forget the attempts and begin again.
        Reset = "reset",
        /// Say that it is not wanted any more.
        Cancel = "cancel",
        /// Put it away.
        Archive = "archive",
        /// Bring it back from the archive.
        Restore = "restore",
        /// Land the result that waits on its branch.
        Merge = "merge",
        /// Stop the run so that it can go on later.
        Pause = "pause",
        /// Go on with a stopped run.
        Resume = "resume",
        /// Go on by hand in the run's worktree.
        Takeover = "takeover",
        /// Judge and land what lies on the branch, without an agent.
        Finalize = "finalize",
        /// Let it be worked.
        Approve = "approve",
        /// Do not let it be worked.
        Reject = "reject",
        /// Run its checks again.
        Verify = "verify",
        /// Divide it into members.
        Split = "split",
    }
}

impl State {
    /// What is so of a spec, to go on from its name: `001 is in conflict`.
    pub fn is_so(self) -> &'static str {
        match self {
            Self::Pending => "is pending",
            Self::Ready => "is ready",
            Self::Blocked => "is blocked",
            Self::Queued => "is queued",
            Self::InProgress => "is in progress",
            Self::Verifying => "is being checked",
            Self::Landing => "is about to land",
            Self::Paused => "is paused",
            Self::Parked => "is parked",
            Self::Conflict => "is in conflict",
            Self::Failed => "failed",
            Self::NeedsAttention => "needs attention",
            Self::Completed => "is completed",
            Self::Cancelled => "is cancelled",
            Self::Stale => "is stale",
        }
    }
}

impl Action {
    /// The action as a verb in a sentence.
    fn verb(self) -> &'static str {
        match self {
            Self::Takeover => "take over",
            Self::Again => "work again",
            other => other.as_str(),
        }
    }
}

/// Why an action is not possible now, and the command that leads on. `ID` stands for the spec.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// What is in the way.
    pub message: String,
    /// What to type instead.
    pub hint: String,
}

impl Refusal {
    /// The same refusal with the spec's own id.
    #[must_use]
    pub fn of(mut self, id: &str) -> Self {
        self.message = self.message.replace("this spec", id);
        self.hint = self.hint.replace("ID", id);
        self
    }
}

/// Whether `action` is possible in `state`.
pub fn allowed(state: State, action: Action) -> Result<(), Refusal> {
    if permitted(action).contains(&state) {
        return Ok(());
    }
    Err(Refusal {
        message: reason(state, action),
        hint: way_on(state, action).to_owned(),
    })
}

/// The table: the states in which each action is possible.
fn permitted(action: Action) -> &'static [State] {
    use State::{
        Blocked, Cancelled, Completed, Conflict, Failed, InProgress, Landing, NeedsAttention,
        Parked, Paused, Pending, Queued, Ready, Stale, Verifying,
    };
    match action {
        Action::Work => &[
            Pending,
            Ready,
            Paused,
            Parked,
            Conflict,
            Failed,
            NeedsAttention,
        ],
        Action::Again => &[Completed, Stale],
        Action::Reset => &[
            Pending,
            Ready,
            Blocked,
            Paused,
            Parked,
            Conflict,
            Failed,
            NeedsAttention,
            Completed,
            Cancelled,
            Stale,
        ],
        Action::Cancel => &[
            Pending,
            Ready,
            Blocked,
            // What is at work is stopped first.
            Queued,
            InProgress,
            Verifying,
            Landing,
            Paused,
            Parked,
            Conflict,
            Failed,
            NeedsAttention,
            Cancelled,
        ],
        Action::Archive | Action::Restore => &[Completed, Cancelled, Stale],
        Action::Merge => &[Landing, Conflict, NeedsAttention],
        Action::Pause => &[Queued, InProgress, Verifying, Paused],
        Action::Resume => &[Paused, Parked],
        Action::Takeover => &[
            InProgress,
            Verifying,
            // The result may wait to land for as long as a person likes.
            Landing,
            Paused,
            Parked,
            Conflict,
            Failed,
            NeedsAttention,
        ],
        Action::Finalize => &[Paused, Parked, Conflict, Failed, NeedsAttention],
        Action::Approve => &[
            Pending,
            Ready,
            Blocked,
            Paused,
            Parked,
            Conflict,
            Failed,
            NeedsAttention,
            // A review after the fact: the person vouches for what landed.
            Completed,
            Stale,
        ],
        Action::Reject => &[
            Pending,
            Ready,
            Blocked,
            Paused,
            Parked,
            Conflict,
            Failed,
            NeedsAttention,
        ],
        Action::Verify => &[Completed, Stale, Conflict, Failed, NeedsAttention, Paused],
        Action::Split => &[Pending, Ready, Blocked, Failed, NeedsAttention],
    }
}

fn reason(state: State, action: Action) -> String {
    match state {
        State::Queued | State::InProgress | State::Verifying | State::Landing => {
            format!("a run holds this spec ({state}), so `{action}` has to wait")
        }
        State::Blocked if action == Action::Work => {
            "something is in the way of this spec".to_owned()
        }
        State::Stale => {
            format!(
                "this spec is completed (and its inputs have changed since), which leaves nothing to {}",
                action.verb()
            )
        }
        State::Completed | State::Cancelled => {
            format!(
                "this spec is {state}, which leaves nothing to {}",
                action.verb()
            )
        }
        _ => format!(
            "this spec {}, and `{action}` does not apply to that",
            state.is_so()
        ),
    }
}

fn way_on(state: State, action: Action) -> &'static str {
    match (state, action) {
        (State::Landing, _) => "run `chant status` to see it land, then repeat the command",
        (State::Queued | State::InProgress | State::Verifying, _) => {
            "run `chant log -f ID` to watch it, or `chant pause ID` to stop it"
        }
        (State::Completed | State::Stale, Action::Work) => {
            "run `chant work --again ID` to have it made again, or `chant archive ID` to put it away"
        }
        (State::Cancelled, Action::Again) => "run `chant reset ID` to make it pending again",
        (State::Completed | State::Stale | State::Cancelled, _) => {
            "run `chant reset ID` to make it pending again, or `chant archive ID` to put it away"
        }
        (_, Action::Archive | Action::Restore) => {
            "run `chant cancel ID` first if it is not wanted any more"
        }
        (State::Paused | State::Parked, Action::Merge) => "run `chant work ID` to go on with it",
        (State::Failed, Action::Merge) => {
            "run `chant log ID` to see why it failed, then `chant work ID` to try again"
        }
        (State::Blocked, _) => "run `chant show ID` to see what is in the way",
        (
            State::Conflict | State::Failed | State::NeedsAttention,
            Action::Pause | Action::Resume,
        ) => "run `chant work ID` to go on with it, or `chant show ID` to see how it stands",
        (
            _,
            Action::Again
            | Action::Resume
            | Action::Merge
            | Action::Pause
            | Action::Takeover
            | Action::Finalize
            | Action::Verify,
        ) => "run `chant work ID` to begin a run",
        _ => "run `chant show ID` to see how it stands",
    }
}
