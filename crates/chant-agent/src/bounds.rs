//! What an agent is kept to: the settings of its sandbox, and which files and variables each agent needs for itself.
//!
//! Only what belongs to agents is here; what a worktree and a repository need is the engine's to add.

use std::{fmt, path::PathBuf};

use serde::{Deserialize, Serialize};

use crate::{AgentConfig, AgentKind, VariableName};

/// What an agent's processes may write.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sandbox {
    /// Whatever the user may.
    Off,
    /// Its worktree, and what it is given beside that.
    #[default]
    Worktree,
}

impl Sandbox {
    /// Both, the stricter last.
    pub const ALL: [Self; 2] = [Self::Off, Self::Worktree];

    /// The word in the settings.
    pub fn word(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Worktree => "worktree",
        }
    }
}

impl fmt::Display for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// The settings of one agent that keep it in bounds, or widen these.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bounds {
    /// What it may write.
    pub sandbox: Sandbox,
    /// Whether it has no network.
    pub offline: bool,
    /// Names of the user's variables that it gets as well; `*` stands for any letters.
    pub env_allow: Vec<String>,
    /// What it may read although it is hidden.
    pub read_allow: Vec<PathBuf>,
    /// What it may write beside its worktree.
    pub write_allow: Vec<PathBuf>,
}

/// What one agent program needs of the user's for itself.
#[derive(Debug)]
struct Needs {
    /// The program's name.
    program: &'static str,
    /// Files and folders below the home directory with its state: sessions, its own sign-in, its caches. The first is the folder
    /// without which it does not begin.
    state: &'static [&'static str],
    /// A variable that names the folder of its state, where that is elsewhere.
    state_by: Option<&'static str>,
    /// Files in the first of these that say which programs it starts by itself.
    settings: &'static [&'static str],
    /// Variables with its keys and its settings; `*` stands for any letters.
    variables: &'static [&'static str],
}

const NEEDS: &[Needs] = &[
    Needs {
        program: "claude",
        state: &[
            ".claude",
            ".claude.json",
            ".cache/claude",
            ".cache/claude-cli-nodejs",
            ".local/share/claude",
            ".local/state/claude",
        ],
        state_by: Some("CLAUDE_CONFIG_DIR"),
        settings: &["settings.json", "settings.local.json", "CLAUDE.md"],
        variables: &[
            "ANTHROPIC_*",
            "CLAUDE_*",
            "IS_SANDBOX",
            "DISABLE_*",
            "MAX_THINKING_TOKENS",
            "BASH_*_TIMEOUT_MS",
            "MCP_*",
        ],
    },
    Needs {
        program: "codex",
        state: &[".codex"],
        state_by: Some("CODEX_HOME"),
        settings: &["config.toml", "AGENTS.md", "hooks.json"],
        variables: &["OPENAI_*", "CODEX_*", "AZURE_OPENAI_*"],
    },
    Needs {
        program: "gemini",
        state: &[".gemini"],
        state_by: None,
        settings: &["settings.json", "GEMINI.md"],
        variables: &[
            "GEMINI_*",
            "GOOGLE_API_KEY",
            "GOOGLE_GEMINI_*",
            "GOOGLE_CLOUD_PROJECT",
        ],
    },
    Needs {
        program: "qwen",
        state: &[".qwen"],
        state_by: None,
        settings: &["settings.json", "QWEN.md"],
        variables: &["QWEN_*", "OPENAI_*", "DASHSCOPE_*"],
    },
    Needs {
        program: "opencode",
        state: &[
            ".local/share/opencode",
            ".local/state/opencode",
            ".config/opencode",
            ".cache/opencode",
            ".opencode",
        ],
        state_by: None,
        settings: &[],
        variables: &[
            "OPENCODE_*",
            "ANTHROPIC_*",
            "OPENAI_*",
            "OPENROUTER_*",
            "GEMINI_*",
        ],
    },
    Needs {
        program: "copilot",
        state: &[".copilot", ".cache/copilot", ".config/github-copilot"],
        state_by: None,
        settings: &["config.json", "mcp-config.json"],
        variables: &["COPILOT_*"],
    },
    Needs {
        program: "goose",
        state: &[".config/goose", ".local/share/goose", ".local/state/goose"],
        state_by: None,
        settings: &[],
        variables: &["GOOSE_*", "ANTHROPIC_*", "OPENAI_*", "OPENROUTER_*"],
    },
    Needs {
        program: "aider",
        state: &[".aider"],
        state_by: None,
        settings: &[],
        variables: &["AIDER_*", "ANTHROPIC_*", "OPENAI_*", "OPENROUTER_*"],
    },
];

/// The needs of the agents that this configuration may start: by its kind, and by the words of its command, of which one
/// may be a starter such as `npx` or a wrapper with another's name before it.
fn needs(config: &AgentConfig) -> impl Iterator<Item = &'static Needs> {
    let kind = match config.kind {
        AgentKind::Builtin | AgentKind::Command | AgentKind::Replay => None,
        kind => Some(kind.name()),
    };
    let words = config.command.iter().map(|word| {
        let name = word.rsplit('/').next().unwrap_or(word);
        name.split('@').next().unwrap_or(name).to_owned()
    });
    let names: Vec<String> = words.chain(kind.map(str::to_owned)).collect();
    NEEDS.iter().filter(move |needs| {
        names.iter().any(|name| {
            name == needs.program
                || name
                    .strip_prefix(needs.program)
                    .is_some_and(|rest| rest.starts_with('-'))
        })
    })
}

/// Where an agent keeps its own state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// Files and folders below a home directory.
    pub below_home: Vec<&'static str>,
    /// Of these, the folders that are made where they are missing: nobody can make them from within.
    pub made: Vec<&'static str>,
    /// Variables that name a folder of it instead.
    pub named_by: Vec<&'static str>,
    /// Files, in one of these folders, that say what the agent's program starts by itself.
    pub settings: Vec<&'static str>,
}

impl State {
    /// Where the agent of this configuration keeps it.
    pub fn of(config: &AgentConfig) -> Self {
        let mut state = Self::default();
        for needs in needs(config) {
            state.below_home.extend(needs.state);
            state.made.extend(needs.state.first());
            state.named_by.extend(needs.state_by);
            state.settings.extend(needs.settings);
        }
        state
    }
}

/// The state of every agent that is known, below a home directory. One agent has no business in another's.
pub fn all_state() -> impl Iterator<Item = &'static str> + Clone {
    NEEDS.iter().flat_map(|needs| needs.state.iter().copied())
}

/// Patterns of the variables that hold the agent's own keys and settings.
pub(crate) fn own_variables(config: &AgentConfig) -> Vec<String> {
    let patterns = needs(config).flat_map(|needs| needs.variables.iter().copied());
    let mut patterns: Vec<String> = patterns.map(str::to_owned).collect();
    if config.kind == AgentKind::Builtin {
        let builtin = &config.builtin;
        let named = builtin.key_env.as_ref().map(VariableName::as_str);
        patterns.push(named.unwrap_or(builtin.provider.own_key_env()).to_owned());
    }
    patterns
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(kind: AgentKind, command: &[&str], expect: &[&str]) {
        let mut config = AgentConfig::new("a", kind);
        config.command = command.iter().map(|word| (*word).into()).collect();
        let found: Vec<&str> = needs(&config).map(|needs| needs.program).collect();
        assert_eq!(found, expect, "{command:?}");
    }

    #[test]
    fn an_agent_needs_its_own_and_no_others() {
        check(AgentKind::Claude, &[], &["claude"]);
        check(AgentKind::Claude, &["/opt/bin/claude"], &["claude"]);
        check(AgentKind::Codex, &["codex", "--x"], &["codex"]);
        check(AgentKind::Command, &["sh", "work.sh"], &[]);
        check(
            AgentKind::Command,
            &["npx", "@google/gemini-cli@1"],
            &["gemini"],
        );
        check(
            AgentKind::Command,
            &["/usr/bin/claude-agent-acp"],
            &["claude"],
        );
        check(AgentKind::Replay, &[], &[]);
    }
}
