//! The agent programs that chant knows by name, and whether one is signed in as far as that shows without a network.
//!
//! What is looked at is only whether a variable is set or a file is there. No key is read, no program is asked, and nothing
//! here decides whether a run may begin: an agent that is not signed in says so itself.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::AgentConfig;

/// A program that people have, by the name of its kind.
#[derive(Debug)]
pub struct Client {
    /// The kind, and the name of the program.
    pub kind: &'static str,
    /// What its makers call it.
    pub title: &'static str,
    /// How a person gets it and signs in, as one line.
    pub begin: &'static str,
    /// Variables of which one is enough.
    keys: &'static [&'static str],
    /// Where it keeps a login, below a folder.
    files: &'static [(Folder, &'static str)],
    /// Whether it may keep its login where only the system knows.
    keyring: Keyring,
}

/// The folders that clients keep their logins in.
#[derive(Debug, Clone, Copy)]
enum Folder {
    /// The variable's folder, or one below the home directory.
    Own(&'static str, &'static str),
    /// Below the home directory.
    Home,
}

/// Who may know of a login that is in no file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keyring {
    /// Nobody.
    Never,
    /// The keychain of macOS.
    OnMac,
    /// The keyring of any system.
    Anywhere,
}

/// Whether an agent is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Login {
    /// A key or a login is there. Whether its provider takes it only a run can tell.
    Yes {
        /// What was found: a variable or a file.
        by: String,
    },
    /// None of the places where it would be has one.
    No {
        /// How to sign in.
        hint: String,
    },
    /// It can not be known from here.
    Unknown {
        /// Why not.
        why: String,
    },
}

/// Every client that is looked for where the settings name none, the most used first.
pub const CLIENTS: [Client; 7] = [
    Client {
        kind: "claude",
        title: "Claude Code",
        begin: "npm install -g @anthropic-ai/claude-code, then sign in with: claude",
        keys: &[
            "ANTHROPIC_API_KEY",
            "ANTHROPIC_AUTH_TOKEN",
            "CLAUDE_CODE_OAUTH_TOKEN",
            "CLAUDE_CODE_USE_BEDROCK",
            "CLAUDE_CODE_USE_VERTEX",
        ],
        files: &[(
            Folder::Own("CLAUDE_CONFIG_DIR", ".claude"),
            ".credentials.json",
        )],
        keyring: Keyring::OnMac,
    },
    Client {
        kind: "codex",
        title: "Codex",
        begin: "npm install -g @openai/codex, then sign in with: codex login",
        keys: &["CODEX_API_KEY", "OPENAI_API_KEY"],
        files: &[(Folder::Own("CODEX_HOME", ".codex"), "auth.json")],
        keyring: Keyring::Anywhere,
    },
    Client {
        kind: "gemini",
        title: "Gemini CLI",
        begin: "npm install -g @google/gemini-cli, then sign in with: gemini",
        keys: &[
            "GEMINI_API_KEY",
            "GOOGLE_API_KEY",
            "GOOGLE_GENAI_USE_VERTEXAI",
        ],
        files: &[(Folder::Home, ".gemini/oauth_creds.json")],
        keyring: Keyring::Anywhere,
    },
    Client {
        kind: "opencode",
        title: "opencode",
        begin: "npm install -g opencode-ai, then sign in with: opencode auth login",
        keys: &[
            "ANTHROPIC_API_KEY",
            "OPENAI_API_KEY",
            "OPENCODE_CONFIG_CONTENT",
        ],
        files: &[(
            Folder::Own("XDG_DATA_HOME", ".local/share"),
            "opencode/auth.json",
        )],
        keyring: Keyring::Never,
    },
    Client {
        kind: "copilot",
        title: "GitHub Copilot CLI",
        begin: "npm install -g @github/copilot, then sign in with: copilot",
        keys: &[
            "COPILOT_GITHUB_TOKEN",
            "GH_TOKEN",
            "GITHUB_TOKEN",
            "COPILOT_PROVIDER_BASE_URL",
        ],
        files: &[],
        keyring: Keyring::Anywhere,
    },
    Client {
        kind: "qwen",
        title: "Qwen Code",
        begin: "npm install -g @qwen-code/qwen-code, then sign in with: qwen",
        keys: &["OPENAI_API_KEY", "DASHSCOPE_API_KEY"],
        files: &[(Folder::Home, ".qwen/oauth_creds.json")],
        keyring: Keyring::Never,
    },
    Client {
        kind: "goose",
        title: "goose",
        begin: "install goose from its makers, then sign in with: goose configure",
        keys: &["GOOSE_PROVIDER"],
        files: &[(
            Folder::Own("XDG_CONFIG_HOME", ".config"),
            "goose/config.yaml",
        )],
        keyring: Keyring::Anywhere,
    },
];

impl Client {
    /// The client that an agent is, by its kind.
    pub fn of(config: &AgentConfig) -> Option<&'static Self> {
        CLIENTS
            .iter()
            .find(|client| client.kind == config.kind.name())
    }

    /// Whether it is signed in, given a way to look up variables and the user's home directory.
    pub fn login(&self, variable: &dyn Fn(&str) -> Option<OsString>, home: Option<&Path>) -> Login {
        let is_set = |name: &&&str| variable(name).is_some_and(|value| !value.is_empty());
        if let Some(name) = self.keys.iter().find(is_set) {
            return Login::Yes {
                by: (*name).to_owned(),
            };
        }
        let mut places = self
            .files
            .iter()
            .filter_map(|(folder, file)| Some(folder.path(variable, home)?.join(file)));
        if let Some(file) = places.find(|file| file.is_file()) {
            return Login::Yes {
                by: file.display().to_string(),
            };
        }
        let elsewhere = match self.keyring {
            Keyring::Never => false,
            Keyring::OnMac => cfg!(target_os = "macos"),
            Keyring::Anywhere => true,
        };
        if elsewhere {
            return Login::Unknown {
                why: "no key and no login file is here, but the system's keyring may hold one"
                    .into(),
            };
        }
        Login::No {
            hint: self.begin.to_owned(),
        }
    }
}

impl Folder {
    fn path(
        self,
        variable: &dyn Fn(&str) -> Option<OsString>,
        home: Option<&Path>,
    ) -> Option<PathBuf> {
        match self {
            Self::Home => home.map(Path::to_owned),
            Self::Own(name, below) => variable(name)
                .map(PathBuf::from)
                .filter(|folder| folder.is_absolute())
                .or_else(|| Some(home?.join(below))),
        }
    }
}

/// Whether an agent as configured is signed in: its own `env` counts before the user's.
pub fn login(
    config: &AgentConfig,
    variable: &dyn Fn(&str) -> Option<OsString>,
    home: Option<&Path>,
) -> Login {
    let own = |name: &str| {
        let configured = config.env.get(name).map(OsString::from);
        configured.or_else(|| variable(name))
    };
    if config.kind == crate::AgentKind::Builtin {
        return key_of_builtin(config, &own);
    }
    match Client::of(config) {
        Some(client) => client.login(&own, home),
        None => Login::Unknown {
            why: match config.kind {
                crate::AgentKind::Replay => "a recording needs no account".into(),
                _ => "chant does not know how this program signs in".into(),
            },
        },
    }
}

/// chant's own agent needs the key of its model, and a server of one's own may need none.
fn key_of_builtin(config: &AgentConfig, variable: &dyn Fn(&str) -> Option<OsString>) -> Login {
    let name = config.builtin.key_env();
    if variable(name).is_some_and(|key| !key.is_empty()) {
        return Login::Yes {
            by: name.to_owned(),
        };
    }
    if config.builtin.base_url.is_some() && config.builtin.key_env.is_none() {
        return Login::Unknown {
            why: format!("{name} is not set, and a server of your own may need no key"),
        };
    }
    Login::No {
        hint: format!("set {name} to your key, or name another variable with `key_env`"),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::AgentKind;

    fn check(kind: AgentKind, variables: &[(&str, &str)], home: &Path) -> Login {
        let config = AgentConfig::new("mine", kind);
        let variable = |name: &str| {
            let found = variables.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| OsString::from(value))
        };
        login(&config, &variable, Some(home))
    }

    #[test]
    fn a_key_or_a_file_is_a_login_and_an_empty_key_is_none() {
        let home = tempfile::tempdir().unwrap();
        let home = home.path();
        let by = |login| match login {
            Login::Yes { by } => by,
            other => panic!("{other:?}"),
        };
        assert_eq!(
            by(check(
                AgentKind::Claude,
                &[("ANTHROPIC_API_KEY", "k")],
                home
            )),
            "ANTHROPIC_API_KEY"
        );
        let none = check(AgentKind::Claude, &[("ANTHROPIC_API_KEY", "")], home);
        assert!(!matches!(none, Login::Yes { .. }), "{none:?}");
        std::fs::create_dir(home.join(".codex")).unwrap();
        std::fs::write(home.join(".codex/auth.json"), "{}").unwrap();
        let file = by(check(AgentKind::Codex, &[], home));
        assert!(file.ends_with(".codex/auth.json"), "{file}");
        let elsewhere = [("CODEX_HOME", "/nowhere")];
        let moved = check(AgentKind::Codex, &elsewhere, home);
        assert!(matches!(moved, Login::Unknown { .. }), "{moved:?}");
    }

    #[test]
    fn the_agents_own_environment_counts_first() {
        let mut config = AgentConfig::new("mine", AgentKind::Codex);
        config.env.insert("CODEX_API_KEY".into(), "k".into());
        let found = login(&config, &|_| None, None);
        assert_eq!(
            found,
            Login::Yes {
                by: "CODEX_API_KEY".into()
            }
        );
    }

    #[test]
    fn of_our_own_agent_the_key_is_looked_for_where_one_is_needed() {
        let mut config = AgentConfig::new("mine", AgentKind::Builtin);
        let found = |config: &AgentConfig, set: &str| {
            login(config, &|name| (name == set).then(|| "k".into()), None)
        };
        assert!(matches!(found(&config, ""), Login::No { .. }));
        assert!(matches!(
            found(&config, "OPENAI_API_KEY"),
            Login::Yes { .. }
        ));
        config.builtin.base_url = "http://localhost:11434".parse().ok();
        assert!(matches!(found(&config, ""), Login::Unknown { .. }));
        config.builtin.key_env = "MINE".parse().ok();
        assert!(matches!(found(&config, "OPENAI_API_KEY"), Login::No { .. }));
    }

    #[test]
    fn of_a_program_that_is_not_known_nothing_is_said() {
        let told = check(
            AgentKind::Command,
            &[("OPENAI_API_KEY", "k")],
            Path::new("/"),
        );
        assert!(matches!(told, Login::Unknown { .. }), "{told:?}");
    }
}
