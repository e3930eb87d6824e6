//! What chant can use with an agent of a kind, so that nobody has to find out by a run that fails.

use serde::Serialize;

use crate::{AcpAgent, AgentConfig, AgentKind, OutputMode, Permissions, Sandbox};

/// One thing that chant may want of an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Use {
    /// Working a spec.
    Run,
    /// Going on with the conversation of a run that was cut off.
    Resume,
    /// Telling tokens and money.
    Cost,
    /// Ending politely when asked to.
    Stop,
    /// Being understood when a plan or an account is used up.
    Limits,
    /// Being kept from what is not its business.
    Sandbox,
    /// Asking a person before it uses a tool.
    Permissions,
}

/// How far that goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Support {
    /// As it should be.
    Yes,
    /// With the exception that is named.
    Partly,
    /// Not at all.
    No,
}

/// One use, and how far it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Feature {
    /// What of.
    pub name: Use,
    /// How far.
    pub support: Support,
    /// How it is done, or what is missing; a fragment of a sentence.
    pub how: &'static str,
}

impl Use {
    /// All, in the order they are shown.
    pub const ALL: [Self; 7] = [
        Self::Run,
        Self::Resume,
        Self::Cost,
        Self::Stop,
        Self::Limits,
        Self::Sandbox,
        Self::Permissions,
    ];

    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Resume => "resume",
            Self::Cost => "cost",
            Self::Stop => "stop",
            Self::Limits => "limits",
            Self::Sandbox => "sandbox",
            Self::Permissions => "permissions",
        }
    }
}

/// What chant can use with this agent, in the order of [`Use::ALL`].
pub fn features(config: &AgentConfig) -> [Feature; 7] {
    Use::ALL.map(|name| {
        let (support, how) = of(config, name);
        Feature { name, support, how }
    })
}

fn of(config: &AgentConfig, name: Use) -> (Support, &'static str) {
    use Support::{No, Yes};
    match name {
        Use::Run => (Yes, "works a spec in a worktree of its own"),
        Use::Stop => (
            Yes,
            "asked to stop, then told, then ended with all its processes",
        ),
        Use::Resume => resume(config.kind),
        Use::Cost => cost(config),
        Use::Limits => match config.kind {
            AgentKind::Replay => (No, "a recording has no limits"),
            _ => (
                Yes,
                "a run that is refused is parked until the limit is renewed",
            ),
        },
        Use::Sandbox => sandbox(config),
        Use::Permissions => permissions(config),
    }
}

fn resume(kind: AgentKind) -> (Support, &'static str) {
    use Support::{No, Partly, Yes};
    match kind {
        AgentKind::Claude | AgentKind::Codex | AgentKind::Builtin => {
            (Yes, "goes on with the same conversation")
        }
        // It takes up no conversation again, though it says that it can.
        AgentKind::Acp(AcpAgent::Gemini) => (
            Partly,
            "is told in a new conversation what is there already",
        ),
        AgentKind::Acp(_) => (
            Partly,
            "goes on with the same conversation where it can, else it is told what is there",
        ),
        AgentKind::Command => (
            Partly,
            "begins again in the same worktree, where its work still is",
        ),
        AgentKind::Replay => (No, "plays again from the beginning"),
    }
}

fn cost(config: &AgentConfig) -> (Support, &'static str) {
    use Support::{No, Partly, Yes};
    match config.kind {
        AgentKind::Claude => (Yes, "tokens and US dollars, as it tells them"),
        AgentKind::Codex | AgentKind::Builtin => {
            (Partly, "tokens; US dollars from `prices` in the settings")
        }
        AgentKind::Acp(_) => (Partly, "tokens and US dollars, if it tells them"),
        AgentKind::Command if config.output == OutputMode::Text => {
            (No, "prints text, so nothing is known of tokens")
        }
        AgentKind::Command => (Partly, "if it prints `usage` or `cost` events"),
        AgentKind::Replay => (Yes, "as recorded; nothing is paid again"),
    }
}

fn sandbox(config: &AgentConfig) -> (Support, &'static str) {
    use Support::{No, Partly, Yes};
    if config.bounds.sandbox == Sandbox::Worktree && chant_os::confine::is_supported() {
        return (
            Yes,
            "writes its worktree and what it is given, and reads no keys",
        );
    }
    match config.kind {
        AgentKind::Builtin if config.bounds.sandbox == Sandbox::Worktree => (
            Yes,
            "its tools stay in the worktree, its commands in chant's sandbox where the system has one",
        ),
        AgentKind::Builtin => (
            Partly,
            "its own tools stay in the worktree; commands run with your rights",
        ),
        AgentKind::Codex if config.bypasses() => {
            (No, "`bypass_permissions` turns its own sandbox off")
        }
        AgentKind::Codex => (
            Yes,
            "its own: writes in the worktree and what a commit needs",
        ),
        AgentKind::Claude | AgentKind::Acp(_) | AgentKind::Command => (No, "runs with your rights"),
        AgentKind::Replay => (Yes, "changes only what was recorded, in the worktree"),
    }
}

fn permissions(config: &AgentConfig) -> (Support, &'static str) {
    use Support::{No, Partly, Yes};
    if config.bypasses() {
        return (No, "does everything unasked, as you set it");
    }
    match config.kind {
        AgentKind::Claude => (
            Yes,
            "asks a person, or goes by `permissions` and `allow` of the settings",
        ),
        AgentKind::Acp(_) => match config.permissions {
            Some(Permissions::Ask | Permissions::Allow) => (
                Partly,
                "what it asks for is allowed where `allow` of the settings lists it",
            ),
            _ => (Partly, "what it asks for is allowed"),
        },
        AgentKind::Codex => (No, "never asks: the sandbox denies"),
        AgentKind::Command => (No, "its own affair"),
        AgentKind::Builtin => (No, "never asks: it can leave the worktree only by commands"),
        AgentKind::Replay => (No, "nothing to ask"),
    }
}
