//! The `agents:` list: entries of all layers, merged by name and then key by key.

use std::collections::BTreeMap;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;

use chant_agent::{AgentKind, Permissions, Provider};

use chant_spec::Kind;

use super::bounds::AgentBounds;
use super::file::{File, Layer};
use super::keys;
use super::settings::{Entry, Remark, Settings, Source};
use super::yaml::{Node, Value};
use crate::error::{Error, Result};

/// An agent by its configured name. What its words mean is checked when it is to be used, so that a
/// kind this version does not have breaks no other command.
#[derive(Debug, Clone)]
pub struct AgentEntry {
    /// The name it is called by.
    pub name: String,
    /// The kind, as written; where none is, the client that the entry is named after, else `claude`.
    pub kind: String,
    /// Program and arguments, split into words; empty means the kind's own program.
    pub command: Vec<String>,
    /// More arguments, after chant's own.
    pub args: Vec<String>,
    /// The model to ask for.
    pub model: Option<String>,
    /// Added to its environment.
    pub env: BTreeMap<String, String>,
    /// How the prompt reaches it: `stdin`, `file` or `argument`.
    pub prompt: Option<String>,
    /// What it prints: `text`, `json_lines` or `auto`.
    pub output: Option<String>,
    /// How many runs may use it at once; no limit of its own where absent.
    pub max_concurrent: Option<NonZeroUsize>,
    /// How many turns it has where agents take turns.
    pub weight: NonZeroU32,
    /// Whose plan or key it uses; agents of one account share their places.
    pub account: Option<String>,
    /// The recording to play, or the folder of recordings, for the kind `replay`.
    pub recording: Option<PathBuf>,
    /// Whose protocol its model speaks, for the kind `builtin`.
    pub provider: Option<String>,
    /// Where its model is, for the kind `builtin`.
    pub base_url: Option<String>,
    /// The variable that holds the key of its model, for the kind `builtin`.
    pub key_env: Option<String>,
    /// How many tokens its model takes in, for the kind `builtin`.
    pub context: Option<NonZeroU32>,
    /// How often its model may be asked in one sitting, for the kind `builtin`.
    pub max_turns: Option<NonZeroU32>,
    /// Whether it may do everything unasked. Only the user's own files can say so.
    pub bypass_permissions: bool,
    /// What keeps it in bounds.
    pub bounds: AgentBounds,
    /// How its questions for permission are answered, by the spec's type; under an empty name for all others.
    pub permissions: BTreeMap<String, Permissions>,
    /// The tools it may use unasked.
    pub allow: Vec<String>,
    /// Who decides what is started: the tracked file, if it says anything of it, else the last layer that does.
    /// Who decides what is started: the project as soon as a word of it is the project's.
    pub source: Layer,
    /// What of it the project's settings decide, after everybody else had a say.
    by_project: Vec<&'static str>,
}

impl AgentEntry {
    fn new(name: String, source: Layer) -> Self {
        Self {
            kind: kind_by_name(&name).to_owned(),
            name,
            command: Vec::new(),
            args: Vec::new(),
            model: None,
            env: BTreeMap::new(),
            prompt: None,
            output: None,
            max_concurrent: None,
            weight: NonZeroU32::MIN,
            account: None,
            recording: None,
            provider: None,
            base_url: None,
            key_env: None,
            context: None,
            max_turns: None,
            bypass_permissions: false,
            bounds: AgentBounds::default(),
            permissions: BTreeMap::new(),
            allow: Vec::new(),
            source,
            by_project: Vec::new(),
        }
    }

    /// An agent that no settings name: its name says its kind.
    pub(crate) fn of_kind(name: &str) -> Self {
        Self {
            kind: name.to_owned(),
            ..Self::new(name.to_owned(), Layer::Default)
        }
    }

    /// Notes whose word one of [`STARTS`] is now. The environment is merged, so what the project put there stays.
    fn decided(&mut self, key: &'static str, layer: Layer) {
        if layer == Layer::Project {
            self.by_project.push(key);
        } else if key != "env" {
            self.by_project.retain(|known| *known != key);
        }
        // A kind alone starts its own program; beside a command it only says how to talk to it.
        let only_how = |key: &&str| matches!(*key, "kind" | "provider") && !self.command.is_empty();
        let is_theirs = self.by_project.iter().any(|key| !only_how(key));
        self.source = match (is_theirs, layer) {
            (true, _) => Layer::Project,
            (false, Layer::Project) => self.source,
            (false, layer) => layer,
        };
    }
}

/// The kind of an entry that names none: `name: codex` alone adds to what Codex is without an entry.
fn kind_by_name(name: &str) -> &str {
    let is_a_client = |kind: AgentKind| kind.own_program() == Some(name);
    let kind = name.parse().ok().filter(|kind| is_a_client(*kind));
    kind.map_or("claude", |_| name)
}

/// The keys that decide what is started, or to whom a key is sent.
const STARTS: &[&str] = &[
    "kind",
    "provider",
    "command",
    "args",
    "env",
    "recording",
    "base_url",
    "key_env",
];

/// A round of turns is short enough to be seen through.
const MOST_TURNS: u32 = 100;

/// Reads and merges the entries of all layers; returns them in the order they were first named.
pub(super) fn read(settings: &Settings<'_>, remarks: &mut Vec<Remark>) -> Result<Vec<AgentEntry>> {
    let mut agents: Vec<AgentEntry> = Vec::new();
    let mut lists: Vec<&Entry<'_>> = settings.all("agents").collect();
    lists.sort_by_key(|entry| entry.file.layer);
    for entry in lists {
        let Value::List(items) = &entry.node.value else {
            return Err(entry.file.error(
                entry.node.line,
                entry.node.column,
                "`agents` must be a list",
            ));
        };
        for item in items {
            merge(entry.file, item, &mut agents, remarks)?;
        }
    }
    Ok(agents)
}

fn merge(
    file: &File,
    item: &Node,
    agents: &mut Vec<AgentEntry>,
    remarks: &mut Vec<Remark>,
) -> Result<()> {
    let Value::Map(fields) = &item.value else {
        return Err(file.error(
            item.line,
            item.column,
            "an agent must be a map with a `name`",
        ));
    };
    let name = fields
        .iter()
        .find_map(|(key, node)| (key == "name").then(|| text(file, key, node)))
        .ok_or_else(|| file.error(item.line, item.column, "an agent needs a `name`"))??;
    let position = agents
        .iter()
        .position(|agent| agent.name == name)
        .unwrap_or_else(|| {
            agents.push(AgentEntry::new(name, file.layer));
            agents.len() - 1
        });
    fields
        .iter()
        .try_for_each(|(key, node)| set(&mut agents[position], file, (key, node), remarks))
}

fn set(
    agent: &mut AgentEntry,
    file: &File,
    (key, node): (&str, &Node),
    remarks: &mut Vec<Remark>,
) -> Result<()> {
    if matches!(node.value, Value::Null) {
        return Ok(());
    }
    match key {
        "kind" | "provider" => {
            let word = text(file, key, node)?;
            // Once the word for the kind; for `builtin`, the protocol that its model speaks.
            if key == "provider" && word.parse::<Provider>().is_ok() {
                agent.provider = Some(word);
            } else {
                agent.kind = word;
            }
        }
        "name" => {}
        "weight" => {
            let number = text(file, key, node)?.parse().ok();
            let number = number.filter(|number: &NonZeroU32| number.get() <= MOST_TURNS);
            agent.weight =
                number.ok_or_else(|| wrong(file, key, node, "a number from 1 to 100"))?;
        }
        "command" => {
            agent.command = words(file, key, node)?;
        }
        "args" => agent.args = words(file, key, node)?,
        "model" => agent.model = Some(text(file, key, node)?),
        "env" => agent.env.extend(pairs(file, node)?),
        "prompt" => agent.prompt = Some(text(file, key, node)?),
        "output" => agent.output = Some(text(file, key, node)?),
        "recording" => agent.recording = Some(text(file, key, node)?.into()),
        "max_concurrent" => {
            let number = text(file, key, node)?.parse();
            let number = number.map_err(|_| wrong(file, key, node, "a whole number above 0"))?;
            agent.max_concurrent = Some(number);
        }
        "base_url" => agent.base_url = Some(text(file, key, node)?),
        "key_env" => agent.key_env = Some(text(file, key, node)?),
        "context" => agent.context = Some(count(file, key, node)?),
        "max_turns" => agent.max_turns = Some(count(file, key, node)?),
        "account" => agent.account = Some(text(file, key, node)?),
        "permissions" => permissions(agent, file, node, remarks)?,
        "allow" if !file.layer.is_the_users_own() => {
            remarks.push(refused(agent, key, "allow", file, node));
        }
        "allow" => agent.allow = tools(file, key, node)?,
        "bypass_permissions" => {
            let Value::Flag(wanted) = node.value else {
                return Err(wrong(file, key, node, "`true` or `false`"));
            };
            if wanted && !file.layer.is_the_users_own() {
                remarks.push(refused(
                    agent,
                    "bypass_permissions",
                    "bypass_permissions",
                    file,
                    node,
                ));
            } else {
                agent.bypass_permissions = wanted;
            }
        }
        other => match agent.bounds.set(&agent.name, file, (other, node)) {
            Some(remark) => remarks.extend(remark?),
            None => remarks.push(unknown(agent, other, file, node)),
        },
    }
    if let Some(key) = STARTS.iter().find(|known| **known == key) {
        agent.decided(key, file.layer);
    }
    Ok(())
}

fn count(file: &File, key: &str, node: &Node) -> Result<NonZeroU32> {
    let number = text(file, key, node)?.replace('_', "").parse();
    number.map_err(|_| wrong(file, key, node, "a whole number above 0"))
}

/// A list, or one alone: a tool's pattern may hold spaces.
fn tools(file: &File, key: &str, node: &Node) -> Result<Vec<String>> {
    match &node.value {
        Value::List(items) => items.iter().map(|item| text(file, key, item)).collect(),
        _ => Ok(vec![text(file, key, node)?]),
    }
}

/// One mode for all specs, or one for each type.
fn permissions(
    agent: &mut AgentEntry,
    file: &File,
    node: &Node,
    remarks: &mut Vec<Remark>,
) -> Result<()> {
    let key = "permissions";
    let one = [(String::new(), node.clone())];
    let of_types = match &node.value {
        Value::Map(types) => types.as_slice(),
        _ => &one,
    };
    for (kind, node) in of_types {
        let is_type = !matches!(Kind::from(kind.clone()), Kind::Unknown(word) if !word.is_empty());
        let mode = text(file, key, node)?.parse::<Permissions>();
        let (Ok(mode), true) = (mode, is_type) else {
            let expected =
                "`ask`, `allow`, `sandbox` or `bypass`, or a map from types of specs to these";
            return Err(wrong(file, key, node, expected));
        };
        if mode.is_a_persons_to_choose() && !file.layer.is_the_users_own() {
            remarks.push(refused(
                agent,
                key,
                &format!("permissions: {mode}"),
                file,
                node,
            ));
        } else {
            agent.permissions.insert(kind.clone(), mode);
        }
    }
    Ok(())
}

/// A wish that only a person may have for their own machine, in a file of the repository's.
fn refused(agent: &AgentEntry, key: &str, wish: &str, file: &File, node: &Node) -> Remark {
    Remark {
        key: format!("agents.{}.{key}", agent.name),
        message: format!("`{wish}` is not taken from a file that others can write"),
        hint: Some("set it in .chant/agents.md or in your own settings".into()),
        source: Source {
            layer: file.layer,
            path: Some(file.path.clone()),
            line: node.line,
        },
    }
}

fn unknown(agent: &AgentEntry, key: &str, file: &File, node: &Node) -> Remark {
    Remark {
        key: format!("agents.{}.{key}", agent.name),
        message: format!("unknown key `{key}` of agent `{}`", agent.name),
        hint: crate::nearest(key, keys::AGENT.iter().map(|(key, _)| *key))
            .map(|near| format!("did you mean `{near}`?")),
        source: Source {
            layer: file.layer,
            path: Some(file.path.clone()),
            line: node.line,
        },
    }
}

fn wrong(file: &File, key: &str, node: &Node, expected: &str) -> Error {
    file.error(
        node.line,
        node.column,
        format!("`{key}` of an agent must be {expected}"),
    )
}

fn text(file: &File, key: &str, node: &Node) -> Result<String> {
    match &node.value {
        Value::Text(text) => Ok(text.clone()),
        Value::Flag(flag) => Ok(flag.to_string()),
        _ => Err(wrong(file, key, node, "one word or text")),
    }
}

/// A string is split as a shell splits words; nothing in it is ever expanded. A list is taken as it is.
fn words(file: &File, key: &str, node: &Node) -> Result<Vec<String>> {
    match &node.value {
        Value::Text(line) => chant_agent::split_command(line).map_err(|error| {
            file.error(
                node.line,
                node.column,
                format!("`{key}` of an agent: {error}"),
            )
        }),
        Value::List(items) => items.iter().map(|item| text(file, key, item)).collect(),
        _ => Err(wrong(file, key, node, "a command line or a list of words")),
    }
}

fn pairs(file: &File, node: &Node) -> Result<BTreeMap<String, String>> {
    let Value::Map(entries) = &node.value else {
        return Err(wrong(file, "env", node, "a map of names to texts"));
    };
    entries
        .iter()
        .map(|(name, value)| Ok((name.clone(), text(file, "env", value)?)))
        .collect()
}
