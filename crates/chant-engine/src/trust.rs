//! Whether the user has said that this clone may run what its files name.
//!
//! Kept outside the repository, in the user's data directory, for a clone as a whole: who could change the record
//! could run anything anyway. What the tracked settings can start is remembered by content and asked again when
//! it changes; a spec that the user edits asks nothing.

use std::collections::BTreeMap;
use std::path::PathBuf;

use chant_agent::AgentConfig;
use chant_spec::Document;
use serde::{Deserialize, Serialize};

use crate::config::{AgentEntry, Layer};
use crate::error::{Code, Error, Result};
use crate::project::Project;

/// The record of one clone's trust.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Record {
    /// The common git directory, for people who look into the file.
    clone: PathBuf,
    /// Each project's folder in it.
    projects: Vec<Trusted>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Trusted {
    project: String,
    at: String,
    /// A digest of each thing that may be started. Less is fine, anything else is asked for again.
    starts: Vec<String>,
}

/// How a clone stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// Trusted with what its settings can start now.
    Trusted,
    /// Trusted with something else than its settings can start now.
    Changed,
    /// Never trusted.
    Unknown,
}

/// Nobody trusts so many projects in one clone.
const MAX_BYTES: u64 = 1 << 20;

/// How this clone stands.
pub fn standing(project: &Project) -> Result<Standing> {
    let record = read(project)?;
    let key = project.project_key();
    let trusted = record
        .iter()
        .flat_map(|record| &record.projects)
        .find(|trusted| trusted.project == key);
    Ok(match trusted {
        None => Standing::Unknown,
        Some(trusted)
            if digests(project)
                .iter()
                .all(|one| trusted.starts.contains(one)) =>
        {
            Standing::Trusted
        }
        Some(_) => Standing::Changed,
    })
}

/// What the tracked settings can start, one line each, to be shown before they are trusted.
pub fn startable(project: &Project) -> Vec<String> {
    lines(project, |environment| {
        environment
            .keys()
            .fold(String::new(), |text, key| text + " " + key + "=…")
    })
}

/// One line for each thing the tracked settings can start. How the environment is written is the caller's affair:
/// values may be the user's secrets.
fn lines(
    project: &Project,
    environment: impl Fn(&BTreeMap<String, String>) -> String,
) -> Vec<String> {
    let config = project.config();
    let agents = config
        .agents
        .iter()
        .filter(|agent| is_foreign(agent))
        .map(|agent| {
            let program = if agent.command.is_empty() {
                std::slice::from_ref(&agent.kind)
            } else {
                &agent.command
            };
            let recording = agent
                .recording
                .as_ref()
                .map(|path| path.display().to_string());
            // Where a key is sent, and which one.
            let base_url = agent.base_url.as_ref().map(|url| format!("at {url}"));
            let key_env = agent
                .key_env
                .as_ref()
                .map(|name| format!("with the key in {name}"));
            let words: Vec<&str> = program
                .iter()
                .chain(&agent.args)
                .chain(&recording)
                .chain(&base_url)
                .chain(&key_env)
                .map(String::as_str)
                .collect();
            format!(
                "agent {}: {}{}",
                agent.name,
                words.join(" "),
                environment(&agent.env)
            )
        });
    agents
        .chain(config.checks.iter().map(|check| format!("check: {check}")))
        .chain(
            config
                .worktree
                .setup
                .iter()
                .map(|command| format!("setup: {command}")),
        )
        .collect()
}

/// Whether an agent is not the user's own: a file that git tracks says what is started.
fn is_foreign(agent: &AgentEntry) -> bool {
    agent.source == Layer::Project
}

/// Trusts this clone with what its settings can start now.
pub fn trust(project: &Project) -> Result<()> {
    let path = file(project)?;
    let clone = project.repo().common_dir().to_owned();
    let mut record = read(project)?.unwrap_or(Record {
        clone,
        projects: Vec::new(),
    });
    let key = project.project_key();
    record.projects.retain(|trusted| trusted.project != key);
    record.projects.push(Trusted {
        project: key,
        at: chant_os::clock::now().to_string(),
        starts: digests(project),
    });
    let json = serde_json::to_vec_pretty(&record).map_err(|error| {
        Error::new(
            Code::Internal,
            format!("failed to write down trust: {error}"),
        )
    })?;
    if let Some(folder) = path.parent() {
        chant_os::file::create_dir_all(folder)?;
    }
    Ok(chant_os::file::write_private(&path, &json)?)
}

/// Takes the trust back.
pub fn distrust(project: &Project) -> Result<()> {
    let Some(mut record) = read(project)? else {
        return Ok(());
    };
    record
        .projects
        .retain(|trusted| trusted.project != project.project_key());
    let json = serde_json::to_vec_pretty(&record).unwrap_or_default();
    Ok(chant_os::file::write_private(&file(project)?, &json)?)
}

/// Refuses where `what`, which a file of this repository names, may not run.
pub fn check(project: &Project, what: &str) -> Result<()> {
    let message = match standing(project)? {
        Standing::Trusted => return Ok(()),
        Standing::Unknown => {
            format!("{what} comes from this repository's files, and you have not trusted them")
        }
        Standing::Changed => format!(
            "{what} comes from this repository's files, and what they start has changed since you trusted them"
        ),
    };
    Err(Error::new(Code::NotTrusted, message)
        .hint("look at .chant/config.md and the spec, then run `chant trust`")
        .detail("starts", startable(project)))
}

/// Refuses where the tracked settings could start something that was not trusted.
pub fn check_config(project: &Project) -> Result<()> {
    if startable(project).is_empty() {
        Ok(())
    } else {
        check(project, "what .chant/config.md can start")
    }
}

/// Refuses where the program of the agent of this name is not to be started. One of the user's own needs no trust.
pub(crate) fn check_agent(project: &Project, name: &str) -> Result<()> {
    let mut agents = project.config().agents.iter();
    let entry = agents.find(|entry| entry.name == name);
    if entry.is_some_and(is_foreign) {
        check(project, &format!("the agent {name:?}"))?;
    }
    Ok(())
}

/// Refuses where a run of this spec with this agent would start something that was not trusted. An agent of the
/// user's own, and a spec without commands, need no trust.
pub fn check_run(project: &Project, agent: &AgentConfig, document: &Document) -> Result<()> {
    let config = project.config();
    check_agent(project, &agent.name)?;
    if let Some(command) = document.frontmatter().verify.first() {
        check(project, &format!("the check {:?}", command.run))?;
    }
    if let Some(command) = config.worktree.setup.first() {
        check(project, &format!("the setup {command:?}"))?;
    }
    match config.checks.first() {
        Some(command) => check(project, &format!("the check {command:?}")),
        None => Ok(()),
    }
}

fn digests(project: &Project) -> Vec<String> {
    let all = lines(project, |environment| {
        environment
            .iter()
            .fold(String::new(), |text, (key, value)| {
                text + " " + key + "=" + value
            })
    });
    all.iter()
        .map(|line| crate::digest(line.as_bytes(), 16))
        .collect()
}

fn file(project: &Project) -> Result<PathBuf> {
    let common = project.repo().common_dir();
    let common = common.canonicalize().unwrap_or_else(|_| common.to_owned());
    let name = crate::digest(common.as_os_str().as_encoded_bytes(), 16);
    Ok(chant_os::dirs::data_dir()?
        .join("trust")
        .join(format!("{name}.json")))
}

/// A record that can not be read is none: then trust is asked for again.
fn read(project: &Project) -> Result<Option<Record>> {
    let bytes = match chant_os::file::read_regular(&file(project)?, MAX_BYTES) {
        Ok(bytes) => bytes,
        Err(error) if error.is_not_found() => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    Ok(serde_json::from_slice(&bytes).ok())
}
