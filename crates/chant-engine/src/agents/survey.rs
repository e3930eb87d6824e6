//! Which agents there are, and whether a run could use each: what `chant agents` shows and `chant init` goes by.
//!
//! Needs no network and starts nothing but `--version`, and that only of programs that may be started here: what a
//! repository's settings name is asked nothing before the clone is trusted.

use std::path::{Path, PathBuf};
use std::time::Duration;

use chant_agent::{AgentConfig, AgentKind, CLIENTS, Client, Feature, Login};
use serde::Serialize;

use crate::config::{AgentEntry, Config, Layer};
use crate::error::{Code, Error, Result};
use crate::project::Project;
use crate::trust;

/// How long a program may take to say its version: somebody waits for the whole list.
const PATIENCE: Duration = Duration::from_secs(2);

/// What is known of the agents at a place.
#[derive(Debug, Clone, Serialize)]
pub struct Survey {
    /// Those of the settings, in their order, then those that were only found on this machine.
    pub agents: Vec<Known>,
    /// The one that is taken where nothing names another.
    pub default: String,
    /// Clients that chant knows and that are not here.
    pub missing: Vec<Missing>,
    /// Whether there is a project here, whose settings count.
    pub in_project: bool,
}

/// One agent.
#[derive(Debug, Clone, Serialize)]
pub struct Known {
    /// What it is called by, in `--agent` and in a spec.
    pub name: String,
    /// Its kind, as written.
    pub kind: String,
    /// What its makers call it, where chant knows that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<&'static str>,
    /// Whether the settings name it; else it was found in `PATH` and can be used by its name all the same.
    pub configured: bool,
    /// Which settings, where they do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Layer>,
    /// Whether it is taken where nothing names another.
    pub default: bool,
    /// Where its program is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub program: Option<PathBuf>,
    /// What that says of its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Whether it is signed in.
    pub login: Login,
    /// What chant can use with it; empty where it can not be used at all.
    pub features: Vec<Feature>,
    /// Why a run could not use it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

/// Why an agent can not be used.
#[derive(Debug, Clone, Serialize)]
pub struct Problem {
    /// What is wrong.
    pub message: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// A client that is not here.
#[derive(Debug, Clone, Serialize)]
pub struct Missing {
    /// The name it would be called by.
    pub name: &'static str,
    /// What its makers call it.
    pub title: &'static str,
    /// How to get it and sign in.
    pub begin: &'static str,
}

impl From<&Error> for Problem {
    fn from(error: &Error) -> Self {
        Self {
            message: error.message.clone(),
            hint: error.hint.clone(),
        }
    }
}

/// Where agents are looked for: a project, or only the person's own settings.
pub(crate) struct Ground {
    pub(crate) project: Option<Project>,
    pub(crate) config: Config,
    pub(crate) root: PathBuf,
}

/// Looks at every agent that the settings name or that is installed.
pub fn survey(start: &Path) -> Result<Survey> {
    let ground = Ground::at(start)?;
    let default = default_name(&ground.config);
    let configured = ground.config.agents.iter();
    let mut asked: Vec<Asked> = configured.map(|entry| ground.configured(entry)).collect();
    asked.extend(ground.found());
    let versions = versions(&asked);
    let mut agents: Vec<Known> = asked
        .into_iter()
        .zip(versions)
        .map(|(asked, version)| Known {
            version,
            ..asked.known
        })
        .collect();
    for agent in &mut agents {
        agent.default = agent.name == default;
    }
    let missing = CLIENTS
        .iter()
        .filter(|client| supported(client) && !agents.iter().any(|known| known.kind == client.kind))
        .map(|client| Missing {
            name: client.kind,
            title: client.title,
            begin: client.begin,
        });
    Ok(Survey {
        missing: missing.collect(),
        agents,
        default,
        in_project: ground.project.is_some(),
    })
}

/// The clients in `PATH` that this version can use, without asking them anything.
pub(crate) fn installed(root: &Path) -> Vec<&'static Client> {
    let clients = CLIENTS.iter().filter(|client| supported(client));
    clients
        .filter(|client| found_program(root, client).is_some())
        .collect()
}

/// The client of this name, where this version can use it.
pub(crate) fn client(name: &str) -> Option<&'static Client> {
    let mut clients = CLIENTS.iter().filter(|client| supported(client));
    clients.find(|client| client.kind == name)
}

fn supported(client: &Client) -> bool {
    client.kind.parse::<AgentKind>().is_ok()
}

fn found_program(root: &Path, client: &Client) -> Option<PathBuf> {
    let path = std::env::var_os("PATH");
    // Of a kind that this version does not have only the program's name is known.
    let kind = client.kind.parse().unwrap_or(AgentKind::Command);
    let mut config = AgentConfig::new(client.kind, kind);
    config.command = vec![client.kind.to_owned()];
    chant_agent::find_program(&config, root, path.as_deref()).ok()
}

/// The one that is taken where nothing names another.
fn default_name(config: &Config) -> String {
    let first = || config.agents.first().map(|entry| entry.name.as_str());
    let named = config.defaults.agent.as_deref().map(crate::config::names);
    let named = named.and_then(|names| names.into_iter().next());
    named.unwrap_or_else(|| first().unwrap_or(AgentKind::Claude.name()).to_owned())
}

/// An agent, and what may be asked for its version.
struct Asked {
    known: Known,
    ask: Option<(AgentConfig, PathBuf)>,
}

impl Ground {
    /// Finds an agent by its name and its program, as a run would.
    pub(crate) fn find(&self, name: &str) -> Result<AgentConfig> {
        let recordings = self.project.as_ref().map(super::recordings);
        let mut agent = super::find(&self.config, &self.root, recordings.as_deref(), name)?;
        agent.model = agent.model.or_else(|| self.config.defaults.model.clone());
        self.program(&agent)?;
        Ok(agent)
    }

    /// The project here, else the person's own settings.
    pub(crate) fn at(start: &Path) -> Result<Self> {
        match Project::open(start) {
            Ok(project) => Ok(Self {
                config: project.config().clone(),
                root: project.root().to_owned(),
                project: Some(project),
            }),
            Err(error) if matches!(error.code, Code::NotARepository | Code::NoProject) => {
                Self::of_person(start)
            }
            Err(error) => Err(error),
        }
    }

    /// Where no project counts, whatever is around.
    pub(crate) fn of_person(start: &Path) -> Result<Self> {
        Ok(Self {
            project: None,
            config: Config::of_person()?,
            root: start.to_owned(),
        })
    }

    fn configured(&self, entry: &AgentEntry) -> Asked {
        let recordings = self.project.as_ref().map(super::recordings);
        let made = super::from_entry(entry, &self.root, recordings.as_deref());
        let found = made.and_then(|mut agent| {
            agent.bounds = crate::sandbox::bounds(&self.config, Some(&entry.bounds))?;
            let wished = self.config.defaults.model.clone();
            agent.model = agent.model.or(wished);
            Ok((self.program(&agent)?, agent))
        });
        let may_ask = self
            .project
            .as_ref()
            .is_none_or(|project| trust::check_agent(project, &entry.name).is_ok());
        let (agent, program, problem) = match found {
            Ok((program, agent)) => (Some(agent), program, None),
            Err(error) => (None, None, Some(Problem::from(&error))),
        };
        let known = Known {
            name: entry.name.clone(),
            kind: entry.kind.clone(),
            title: title(&entry.kind),
            configured: true,
            source: Some(entry.source),
            default: false,
            program: program.clone(),
            version: None,
            login: agent.as_ref().map_or_else(unknown_login, login),
            features: agent.as_ref().map_or_else(Vec::new, features),
            problem,
        };
        Asked {
            known,
            ask: agent.zip(program).filter(|_| may_ask),
        }
    }

    /// Where its program is; none where it needs none of its own.
    fn program(&self, agent: &AgentConfig) -> Result<Option<PathBuf>> {
        if agent.kind == AgentKind::Replay {
            return match &agent.recording {
                Some(path) if path.exists() => Ok(None),
                _ => Err(
                    Error::new(Code::ProgramMissing, "there is no recording to play").hint(
                        "set `recording:` of this agent to a file that `chant work --record` wrote",
                    ),
                ),
            };
        }
        let path = std::env::var_os("PATH");
        let program = chant_agent::find_program(agent, &self.root, path.as_deref())?;
        Ok((agent.kind != AgentKind::Builtin).then_some(program))
    }

    /// What is installed and not in the settings already.
    fn found(&self) -> Vec<Asked> {
        let configured = |client: &Client| {
            let alike = |entry: &AgentEntry| entry.kind == client.kind && entry.command.is_empty();
            let agents = &self.config.agents;
            agents
                .iter()
                .any(|entry| alike(entry) || entry.name == client.kind)
        };
        CLIENTS
            .iter()
            .filter(|client| !configured(client))
            .filter_map(|client| Some(only_found(client, found_program(&self.root, client)?)))
            .collect()
    }
}

fn only_found(client: &'static Client, program: PathBuf) -> Asked {
    let agent = client
        .kind
        .parse()
        .ok()
        .map(|kind| AgentConfig::new(client.kind, kind));
    let problem = agent.is_none().then(|| Problem {
        message: format!("this version of chant cannot work with {}", client.title),
        hint: Some("as a program that reads a prompt: an agent of the kind `command`".to_owned()),
    });
    let known = Known {
        name: client.kind.to_owned(),
        kind: client.kind.to_owned(),
        title: Some(client.title),
        configured: false,
        source: None,
        default: false,
        program: Some(program.clone()),
        version: None,
        login: agent.as_ref().map_or_else(unknown_login, login),
        features: agent.as_ref().map_or_else(Vec::new, features),
        problem,
    };
    Asked {
        known,
        ask: agent.map(|agent| (agent, program)),
    }
}

fn title(kind: &str) -> Option<&'static str> {
    let client = CLIENTS.iter().find(|client| client.kind == kind);
    client.map(|client| client.title)
}

pub(crate) fn login(agent: &AgentConfig) -> Login {
    let home = chant_os::dirs::home().ok();
    chant_agent::login(agent, &|name| std::env::var_os(name), home.as_deref())
}

fn unknown_login() -> Login {
    Login::Unknown {
        why: "it cannot be used".to_owned(),
    }
}

fn features(agent: &AgentConfig) -> Vec<Feature> {
    chant_agent::features(agent).to_vec()
}

/// Some take seconds to answer, so all are asked at once.
fn versions(asked: &[Asked]) -> Vec<Option<String>> {
    std::thread::scope(|scope| {
        let all: Vec<_> = asked
            .iter()
            .map(|asked| {
                let ask = asked.ask.as_ref();
                scope.spawn(move || {
                    ask.and_then(|(agent, program)| {
                        chant_agent::version_within(agent, program, PATIENCE)
                    })
                })
            })
            .collect();
        // A thread that panicked has no answer.
        all.into_iter()
            .map(|thread| thread.join().ok().flatten())
            .collect()
    })
}
