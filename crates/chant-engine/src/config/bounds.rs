//! What keeps agents in bounds: the keys of an agent, and what holds for all of them.
//!
//! A file that comes with the repository can draw the bounds tighter and never wider.

use std::path::PathBuf;

use chant_agent::Sandbox;
use chant_spec::Kind;

use super::file::{File, Layer};
use super::settings::{Entry, Remark, Settings, Source};
use super::yaml::{Node, Value};
use crate::error::Result;

/// What the settings say of one agent's bounds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AgentBounds {
    /// What it may write; as `defaults.sandbox` where absent.
    pub sandbox: Option<Sandbox>,
    /// Whether it has no network.
    pub offline: bool,
    /// The user's variables that it gets beside the usual ones.
    pub env_allow: Vec<String>,
    /// What it may read although it is hidden.
    pub read_allow: Vec<PathBuf>,
    /// What it may write beside its worktree.
    pub write_allow: Vec<PathBuf>,
}

/// What holds for all agents, and for checks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Confinement {
    /// What an agent may write where nothing is said of it.
    pub sandbox: Sandbox,
    /// Types of specs whose agents have no network.
    pub offline: Vec<String>,
    /// Types of specs that change nothing but their target files.
    pub targets_only: Vec<String>,
    /// The user's variables that all agents, and checks, get beside the usual ones.
    pub env_allow: Vec<String>,
}

impl AgentBounds {
    /// Takes one of its keys; `None` where the key is another's, else what is to be remarked.
    pub(super) fn set(
        &mut self,
        agent: &str,
        file: &File,
        (key, node): (&str, &Node),
    ) -> Option<Result<Option<Remark>>> {
        let widens = match key {
            "sandbox" => match sandbox(file, key, node) {
                Ok(Sandbox::Off) if theirs(file) => true,
                Ok(wanted) => {
                    self.sandbox = Some(wanted);
                    false
                }
                Err(error) => return Some(Err(error)),
            },
            "network" => match switch(file, key, node) {
                Ok(true) if theirs(file) => self.offline,
                Ok(on) => {
                    self.offline = !on;
                    false
                }
                Err(error) => return Some(Err(error)),
            },
            "env_allow" | "read_allow" | "write_allow" if theirs(file) => true,
            "env_allow" => match list(file, key, node) {
                Ok(names) => {
                    self.env_allow = names;
                    false
                }
                Err(error) => return Some(Err(error)),
            },
            "read_allow" | "write_allow" => match list(file, key, node) {
                Ok(paths) => {
                    let paths = paths.into_iter().map(PathBuf::from).collect();
                    if key == "read_allow" {
                        self.read_allow = paths;
                    } else {
                        self.write_allow = paths;
                    }
                    false
                }
                Err(error) => return Some(Err(error)),
            },
            _ => return None,
        };
        Some(Ok(widens.then(|| {
            not_taken(&format!("agents.{agent}.{key}"), key, file, node)
        })))
    }
}

/// Where nobody says which types keep to their target files.
const TARGETS_ONLY: [Kind; 1] = [Kind::Research];

impl Confinement {
    /// Whether specs of a type change nothing but their target files.
    pub(crate) fn keeps_to_targets(&self, kind: &Kind) -> bool {
        self.targets_only.iter().any(|known| known == kind.as_str())
    }

    pub(super) fn read(settings: &Settings<'_>, remarks: &mut Vec<Remark>) -> Result<Self> {
        let mut all = Self::default();
        let mut entries: Vec<_> = settings.all("defaults.sandbox").collect();
        entries.sort_by_key(|entry| entry.file.layer);
        for entry in entries {
            match sandbox(entry.file, entry.key, &entry.node)? {
                Sandbox::Off if theirs(entry.file) => {
                    remarks.push(not_taken(
                        entry.key,
                        "sandbox: off",
                        entry.file,
                        &entry.node,
                    ));
                }
                wanted => all.sandbox = wanted,
            }
        }
        let mut entries: Vec<_> = settings.all("defaults.env_allow").collect();
        entries.sort_by_key(|entry| entry.file.layer);
        for entry in entries {
            if theirs(entry.file) {
                remarks.push(not_taken(entry.key, entry.key, entry.file, &entry.node));
            } else {
                all.env_allow = list(entry.file, entry.key, &entry.node)?;
            }
        }
        // Each layer adds: what one keeps from the network, no other gives back.
        for entry in settings.all("defaults.offline") {
            all.offline.extend(kinds(entry)?);
        }
        // A person says which; the project's file can add to them.
        all.targets_only = TARGETS_ONLY.map(|kind| kind.to_string()).into();
        let mut entries: Vec<_> = settings.all("defaults.targets_only").collect();
        entries.sort_by_key(|entry| (theirs(entry.file), entry.file.layer));
        for entry in entries {
            let kinds = kinds(entry)?;
            if theirs(entry.file) {
                all.targets_only.extend(kinds);
            } else {
                all.targets_only = kinds;
            }
        }
        Ok(all)
    }
}

fn kinds(entry: &Entry<'_>) -> Result<Vec<String>> {
    let names = list(entry.file, entry.key, &entry.node)?.into_iter();
    names
        .map(|name| match Kind::parse(&name) {
            Kind::Unknown(_) => Err(entry.wrong_at(&entry.node, "a list of types of specs")),
            kind => Ok(kind.to_string()),
        })
        .collect()
}

fn theirs(file: &File) -> bool {
    file.layer == Layer::Project
}

/// Whether a key of an agent is one that the project's file can not widen: what it says there is not shown as if it held.
pub(super) fn is_untaken(key: &str, node: &Node, layer: Layer) -> bool {
    let is_off = matches!(&node.value, Value::Flag(false))
        || matches!(&node.value, Value::Text(text) if text == "off");
    layer == Layer::Project
        && match key {
            "sandbox" => is_off,
            "env_allow" | "read_allow" | "write_allow" => true,
            _ => false,
        }
}

fn not_taken(key: &str, what: &str, file: &File, node: &Node) -> Remark {
    Remark {
        key: key.to_owned(),
        message: format!("`{what}` is not taken from a file that others can write"),
        hint: Some("set it in .chant/agents.md or in your own settings".into()),
        source: Source {
            layer: file.layer,
            path: Some(file.path.clone()),
            line: node.line,
        },
    }
}

fn sandbox(file: &File, key: &str, node: &Node) -> Result<Sandbox> {
    match &node.value {
        Value::Flag(false) => Ok(Sandbox::Off),
        Value::Text(text) => Sandbox::ALL
            .into_iter()
            .find(|known| known.word() == text)
            .ok_or_else(|| wrong(file, key, node, "`worktree` or `off`")),
        _ => Err(wrong(file, key, node, "`worktree` or `off`")),
    }
}

fn switch(file: &File, key: &str, node: &Node) -> Result<bool> {
    match &node.value {
        Value::Flag(on) => Ok(*on),
        Value::Text(text) if text == "on" => Ok(true),
        Value::Text(text) if text == "off" => Ok(false),
        _ => Err(wrong(file, key, node, "`on` or `off`")),
    }
}

fn list(file: &File, key: &str, node: &Node) -> Result<Vec<String>> {
    let items = match &node.value {
        Value::Text(text) => return Ok(vec![text.clone()]),
        Value::List(items) => items,
        _ => return Err(wrong(file, key, node, "a list")),
    };
    items
        .iter()
        .map(|item| match &item.value {
            Value::Text(text) => Ok(text.clone()),
            _ => Err(wrong(file, key, item, "a list of texts")),
        })
        .collect()
}

fn wrong(file: &File, key: &str, node: &Node, expected: &str) -> crate::error::Error {
    file.error(
        node.line,
        node.column,
        format!("`{key}` must be {expected}"),
    )
}

#[cfg(test)]
mod tests {
    use super::super::tests::merged;
    use super::*;

    #[test]
    fn the_projects_file_draws_bounds_only_tighter() {
        let theirs = "defaults: {sandbox: off, env_allow: ['*'], offline: [research], targets_only: [task]}\nagents: [{name: a, sandbox: off, network: off, env_allow: [X], write_allow: [/], read_allow: [/]}]";
        let config = merged(&[(Layer::Project, theirs)]);
        let bounds = &config.agents[0].bounds;
        assert_eq!(
            *bounds,
            AgentBounds {
                offline: true,
                ..AgentBounds::default()
            }
        );
        assert_eq!(config.confinement.sandbox, Sandbox::Worktree);
        assert!(config.confinement.env_allow.is_empty());
        assert_eq!(config.confinement.offline, ["research"]);
        assert_eq!(config.confinement.targets_only, ["research", "task"]);
        assert_eq!(config.warnings.len(), 6);
    }

    #[test]
    fn the_users_own_files_widen_them() {
        let own = "defaults: {sandbox: off, targets_only: []}\nagents: [{name: a, sandbox: off, network: on, env_allow: [X], write_allow: /w}]";
        let config = merged(&[
            (
                Layer::Project,
                "agents: [{name: a, sandbox: worktree, network: off}]",
            ),
            (Layer::Machine, own),
        ]);
        let bounds = &config.agents[0].bounds;
        assert_eq!(bounds.sandbox, Some(Sandbox::Off));
        assert!(!bounds.offline);
        assert_eq!(bounds.env_allow, ["X"]);
        assert_eq!(bounds.write_allow, [PathBuf::from("/w")]);
        assert_eq!(config.confinement.sandbox, Sandbox::Off);
        assert!(config.confinement.targets_only.is_empty());
        assert!(config.warnings.is_empty());
    }
}
