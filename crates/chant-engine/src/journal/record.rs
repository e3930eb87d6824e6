//! The rows of the journal as values, with the one list of a run's steps and states.

use std::path::PathBuf;

use chant_spec::CriterionState;
use chant_spec::status::State;
use serde::{Deserialize, Serialize};

/// A closed set of names that are stored as text: one table gives both directions.
macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name { $($(#[$variant_doc])* $variant),+ }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name as stored and shown.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            /// The value of a stored name.
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.name() == name)
            }
        }
    };
}

named! {
    /// The steps of a run, in order. Each is written down before it is taken and may be repeated.
    Step {
        /// Branch and worktree.
        Worktree = "worktree",
        /// Spec, inputs and prompt into the worktree.
        Provision = "provision",
        /// The agent's process tree.
        Agent = "agent",
        /// What was left uncommitted becomes a commit.
        Collect = "collect",
        /// Is it done?
        Judge = "judge",
        /// The checks, on the tree that would land.
        Verify = "verify",
        /// The main branch moves, by compare-and-swap.
        Land = "land",
        /// The checkout of the main branch is brought along.
        Checkout = "checkout",
        /// What landed is attested.
        Record = "record",
        /// Worktree and branch are removed.
        Clean = "clean",
    }
}

impl Step {
    /// Where every run begins.
    pub const FIRST: Self = Self::Worktree;

    /// The step after this one.
    pub fn next(self) -> Option<Self> {
        Self::ALL.get(self as usize + 1).copied()
    }
}

named! {
    /// How far the present step is.
    Phase {
        /// Written down as next, not begun.
        Waiting = "waiting",
        /// Begun; it may have happened.
        Started = "started",
    }
}

named! {
    /// The state of a run.
    RunState {
        /// The agent works, or chant prepares or collects its work.
        InProgress = "in_progress",
        /// Checks run.
        Verifying = "verifying",
        /// Made and checked; waits for its turn to land.
        Finished = "finished",
        /// Landing, or waiting for the checkout to let it land.
        Landing = "landing",
        /// Interrupted; may go on where it was.
        Paused = "paused",
        /// Waits for a usage limit to reset; then it goes on where it was.
        Parked = "parked",
        /// The main branch and the result changed the same lines.
        Conflict = "conflict",
        /// Tried and failed, with a reason.
        Failed = "failed",
        /// A person has to look.
        NeedsAttention = "needs_attention",
        /// Landed.
        Completed = "completed",
        /// Put aside by `chant reset`.
        Reset = "reset",
    }
}

impl RunState {
    /// Whether nothing more will happen by itself.
    pub fn is_over(self) -> bool {
        matches!(
            self,
            Self::Failed | Self::NeedsAttention | Self::Completed | Self::Reset
        )
    }

    /// Whether the run is where it should be without a living process: it waits for someone or something.
    pub fn waits(self) -> bool {
        matches!(
            self,
            Self::Finished | Self::Paused | Self::Parked | Self::Conflict
        )
    }

    /// The state as users know it.
    pub fn shown(self) -> State {
        match self {
            Self::InProgress => State::InProgress,
            Self::Verifying => State::Verifying,
            Self::Finished | Self::Landing => State::Landing,
            Self::Paused => State::Paused,
            Self::Parked => State::Parked,
            Self::Conflict => State::Conflict,
            Self::Failed => State::Failed,
            Self::NeedsAttention => State::NeedsAttention,
            Self::Completed => State::Completed,
            Self::Reset => State::Pending,
        }
    }
}

/// One attempt at one spec.
#[derive(Debug, Clone)]
pub struct RunRecord {
    /// A ULID.
    pub id: String,
    /// The spec's id.
    pub spec: String,
    /// 1 for the first attempt.
    pub attempt: u32,
    /// Where it stands.
    pub state: RunState,
    /// Why it stands there, one sentence; empty where there is nothing to say.
    pub reason: String,
    /// The step it is at.
    pub step: Step,
    /// How far that step is.
    pub phase: Phase,
    /// RFC 3339.
    pub started_at: String,
    /// RFC 3339, when it was over.
    pub ended_at: Option<String>,
    /// What is known about it.
    pub facts: Facts,
}

/// What is known about a run. Grows from step to step; object ids are hex.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    /// The main branch's name.
    pub main: String,
    /// The commit the run began from.
    pub base: String,
    /// The run's branch.
    pub branch: String,
    /// The run's worktree.
    pub worktree: PathBuf,
    /// The spec's path from the repository's root.
    pub spec_path: String,
    /// The spec's content when the run began.
    pub spec_oid: String,
    /// Whether a completed spec is made again: it began with this as pending, and its file as `spec_was`.
    pub again: bool,
    /// What the spec's file held when the run began, where that is not what the agent was given.
    pub spec_was: Option<String>,
    /// Files brought into the worktree that the base does not have: path from the root, object id.
    pub brought: Vec<(String, String)>,
    /// What the checkout lent the worktree, from the repository's root: it is no part of the result.
    pub lent: Vec<String>,
    /// The first of the run's own network ports.
    pub port: Option<u16>,
    /// The tree the agent began with: the base, the spec, and what was brought.
    pub start_tree: String,
    /// Whether git must know nothing of chant.
    pub silent: bool,
    /// The agent's configured name.
    pub agent: String,
    /// Why it is that one, as a fragment of a sentence.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub agent_why: String,
    /// The agent's kind.
    pub agent_kind: String,
    /// What the program says of its version.
    pub agent_version: Option<String>,
    /// The model, where known.
    pub model: Option<String>,
    /// The prompt's name.
    pub prompt: String,
    /// The object id of the prompt's source.
    pub prompt_oid: String,
    /// The inputs the agent was given.
    pub inputs: Vec<InputRecord>,
    /// What the landing changed, the spec itself left out.
    pub outputs: Vec<OutputRecord>,
    /// The agent's own session, for resumption.
    pub session: Option<String>,
    /// Tokens in.
    pub input_tokens: u64,
    /// Tokens out.
    pub output_tokens: u64,
    /// US dollars, where the agent says or they can be computed.
    pub cost_usd: Option<f64>,
    /// The agent's processes so far, and what each cost.
    pub stints: Vec<crate::journal::Stint>,
    /// What the process that is at work has told so far, where a budget is shared with other runs: no stint yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_work: Option<crate::journal::Stint>,
    /// The spec's labels when the run began.
    pub labels: Vec<String>,
    /// The spec's type when the run began.
    pub kind: String,
    /// The spent budget that made the run pause, one sentence.
    pub budget_spent: Option<String>,
    /// When that is another budget and the run goes on by itself, RFC 3339: where it was a day's.
    pub budget_renews: Option<String>,
    /// Whether a person let it go over its budgets.
    pub over_budget: bool,
    /// The branch's tip after collection.
    pub tip: Option<String>,
    /// The commit chant made of what was left uncommitted, when it is the tip.
    pub collected: Option<String>,
    /// The whole result as one tree, with the files git does not know in silent mode.
    pub result_tree: Option<String>,
    /// The ref that holds the result of a run that another process lands.
    pub result_ref: Option<String>,
    /// What is to land.
    pub landing: Option<Landing>,
    /// The tree that the checks and the proof last passed on.
    pub verified: Option<String>,
    /// The checks and what came of them.
    pub checks: Vec<CheckRecord>,
    /// What has to be proven from red to green.
    pub plan: Option<crate::proof::Plan>,
    /// The test files that earlier phases froze.
    pub frozen: Vec<crate::proof::Frozen>,
    /// The end that a reproduction claims.
    pub ending: Option<chant_spec::Ending>,
    /// The red-to-green proof and what came of it.
    pub proof: Option<crate::proof::ProofDocument>,
    /// What a person should look at before trusting the result.
    pub concerns: Vec<crate::concern::Concern>,
    /// The acceptance criteria and how they stand, once the checks passed.
    pub criteria: Vec<CriterionRecord>,
    /// The ref that keeps what an earlier attempt left.
    pub kept: Option<String>,
    /// Why the agent itself failed, if it did.
    pub agent_failure: Option<String>,
    /// What the agent did to its branch that makes the result unusable.
    pub violation: Option<String>,
    /// Where a recording is to be written.
    pub record: Option<PathBuf>,
    /// Whether checks get pristine worktrees.
    pub cold: bool,
    /// Where the result and the main branch contradict each other; `None` once that is resolved.
    pub conflict: Option<Conflict>,
    /// The tip of the main branch that the agent was last asked to bring its result together with. It is asked
    /// once for each.
    pub joined: Option<String>,
    /// How often the agent was asked anew in this run: after a conflict, or after a person gave it back.
    pub round: u32,
    /// What a person asked of the run, where that ended it; `None` again when it goes on.
    pub wish: Option<crate::journal::Wish>,
    /// The person who goes on by hand.
    pub takeover: Option<crate::journal::Takeover>,
    /// Which of several attempts at the spec it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub series: Option<crate::order::Series>,
    /// How many pieces of feedback there were when the run was given its prompt.
    pub heard: usize,
    /// The same, with what a run that goes on was told besides.
    pub heeded: usize,
    /// That it waits for a limit to be renewed; `None` again when it goes on with something done.
    pub parked: Option<crate::journal::Parked>,
    /// The agents that refused it before another did its work, until when they will.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<crate::journal::Renewal>,
}

impl Facts {
    /// The content of the spec's file in the checkout when the run began.
    pub fn spec_in_checkout(&self) -> &str {
        self.spec_was.as_deref().unwrap_or(&self.spec_oid)
    }
}

/// Where a result and the main branch contradict each other.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    /// The main branch's tip.
    pub onto: String,
    /// The files that both changed; paths from the repository's root.
    pub files: Vec<String>,
    /// The specs whose landings changed them since the run began, as far as the commits tell.
    pub with: Vec<String>,
    /// In what they contradict each other, as one sentence.
    #[serde(default)]
    pub says: String,
}

/// An input by content.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct InputRecord {
    /// The path from the project's root, or the URL.
    pub name: String,
    /// `file`, `spec` or `url`.
    pub kind: String,
    /// The git object id; absent for URLs.
    pub oid: Option<String>,
}

/// An output by content.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct OutputRecord {
    /// The path from the project's root.
    pub path: String,
    /// The git object id; absent where it was deleted.
    pub oid: Option<String>,
}

/// What is to land, computed in `verify`, used in `land` and `checkout`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Landing {
    /// The main branch's tip it was computed for.
    pub onto: String,
    /// The tree that lands.
    pub tree: String,
    /// The tree with what silent mode keeps out of git; equal to `tree` otherwise.
    pub full_tree: String,
    /// The commit, once made; `onto` itself where there is nothing for git to land.
    pub commit: Option<String>,
    /// The commits that the landing's commit goes on from.
    #[serde(default)]
    pub parents: Vec<String>,
    /// The agent's own commits as they land, oldest first.
    #[serde(default)]
    pub commits: Vec<String>,
    /// Why it does not land as the settings ask; one sentence.
    #[serde(default)]
    pub remark: Option<String>,
}

/// An acceptance criterion and how it stood at the landing.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CriterionRecord {
    /// Its text.
    pub text: String,
    /// How it stood.
    pub state: CriterionState,
}

/// A check and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckRecord {
    /// What it is called.
    pub name: String,
    /// The command.
    pub run: String,
    /// Whether what was expected happened.
    pub passed: bool,
    /// One sentence.
    pub outcome: String,
    /// Whether its worktree held what earlier checks had left and git ignores; a pristine one did not.
    #[serde(default)]
    pub warm: bool,
    /// How often it ran.
    #[serde(default = "once")]
    pub runs: u32,
    /// How often it did as expected.
    #[serde(default)]
    pub as_expected: u32,
}

impl CheckRecord {
    /// As a landing's trailer has it: what came of it, in which kind of worktree, and the command.
    pub fn trailer(&self) -> String {
        let place = if self.warm { "warm" } else { "cold" };
        format!("{} ({place}): {}", self.outcome, self.run)
    }
}

/// Checks from before the counts were kept.
fn once() -> u32 {
    1
}
