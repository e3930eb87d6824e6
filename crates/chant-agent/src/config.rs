//! Which agent, and how it is called: the settings of one entry under `agents:`.
//!
//! Reading them from files is the engine's; this module owns their meaning.

use std::{collections::BTreeMap, fmt, path::PathBuf, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{AgentError, Bounds, Permissions, UnknownKind, builtin::Builtin};

/// The protocols this version speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AgentKind {
    /// Claude Code, by its `stream-json` output.
    Claude,
    /// Codex, by `codex exec --json`.
    Codex,
    /// An agent that speaks the Agent Client Protocol.
    Acp(AcpAgent),
    /// Any program that reads a prompt.
    Command,
    /// A recorded run, played again on the same base.
    Replay,
    /// chant's own small agent, which talks to a model itself.
    Builtin,
}

/// The agents that speak the Agent Client Protocol and whose command line is known, and all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AcpAgent {
    /// Any other; only the user can know its program.
    Any,
    /// Gemini CLI.
    Gemini,
    /// opencode.
    Opencode,
    /// GitHub Copilot CLI.
    Copilot,
    /// Qwen Code.
    Qwen,
    /// Goose.
    Goose,
}

impl AgentKind {
    /// Every kind this version supports, in the order they are shown.
    pub const ALL: [Self; 11] = [
        Self::Claude,
        Self::Codex,
        Self::Acp(AcpAgent::Any),
        Self::Acp(AcpAgent::Gemini),
        Self::Acp(AcpAgent::Opencode),
        Self::Acp(AcpAgent::Copilot),
        Self::Acp(AcpAgent::Qwen),
        Self::Acp(AcpAgent::Goose),
        Self::Command,
        Self::Replay,
        Self::Builtin,
    ];

    /// The name used in settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Claude => "claude",
            Self::Codex => "codex",
            Self::Acp(AcpAgent::Any) => "acp",
            Self::Acp(AcpAgent::Gemini) => "gemini",
            Self::Acp(AcpAgent::Opencode) => "opencode",
            Self::Acp(AcpAgent::Copilot) => "copilot",
            Self::Acp(AcpAgent::Qwen) => "qwen",
            Self::Acp(AcpAgent::Goose) => "goose",
            Self::Command => "command",
            Self::Replay => "replay",
            Self::Builtin => "builtin",
        }
    }
}

impl AgentKind {
    /// The program that is looked for where no command is configured; absent where only the user can know.
    pub fn own_program(self) -> Option<&'static str> {
        match self {
            Self::Acp(AcpAgent::Any) | Self::Command | Self::Replay | Self::Builtin => None,
            Self::Claude | Self::Codex | Self::Acp(_) => Some(self.name()),
        }
    }

    /// Whether such an agent always tells how it ended, so that a clean exit without that proves nothing.
    pub fn tells_its_end(self) -> bool {
        matches!(
            self,
            Self::Claude | Self::Codex | Self::Acp(_) | Self::Builtin
        )
    }
}

impl fmt::Display for AgentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for AgentKind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        let known = Self::ALL.into_iter().find(|kind| kind.name() == text);
        known.ok_or_else(|| UnknownKind::new(text))
    }
}

/// How the prompt reaches the agent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PromptMode {
    /// On standard input.
    #[default]
    Stdin,
    /// As a file, whose path is the last argument.
    File,
    /// As the last argument itself.
    Argument,
}

/// What the agent prints on standard output.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutputMode {
    /// Text for people, each line of it.
    Text,
    /// One JSON object a line.
    JsonLines,
    /// Lines that are JSON of a known shape are events, all others are text.
    #[default]
    Auto,
}

/// One agent, as configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentConfig {
    /// The name the user gave it.
    pub name: String,
    /// The protocol.
    pub kind: AgentKind,
    /// Program and first arguments, already split; empty means the kind's own program.
    pub command: Vec<String>,
    /// The model to ask for; a request may name another.
    pub model: Option<String>,
    /// Added to the agent's environment.
    pub env: BTreeMap<String, String>,
    /// How the prompt reaches it (`command` only).
    pub prompt: PromptMode,
    /// What it prints (`command` only).
    pub output: OutputMode,
    /// The user's own setting that this agent may do everything without being asked.
    pub bypass_permissions: bool,
    /// How its questions for permission are answered; none means as the agent's kind does it.
    pub permissions: Option<Permissions>,
    /// The tools that it may use unasked: `Bash(git *)`, `WebFetch`.
    pub allow: Vec<String>,
    /// Whether a person is there to answer its questions.
    pub is_attended: bool,
    /// More arguments, after chant's own.
    pub args: Vec<String>,
    /// The recording to play, as an absolute path (`replay` only).
    pub recording: Option<PathBuf>,
    /// Which model it talks to, and how (`builtin` only).
    pub builtin: Builtin,
    /// What keeps it in bounds.
    pub bounds: Bounds,
}

impl AgentConfig {
    /// An agent with nothing set but its name and kind.
    pub fn new(name: impl Into<String>, kind: AgentKind) -> Self {
        Self {
            name: name.into(),
            kind,
            command: Vec::new(),
            model: None,
            env: BTreeMap::new(),
            prompt: PromptMode::default(),
            output: OutputMode::default(),
            bypass_permissions: false,
            permissions: None,
            allow: Vec::new(),
            is_attended: false,
            args: Vec::new(),
            recording: None,
            builtin: Builtin::default(),
            bounds: Bounds::default(),
        }
    }
}

impl AgentConfig {
    /// Whether it does everything unasked, with nothing of its own in the way.
    pub fn bypasses(&self) -> bool {
        self.bypass_permissions || self.permissions == Some(Permissions::Bypass)
    }
}

/// Splits a command as a shell splits words. No shell ever runs it: nothing is expanded.
pub fn split_command(text: &str) -> Result<Vec<String>, AgentError> {
    match shlex::split(text) {
        Some(words) if !words.is_empty() => Ok(words),
        Some(_) => Err(AgentError::Command {
            command: text.to_owned(),
            problem: "it is empty",
        }),
        None => Err(AgentError::Command {
            command: text.to_owned(),
            problem: "a quote is not closed",
        }),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_read_by_its_name() {
        for kind in AgentKind::ALL {
            assert_eq!(kind.name().parse::<AgentKind>().unwrap(), kind);
        }
    }

    #[test]
    fn an_unknown_kind_names_the_nearest_and_the_supported() {
        let message = "cluade".parse::<AgentKind>().unwrap_err().to_string();
        assert!(message.contains("did you mean `claude`?"), "{message}");
        assert!(message.contains("claude, codex, acp, gemini"), "{message}");
    }

    #[test]
    fn commands_are_split_and_not_expanded() {
        assert_eq!(
            split_command("./run.sh 'a b' $HOME").unwrap(),
            ["./run.sh", "a b", "$HOME"]
        );
        assert!(split_command("  ").is_err());
        assert!(split_command("run 'x").is_err());
    }
}
