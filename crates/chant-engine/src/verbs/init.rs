//! `chant init`: the folder `.chant`, with settings that say what was asked, and this clone trusted.
//!
//! May be repeated: what is there is left as it is. Nothing is committed.

use std::path::{Path, PathBuf};

use chant_agent::{AgentKind, Provider};
use chant_git::Repo;
use chant_os::file::{Created, create_dir_all, create_new};
use serde::Serialize;

use crate::error::{Code, Error, Result};
use crate::project::{DOT_CHANT, Project};
use crate::{agents, nearest_project, trust, verbs::silent};

/// What was asked for.
#[derive(Debug, Clone, Default)]
pub struct Wishes {
    /// The project's name; found out where absent.
    pub name: Option<String>,
    /// The name of a client that chant knows, `builtin`, or the command of a program that reads a prompt. Where absent it is the
    /// first client that is installed, else Claude Code.
    pub agent: Option<String>,
    /// The model to ask for.
    pub model: Option<String>,
    /// Whether git is to know nothing of it.
    pub silent: bool,
    /// Whether the agent may do everything without being asked. Written to this machine's own file.
    pub bypass_permissions: bool,
    /// In exactly this folder, not at the top of the repository.
    pub here: bool,
}

/// What was made.
#[derive(Debug, Clone, Serialize)]
pub struct Initialised {
    /// The project's name.
    pub name: String,
    /// The folder that holds `.chant`.
    pub root: PathBuf,
    /// The files that are new, from the project's root.
    pub created: Vec<String>,
    /// Whether git knows nothing of it.
    pub silent: bool,
    /// Whether the folder is new.
    pub new: bool,
    /// The kind of agent that was written into new settings, where it is one that chant knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<&'static str>,
    /// The clients that are installed, by name.
    pub installed: Vec<&'static str>,
}

/// Where a project would be made, and what it would be called: for whoever asks the user first.
#[derive(Debug, Clone)]
pub struct Proposal {
    /// The folder.
    pub root: PathBuf,
    /// Its name.
    pub name: String,
    /// Whether there is a project already.
    pub exists: bool,
    /// The clients that are installed, by name; the most used first.
    pub installed: Vec<&'static str>,
}

/// Finds out where and under what name a project would be made.
pub fn propose(start: &Path, here: bool) -> Result<Proposal> {
    let start = start.canonicalize().map_err(|error| {
        Error::new(
            Code::Usage,
            format!("failed to enter {}: {error}", start.display()),
        )
    })?;
    let top = Repo::discover(&start)?.root().to_owned();
    let top = top.canonicalize().unwrap_or(top);
    let existing = nearest_project(&start, &top).filter(|root| !here || *root == start);
    let exists = existing.is_some();
    let root = existing.unwrap_or(if here { start } else { top });
    let name = name_of(&root);
    let clients = agents::installed(&root).into_iter();
    Ok(Proposal {
        installed: clients.map(|client| client.kind).collect(),
        root,
        name,
        exists,
    })
}

/// The agent that new settings name.
enum Agent {
    /// A client that chant knows.
    Client(&'static str),
    /// chant's own, which needs a model.
    Own,
    /// A program that reads a prompt, by its command.
    Program(String),
}

impl Agent {
    fn of(wishes: &Wishes, installed: &[&'static str]) -> Self {
        match &wishes.agent {
            Some(name) if name == AgentKind::Builtin.name() => Self::Own,
            Some(name) => match agents::client(name) {
                Some(client) => Self::Client(client.kind),
                None => Self::Program(name.clone()),
            },
            None => Self::Client(installed.first().copied().unwrap_or("claude")),
        }
    }
}

/// Makes a project, or completes one.
pub fn init(start: &Path, wishes: &Wishes) -> Result<Initialised> {
    let proposal = propose(start, wishes.here)?;
    let agent = Agent::of(wishes, &proposal.installed);
    if matches!(agent, Agent::Own) && wishes.model.is_none() {
        let message = "chant's own agent needs a model";
        return Err(Error::new(Code::Usage, message)
            .hint("name it: chant init --agent builtin --model NAME"));
    }
    let root = &proposal.root;
    let dot_chant = root.join(DOT_CHANT);
    if wishes.silent && dot_chant.is_dir() {
        silent::on(&Project::open(root)?)?;
    }
    create_dir_all(&dot_chant.join("specs"))?;
    let name = wishes.name.clone().unwrap_or(proposal.name);
    let mut created = Vec::new();
    let mut make = |path: &str, text: String| -> Result<()> {
        if create_new(&root.join(path), text.as_bytes())? == Created::Yes {
            created.push(path.to_owned());
        }
        Ok(())
    };
    make(".chant/config.md", settings(&name, &agent, wishes))?;
    if wishes.bypass_permissions {
        make(".chant/agents.md", machine_settings())?;
    }
    let project = Project::open(root)?;
    if wishes.silent {
        silent::on(&project)?;
    }
    project
        .repo()
        .exclude(&format!("/{}", project.path_from_repo(".chant/agents.md")))?;
    trust::trust(&project)?;
    let is_new = created.iter().any(|path| path == ".chant/config.md");
    Ok(Initialised {
        agent: match agent {
            Agent::Client(name) if is_new => Some(name),
            Agent::Own if is_new => Some(AgentKind::Builtin.name()),
            _ => None,
        },
        installed: proposal.installed,
        name: project.name(),
        root: root.clone(),
        created,
        silent: project.silent(),
        new: !proposal.exists,
    })
}

/// The name an agent gets that nobody named.
const AGENT: &str = "main";

fn settings(name: &str, agent: &Agent, wishes: &Wishes) -> String {
    let quoted = chant_spec::scalar;
    let mut text = format!(
        "---\nproject:\n  name: {}\nagents:\n  - name: {AGENT}\n",
        quoted(name)
    );
    match agent {
        Agent::Program(command) => {
            text.extend(["    kind: command\n    command: ", &quoted(command), "\n"]);
        }
        Agent::Client(kind) => text.extend(["    kind: ", kind, "\n"]),
        Agent::Own => {
            text.extend(["    kind: builtin\n", &server()]);
        }
    }
    text += &defaults(wishes);
    text += "# checks: [\"cargo test\"]     # must pass before anything lands\n";
    text += "# limits: {idle: 10m, total: 2h}\n";
    text += "# protect: [\".github/**\"]    # files that no agent may change\n";
    text + "---\n\n# Settings of chant\n\nWhat an agent should know of this project belongs into `.chant/prompts/`.\n\
            `chant config` shows every setting and where it comes from.\n"
}

/// The server of a model: that of the key which is there, else one on this machine.
fn server() -> String {
    let has_key = |provider: &Provider| {
        std::env::var_os(provider.own_key_env()).is_some_and(|key| !key.is_empty())
    };
    match Provider::ALL.into_iter().find(has_key) {
        Some(provider) => format!("    provider: {provider}\n"),
        None => "    base_url: http://localhost:11434   # Ollama's; of any other server, its own\n"
            .to_owned(),
    }
}

/// Whoever works silently works on branches of a project that is not theirs alone: results go where they are.
fn defaults(wishes: &Wishes) -> String {
    let mut text = String::new();
    if let Some(model) = &wishes.model {
        text.extend(["  model: ", &chant_spec::scalar(model), "\n"]);
    }
    if wishes.silent {
        text += "  main_branch: HEAD          # results land on the branch that is checked out\n";
    }
    if text.is_empty() {
        text
    } else {
        format!("defaults:\n{text}")
    }
}

fn machine_settings() -> String {
    format!(
        "---\nagents:\n  - name: {AGENT}\n    bypass_permissions: true\n---\n\n# This machine's own agents\n\n\
         Git ignores this file. `bypass_permissions` lets the agent run every command without asking: it works in a\n\
         worktree of its own, but with your rights.\n"
    )
}

/// What the project's own files call it, else its folder's name.
fn name_of(root: &Path) -> String {
    let declared = [
        ("Cargo.toml", "name = "),
        ("pyproject.toml", "name = "),
        ("package.json", "\"name\":"),
        ("go.mod", "module "),
    ];
    let found = declared.iter().find_map(|(file, key)| {
        let bytes = chant_os::file::read_regular(&root.join(file), 1 << 20).ok()?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let value = text
            .lines()
            .find_map(|line| line.trim().strip_prefix(key))?;
        let value = value.trim().trim_end_matches(',').trim_matches(['"', '\'']);
        let last = value.rsplit('/').next().unwrap_or(value).trim();
        (!last.is_empty() && !last.contains(char::is_whitespace)).then(|| last.to_owned())
    });
    found.unwrap_or_else(|| {
        root.file_name().map_or_else(
            || "project".to_owned(),
            |name| name.to_string_lossy().into_owned(),
        )
    })
}
