//! Every coding agent as one event stream.
//!
//! This crate knows how each agent is called and what it prints, and turns both into [`AgentEvent`]s and one [`Outcome`].
//! It owns the conversation with one agent process, from its command line to its last event, the raw transcript, and
//! recordings of runs. It does not decide whether the work is done (that is the engine's, from git), does not own the
//! process tree (`chant_os::tree` does), and knows nothing of specs beyond the path of one file.

mod acp;
mod bill;
mod bounds;
mod builtin;
mod claude;
mod client;
mod codex;
mod command;
mod config;
mod environment;
mod error;
mod event;
mod excerpt;
mod feature;
mod launch;
mod limits;
mod observed;
mod outcome;
mod permission;
mod program;
pub mod recording;
pub mod redact;
mod refusal;
mod replay;
mod run;
mod stream;
mod transcript;
mod verdict;

pub use bill::Bill;
pub use bounds::{Bounds, Sandbox, State, all_state};
pub use builtin::{BUILTIN, BaseUrl, Builtin, CONVERSATIONS, Provider, VariableName};
pub use client::{CLIENTS, Client, Login, login};
pub use config::{AcpAgent, AgentConfig, AgentKind, OutputMode, PromptMode, split_command};
pub use environment::{Environment, MARKER, base_environment};
pub use error::{AgentError, UnknownKind};
pub use event::AgentEvent;
pub use feature::{Feature, Support, Use, features};
pub use limits::{Answer, Control, Limits, Stage};
pub use outcome::{End, Outcome, Usage, Which};
pub use permission::{Permissions, matches_tool, pattern_for};
pub use program::{find_program, version, version_within};
pub use recording::{
    RecordedAgent, RecordedPath, RecordedSpec, Recorder, Recording, RecordingError,
};
pub use replay::replay_main;
pub use run::{Request, run};
