//! The settings as `chant config` shows them: every key, its value, its source.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::time::Duration;

use chant_spec::Usd;
use serde::Serialize;

use super::settings::{Settings, Source};
use super::{Config, Layer, Spending, keys, yaml};

/// One setting.
#[derive(Debug, Clone, Serialize)]
pub struct Value {
    /// The dotted key.
    pub key: String,
    /// The value as text; absent where nothing is set and nothing is assumed.
    pub value: Option<String>,
    /// Where it comes from.
    pub source: Source,
    /// What it says, in one line.
    pub description: &'static str,
}

/// Every setting in the order of the table of keys.
pub(super) fn values(config: &Config, settings: &Settings<'_>) -> Vec<Value> {
    let list = |items: &[String]| (!items.is_empty()).then(|| items.join(", "));
    let plain: Vec<(&'static str, Option<String>)> = vec![
        ("project.name", config.project_name.clone()),
        ("project.prefix", config.id_prefix.clone()),
        ("defaults.agent", config.defaults.agent.clone()),
        ("defaults.prompt", config.defaults.prompt.clone()),
        ("defaults.model", config.defaults.model.clone()),
        ("defaults.split_model", config.defaults.split_model.clone()),
        ("defaults.main_branch", config.defaults.main_branch.clone()),
        (
            "defaults.branch_prefix",
            Some(config.defaults.branch_prefix.clone()),
        ),
        ("defaults.silent", Some(config.defaults.silent.to_string())),
        ("choose", rules(config)),
        ("repos", repos(config)),
        (
            "defaults.retries",
            Some(config.defaults.retries.to_string()),
        ),
        ("limits.idle", Some(short(config.limits.idle))),
        ("limits.total", Some(short(config.limits.total))),
        ("limits.grace", Some(short(config.limits.grace))),
        (
            "limits.inputs_bytes",
            Some(config.limits.inputs_bytes.to_string()),
        ),
        (
            "limits.processes",
            Some(config.limits.processes.to_string()),
        ),
        ("limits.disk", config.room.free.map(super::size_in_words)),
        ("limits.keep_runs", config.room.runs.map(|n| n.to_string())),
        (
            "limits.parallel",
            Some(config.schedule.parallel.to_string()),
        ),
        ("limits.labels", pairs(&config.schedule.labels)),
        (
            "limits.waiting_for_person",
            config.schedule.waiting_for_person.map(|n| n.to_string()),
        ),
        ("limits.stagger", Some(short(config.schedule.stagger))),
        ("limits.parked", Some(short(config.spending.parked))),
        ("limits.backoff", Some(waits(&config.spending.backoff))),
        ("defaults.fallback", list(&config.spending.fallback)),
        ("worktree.setup", list(&config.worktree.setup)),
        ("worktree.copy", list(&config.worktree.copy)),
        ("worktree.link", list(&config.worktree.link)),
        ("worktree.ports", Some(config.worktree.ports.to_string())),
        ("worktree.sparse", list(&config.worktree.sparse)),
        ("worktree.keep", Some(config.worktree.keep.to_string())),
        (
            "worktree.reuse_from",
            Some(config.worktree.reuse_from.to_string()),
        ),
        ("checks", list(&config.checks)),
        ("landing.strategy", Some(config.landing.word().to_owned())),
        ("protect", list(&config.protect)),
        (
            "approval.required",
            Some(config.approval.required.to_string()),
        ),
        (
            "approval.rejection_action",
            Some(config.approval.rejection_action.word().to_owned()),
        ),
        (
            "approval.sign",
            config.approval.sign.map(|sign| sign.word().to_owned()),
        ),
        (
            "attest.sign",
            config.attest.sign.map(|sign| sign.word().to_owned()),
        ),
    ];
    let mut values: Vec<Value> = plain
        .into_iter()
        .chain(spending(&config.spending))
        .chain(confinement(config))
        .map(|(key, value)| {
            let source = settings
                .last(key)
                .map_or(Source::DEFAULT, super::settings::Entry::source);
            Value {
                key: key.to_owned(),
                value,
                source,
                description: keys::says(key),
            }
        })
        .collect();
    let at = values
        .iter()
        .position(|value| value.key == "limits.idle")
        .unwrap_or(values.len());
    values.splice(at..at, agent_values(settings));
    values
}

/// `label docs: codex; type research: claude, codex`.
fn rules(config: &Config) -> Option<String> {
    let rules = config.choose.iter();
    let all: Vec<String> = rules
        .map(|rule| format!("{}: {}", rule.in_words(), rule.agents.join(", ")))
        .collect();
    (!all.is_empty()).then(|| all.join("; "))
}

/// What work may cost.
fn spending(spending: &Spending) -> Vec<(&'static str, Option<String>)> {
    let Spending { spec, day, .. } = spending;
    let usd = |usd: Option<Usd>| usd.map(|usd| usd.to_string());
    let tokens = |tokens: Option<u64>| tokens.map(|tokens| tokens.to_string());
    let minutes = |time: Option<Duration>| time.map(|time| (time.as_secs() / 60).to_string());
    let labels = spending.labels.iter();
    let labels: Vec<String> = labels
        .map(|(label, budget)| format!("{label}: {budget}"))
        .collect();
    let prices: Vec<&str> = spending.prices.keys().map(String::as_str).collect();
    vec![
        ("budgets.spec.usd", usd(spec.usd)),
        ("budgets.spec.tokens", tokens(spec.tokens)),
        ("budgets.spec.minutes", minutes(spec.time)),
        ("budgets.day.usd", usd(day.usd)),
        ("budgets.day.tokens", tokens(day.tokens)),
        ("budgets.day.minutes", minutes(day.time)),
        (
            "budgets.labels",
            (!labels.is_empty()).then(|| labels.join("; ")),
        ),
        ("budgets.warn", Some(format!("{}%", spending.warn))),
        ("budgets.stop", Some(format!("{}%", spending.stop))),
        ("prices", (!prices.is_empty()).then(|| prices.join(", "))),
    ]
}

fn waits(backoff: &[Duration]) -> String {
    let waits: Vec<String> = backoff.iter().map(|wait| short(*wait)).collect();
    if waits.is_empty() {
        "none".to_owned()
    } else {
        waits.join(", ")
    }
}

/// The names of the repositories, each with its place.
fn repos(config: &Config) -> Option<String> {
    let shown = config.repos.iter();
    let shown: Vec<String> = shown
        .map(|repo| format!("{}: {}", repo.name, repo.path.display()))
        .collect();
    (!shown.is_empty()).then(|| shown.join(", "))
}

/// Names with their numbers, on one line.
fn pairs(counts: &BTreeMap<String, NonZeroUsize>) -> Option<String> {
    let shown = counts
        .iter()
        .map(|(name, count)| format!("{name}: {count}"));
    let shown: Vec<String> = shown.collect();
    (!shown.is_empty()).then(|| shown.join(", "))
}

/// What keeps every agent in bounds.
fn confinement(config: &Config) -> [(&'static str, Option<String>); 3] {
    let list = |items: &[String]| (!items.is_empty()).then(|| items.join(", "));
    let bounds = &config.confinement;
    [
        ("defaults.sandbox", Some(bounds.sandbox.to_string())),
        ("defaults.offline", list(&bounds.offline)),
        ("defaults.env_allow", list(&bounds.env_allow)),
    ]
}

/// A duration in the largest unit that leaves no rest.
fn short(duration: Duration) -> String {
    match duration.as_secs() {
        _ if duration.subsec_millis() > 0 => format!("{}ms", duration.as_millis()),
        seconds if seconds > 0 && seconds % 3600 == 0 => format!("{}h", seconds / 3600),
        seconds if seconds > 0 && seconds % 60 == 0 => format!("{}m", seconds / 60),
        seconds => format!("{seconds}s"),
    }
}

/// One line for each thing a file says of an agent; what a later layer replaced is left out.
fn agent_values(settings: &Settings<'_>) -> Vec<Value> {
    let mut values: Vec<Value> = Vec::new();
    for entry in settings.all("agents") {
        let yaml::Value::List(items) = &entry.node.value else {
            continue;
        };
        for item in items {
            let yaml::Value::Map(fields) = &item.value else {
                continue;
            };
            let name = fields
                .iter()
                .find(|(key, _)| key == "name")
                .and_then(|(_, node)| node.text());
            for (field, node) in fields.iter().filter(|(key, _)| key != "name") {
                let is_ones_own = matches!(field.as_str(), "bypass_permissions" | "allow");
                let untaken = is_ones_own && entry.file.layer == Layer::Project
                    || super::bounds::is_untaken(field, node, entry.file.layer);
                let key = format!("agents.{}.{field}", name.as_deref().unwrap_or("?"));
                values.retain(|value| untaken || value.key != key);
                if !untaken {
                    let source = Source {
                        line: node.line,
                        ..entry.source()
                    };
                    // The environment may hold secrets: its names are shown, its values are not.
                    let value = if field == "env" {
                        node.keys()
                    } else {
                        node.text()
                    };
                    values.push(Value {
                        key,
                        value,
                        source,
                        description: keys::says_of_agent(field),
                    });
                }
            }
        }
    }
    values
}
