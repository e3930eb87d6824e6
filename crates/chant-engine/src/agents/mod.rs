//! Which agent, model and prompt a spec is worked with: the command line, then the spec, then the settings.

mod choosing;
mod survey;

pub use choosing::Choice;
pub(crate) use choosing::{ORDERED, Subject, choice, choice_knowing, named_by_prompt};
pub(crate) use survey::{Ground, client, installed, login};
pub use survey::{Known, Missing, Problem, Survey, survey};

use std::path::{Path, PathBuf};

use chant_agent::{AgentConfig, AgentKind, Builtin, OutputMode, PromptMode, Provider};
use chant_spec::{Document, Kind};

use crate::config::{AgentEntry, Config};
use crate::error::{Code, Error, Result};
use crate::limits::Outlook;
use crate::order::Order;
use crate::project::Project;
use crate::sandbox;

/// The agent for the spec `id`, which was tried `tried` times before, and why it is that one.
pub(crate) fn choose(
    project: &Project,
    id: &str,
    order: &Order,
    document: &Document,
    tried: u32,
) -> Result<(AgentConfig, Choice)> {
    let front = document.frontmatter();
    let prompt = prompt_name(project, order, document);
    let subject = Subject {
        id,
        labels: &front.labels,
        kind: &front.kind,
        agent: front.agent.as_deref(),
        prompt: &prompt,
    };
    let mut choice = choice(project, order.agent.as_deref(), &subject, tried);
    if choice.has_others() {
        choice = choice.passing_by(&Outlook::at(project, chant_os::clock::now())?);
    }
    let mut agent = by_name(project, &choice.agent)?;
    let clone = recordings(project);
    if agent.kind == AgentKind::Replay
        && let Some(folder) = &agent.recording
        && (*folder == clone || folder.is_dir())
    {
        // A folder holds one recording for each spec.
        agent.recording = Some(folder.join(format!("{id}.jsonl")));
    }
    let kind = document.frontmatter().kind.as_str();
    agent.bounds.offline |= project
        .config()
        .confinement
        .offline
        .iter()
        .any(|known| known == kind);
    let entry = project.config().agents.iter();
    if let Some(entry) = entry.into_iter().find(|entry| entry.name == choice.agent) {
        let of_type = entry.permissions.get(&front.kind.to_string()).copied();
        agent.permissions = of_type.or(agent.permissions);
    }
    agent.is_attended = order.attended;
    let is_meant = choosing::is_of_their_make(project, &subject, &choice.agent);
    let meant = |model: &Option<String>| model.clone().filter(|_| is_meant);
    agent.model = order
        .model
        .clone()
        .or_else(|| meant(&front.model))
        .or(agent.model)
        .or_else(|| meant(&project.config().defaults.model));
    Ok((agent, choice))
}

/// Where the `replay` agent finds a spec's recording if its settings name none.
pub(crate) fn recordings(project: &Project) -> PathBuf {
    project.state_dir().join("recordings")
}

/// A configured agent, or a built-in kind of that name.
pub(crate) fn by_name(project: &Project, name: &str) -> Result<AgentConfig> {
    let recordings = recordings(project);
    find(project.config(), project.root(), Some(&recordings), name)
}

/// The same by these settings, whose paths are relative to `root`; `recordings` are those kept with a clone.
fn find(
    config: &Config,
    root: &Path,
    recordings: Option<&Path>,
    name: &str,
) -> Result<AgentConfig> {
    if let Some(entry) = config.agents.iter().find(|entry| entry.name == name) {
        let mut agent = from_entry(entry, root, recordings)?;
        agent.bounds = sandbox::bounds(config, Some(&entry.bounds))?;
        return Ok(agent);
    }
    match name.parse::<AgentKind>() {
        Ok(kind) if kind.own_program().is_some() => {
            let mut agent = AgentConfig::new(name, kind);
            agent.bounds = sandbox::bounds(config, None)?;
            Ok(agent)
        }
        Ok(kind) => Err(Error::new(
            Code::AgentNotFound,
            format!("no agent {name:?} is configured"),
        )
        .hint(format!(
            "an agent of the kind {kind} needs an entry under `agents:` in {}",
            settings_file(recordings.is_some())
        ))),
        Err(_) => Err(unknown(config, name)),
    }
}

/// The file in which a person would name an agent of their own.
fn settings_file(in_project: bool) -> String {
    let own = chant_os::dirs::config_dir().map(|folder| folder.join("config.md"));
    match own {
        Ok(own) if !in_project => own.display().to_string(),
        _ => ".chant/agents.md".to_owned(),
    }
}

fn unknown(config: &Config, name: &str) -> Error {
    let mut names: Vec<&str> = Vec::new();
    let configured = config.agents.iter().map(|entry| entry.name.as_str());
    let known = AgentKind::ALL.iter().filter_map(|kind| kind.own_program());
    for name in configured.chain(known) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let hint = crate::nearest(name, names.iter().copied()).map_or_else(
        || format!("known agents: {}", names.join(", ")),
        |near| format!("did you mean `{near}`?"),
    );
    Error::new(
        Code::AgentNotFound,
        format!("no agent {name:?} is configured"),
    )
    .hint(hint)
}

/// What an entry of the settings means. Paths in it are relative to `root`; `recordings` are those kept with a clone.
fn from_entry(entry: &AgentEntry, root: &Path, recordings: Option<&Path>) -> Result<AgentConfig> {
    let kind: AgentKind = entry.kind.parse().map_err(|error| {
        Error::new(
            Code::ConfigInvalid,
            format!("agent {:?}: {error}", entry.name),
        )
    })?;
    let invalid = |key: &str, value: &str, known: &str| {
        Error::new(
            Code::ConfigInvalid,
            format!("agent {:?}: {key}: {value:?} is not known", entry.name),
        )
        .hint(format!("use one of {known}"))
    };
    let mut agent = AgentConfig::new(&entry.name, kind);
    agent.command.clone_from(&entry.command);
    agent.args.clone_from(&entry.args);
    agent.model.clone_from(&entry.model);
    agent.env = entry.env.clone();
    agent.bypass_permissions = entry.bypass_permissions;
    agent.permissions = entry.permissions.get("").copied();
    agent.allow.clone_from(&entry.allow);
    agent.recording = entry.recording.as_ref().map(|path| root.join(path));
    if kind == AgentKind::Replay && agent.recording.is_none() {
        // Without a file of its own it plays, for each spec, the recording that is kept with this clone.
        agent.recording = recordings.map(Path::to_owned);
    }
    agent.builtin = builtin(entry, kind)?;
    agent.prompt = match entry.prompt.as_deref() {
        None | Some("stdin") => PromptMode::Stdin,
        Some("file") => PromptMode::File,
        Some("argument") => PromptMode::Argument,
        Some(other) => return Err(invalid("prompt", other, "stdin, file, argument")),
    };
    agent.output = match entry.output.as_deref() {
        None | Some("auto") => OutputMode::Auto,
        Some("text") => OutputMode::Text,
        Some("json" | "json_lines" | "jsonl") => OutputMode::JsonLines,
        Some(other) => return Err(invalid("output", other, "auto, text, json")),
    };
    Ok(agent)
}

/// What is set for chant's own agent, checked; a word of it at another kind of agent is a mistake.
fn builtin(entry: &AgentEntry, kind: AgentKind) -> Result<Builtin> {
    let wrong = |key: &str, problem: &str| {
        let message = format!("agent {:?}: {key}: {problem}", entry.name);
        Error::new(Code::ConfigInvalid, message)
    };
    let keys = [
        ("provider", entry.provider.is_some()),
        ("base_url", entry.base_url.is_some()),
        ("key_env", entry.key_env.is_some()),
        ("context", entry.context.is_some()),
        ("max_turns", entry.max_turns.is_some()),
    ];
    let set = keys.iter().find(|(_, is_set)| *is_set);
    if let Some((key, _)) = set.filter(|_| kind != AgentKind::Builtin) {
        let problem = format!("an agent of the kind {kind} has no such setting");
        return Err(wrong(key, &problem).hint("set `kind: builtin`, or remove the line"));
    }
    let provider = entry.provider.as_deref().map(str::parse).transpose();
    let base_url = entry.base_url.as_deref().map(str::parse).transpose();
    let key_env = entry.key_env.as_deref().map(str::parse).transpose();
    Ok(Builtin {
        provider: provider
            .map_err(|problem| wrong("provider", problem))?
            .unwrap_or(Provider::OpenAi),
        base_url: base_url.map_err(|problem| wrong("base_url", problem))?,
        key_env: key_env.map_err(|problem| wrong("key_env", problem))?,
        context: entry.context,
        max_turns: entry.max_turns,
    })
}

/// The prompt for a spec: `--prompt`, else the spec's, else one for its type, else the configured default.
pub(crate) fn prompt_name(project: &Project, order: &Order, document: &Document) -> String {
    let front = document.frontmatter();
    let asked = order.prompt.as_deref().or(front.prompt.as_deref());
    prompt_for(project, asked, &front.kind)
}

/// The same where it is known which prompt is asked for, if any.
pub(crate) fn prompt_for(project: &Project, asked: Option<&str>, kind: &Kind) -> String {
    let by_type = match kind {
        Kind::Research => "research",
        Kind::Documentation => "document",
        _ => "standard",
    };
    let configured = project.config().defaults.prompt.as_deref();
    asked.or(configured).unwrap_or(by_type).to_owned()
}

/// The agent's program, found before anything begins.
pub(crate) fn program(project: &Project, agent: &AgentConfig) -> Result<std::path::PathBuf> {
    let path = std::env::var_os("PATH");
    Ok(chant_agent::find_program(
        agent,
        project.root(),
        path.as_deref(),
    )?)
}
