//! The `choose:` list: rules that say which agents work which specs.

use chant_agent::AgentKind;
use chant_spec::Kind;

use super::AgentEntry;
use super::file::File;
use super::settings::{Entry, Remark, Settings};
use super::yaml::{Node, Value};
use crate::error::Result;

/// One rule. It holds for specs that are everything it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// With this label.
    pub label: Option<String>,
    /// Of this type.
    pub kind: Option<Kind>,
    /// Worked by this prompt.
    pub prompt: Option<String>,
    /// The agents that take turns at them; at least one.
    pub agents: Vec<String>,
}

impl Rule {
    /// What it holds for: `label docs, type research`.
    pub fn in_words(&self) -> String {
        let kind = self
            .kind
            .as_ref()
            .map(|kind| format!("type {}", kind.as_str()));
        let label = self.label.as_ref().map(|label| format!("label {label}"));
        let prompt = self.prompt.as_ref().map(|name| format!("prompt {name}"));
        let all: Vec<String> = [label, kind, prompt].into_iter().flatten().collect();
        all.join(", ")
    }
}

/// The rules of all layers: those of a later layer come first.
pub(super) fn read(settings: &Settings<'_>) -> Result<Vec<Rule>> {
    let mut lists: Vec<&Entry<'_>> = settings.all("choose").collect();
    lists.sort_by_key(|entry| std::cmp::Reverse(entry.file.layer));
    let mut rules = Vec::new();
    for entry in lists {
        let Value::List(items) = &entry.node.value else {
            return Err(entry.wrong_at(&entry.node, EXPECTED));
        };
        for item in items {
            rules.push(one(entry.file, item)?);
        }
    }
    Ok(rules)
}

/// The names of agents that are nobody's, in the places where agents are chosen.
pub(super) fn unknown(settings: &Settings<'_>, agents: &[AgentEntry]) -> Vec<Remark> {
    let by_defaults = ["defaults.agent", "defaults.fallback"];
    let defaults = by_defaults.iter().filter_map(|key| settings.last(key));
    let mut places: Vec<(&Entry<'_>, String)> =
        defaults.map(|entry| (entry, entry.node.listed())).collect();
    for entry in settings.all("choose") {
        if let Value::List(rules) = &entry.node.value {
            let named = rules.iter().filter_map(agent_of);
            places.extend(named.map(|text| (entry, text)));
        }
    }
    let known: Vec<&str> = agents
        .iter()
        .map(|agent| agent.name.as_str())
        .chain(AgentKind::ALL.iter().filter_map(|kind| kind.own_program()))
        .collect();
    let mut remarks = Vec::new();
    for (entry, text) in places {
        let names = names(&text);
        let strangers = names.iter().filter(|name| !known.contains(&name.as_str()));
        remarks.extend(strangers.map(|name| {
            Remark {
                key: entry.key.to_owned(),
                message: format!("no agent `{name}` is configured"),
                hint: crate::nearest(name, known.iter().copied())
                    .map(|near| format!("did you mean `{near}`?")),
                source: entry.source(),
            }
        }));
    }
    remarks
}

fn agent_of(rule: &Node) -> Option<String> {
    let Value::Map(fields) = &rule.value else {
        return None;
    };
    let mut fields = fields.iter();
    fields.find_map(|(key, node)| (key == "agent").then(|| node.listed()))
}

const EXPECTED: &str = "a list of rules such as `{label: docs, agent: codex}`";

fn one(file: &File, item: &Node) -> Result<Rule> {
    let wrong = |node: &Node, message: &str| file.error(node.line, node.column, message);
    let Value::Map(fields) = &item.value else {
        return Err(wrong(item, &format!("`choose` must be {EXPECTED}")));
    };
    let mut rule = Rule {
        label: None,
        kind: None,
        prompt: None,
        agents: Vec::new(),
    };
    for (key, node) in fields {
        let text = node.listed();
        match key.as_str() {
            "label" => rule.label = Some(text),
            "type" => rule.kind = Some(Kind::parse(&text)),
            "prompt" => rule.prompt = Some(text),
            "agent" => rule.agents = names(&text),
            other => {
                let message = format!(
                    "a rule of `choose` has no key `{other}`: use label, type, prompt, agent"
                );
                return Err(wrong(node, &message));
            }
        }
    }
    if rule.agents.is_empty() {
        return Err(wrong(item, "a rule of `choose` needs an `agent`"));
    }
    if rule.in_words().is_empty() {
        let message = "a rule of `choose` needs a `label`, a `type` or a `prompt`; for all specs set `defaults.agent`";
        return Err(wrong(item, message));
    }
    Ok(rule)
}

/// The names in a setting that may hold several: `a, b`.
pub(crate) fn names(text: &str) -> Vec<String> {
    let names = text.split(',').map(str::trim);
    names
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}
