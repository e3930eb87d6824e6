//! The settings as `chant config` shows them: every key, its value, its source.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::time::Duration;

use chant_spec::Usd;
use serde::Serialize;

use super::settings::{Settings, Source};
use super::{Config, Layer, Spending, Worktree, keys, yaml};

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
    let groups: [Vec<Shown>; 6] = [
        defaults(config),
        limits(config),
        worktree(&config.worktree),
        landing(config),
        spending(&config.spending),
        confinement(config),
    ];
    let mut values: Vec<Value> = groups
        .into_iter()
        .flatten()
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

/// A key and its value as text.
type Shown = (&'static str, Option<String>);

fn list(items: &[String]) -> Option<String> {
    (!items.is_empty()).then(|| items.join(", "))
}

/// What the project is, and what a spec gets that does not say otherwise.
fn defaults(config: &Config) -> Vec<Shown> {
    let own = &config.defaults;
    vec![
        ("project.name", config.project_name.clone()),
        ("project.prefix", config.id_prefix.clone()),
        ("defaults.agent", own.agent.clone()),
        ("defaults.prompt", own.prompt.clone()),
        ("defaults.model", own.model.clone()),
        ("defaults.split_model", own.split_model.clone()),
        ("defaults.main_branch", own.main_branch.clone()),
        ("defaults.branch_prefix", Some(own.branch_prefix.clone())),
        ("defaults.silent", Some(own.silent.to_string())),
        ("choose", rules(config)),
        ("repos", repos(config)),
        ("defaults.retries", Some(own.retries.to_string())),
    ]
}

/// What a run may take, and how many there may be at once.
fn limits(config: &Config) -> Vec<Shown> {
    let own = &config.limits;
    let schedule = &config.schedule;
    let waiting = schedule.waiting_for_person.map(|n| n.to_string());
    vec![
        ("limits.idle", Some(short(own.idle))),
        ("limits.total", Some(short(own.total))),
        ("limits.grace", Some(short(own.grace))),
        ("limits.inputs_bytes", Some(own.inputs_bytes.to_string())),
        ("limits.processes", Some(own.processes.to_string())),
        ("limits.disk", config.room.free.map(super::size_in_words)),
        ("limits.keep_runs", config.room.runs.map(|n| n.to_string())),
        ("limits.parallel", Some(schedule.parallel.to_string())),
        ("limits.labels", pairs(&schedule.labels)),
        ("limits.waiting_for_person", waiting),
        ("limits.stagger", Some(short(schedule.stagger))),
        ("limits.parked", Some(short(config.spending.parked))),
        ("limits.backoff", Some(waits(&config.spending.backoff))),
        ("defaults.fallback", list(&config.spending.fallback)),
    ]
}

/// What a worktree is made of.
fn worktree(own: &Worktree) -> Vec<Shown> {
    vec![
        ("worktree.setup", list(&own.setup)),
        ("worktree.copy", list(&own.copy)),
        ("worktree.link", list(&own.link)),
        ("worktree.ports", Some(own.ports.to_string())),
        ("worktree.sparse", list(&own.sparse)),
        ("worktree.keep", Some(own.keep.to_string())),
        ("worktree.reuse_from", Some(own.reuse_from.to_string())),
    ]
}

/// What a result has to pass, and how it reaches the main branch.
fn landing(config: &Config) -> Vec<Shown> {
    let approval = &config.approval;
    let rejection = approval.rejection_action.word().to_owned();
    let sign = approval.sign.map(|sign| sign.word().to_owned());
    let attest = config.attest.sign.map(|sign| sign.word().to_owned());
    vec![
        ("checks", list(&config.checks)),
        ("landing.strategy", Some(config.landing.word().to_owned())),
        ("protect", list(&config.protect)),
        ("approval.required", Some(approval.required.to_string())),
        ("approval.rejection_action", Some(rejection)),
        ("approval.sign", sign),
        ("attest.sign", attest),
    ]
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
fn spending(spending: &Spending) -> Vec<Shown> {
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
fn confinement(config: &Config) -> Vec<Shown> {
    let bounds = &config.confinement;
    vec![
        ("defaults.sandbox", Some(bounds.sandbox.to_string())),
        ("defaults.offline", list(&bounds.offline)),
        ("defaults.targets_only", list(&bounds.targets_only)),
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
