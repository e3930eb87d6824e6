//! What work may cost, what tokens cost, and how long a refused agent is waited for.

use std::collections::BTreeMap;
use std::time::Duration;

use chant_spec::{Budget, Usd};

use super::file::Layer;
use super::settings::{Entry, Settings, parse_duration};
use super::yaml::{Node, Value};
use crate::error::Result;

/// Budgets, prices and waiting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spending {
    /// What one spec may cost, all its attempts together.
    pub spec: Budget,
    /// What a day may cost.
    pub day: Budget,
    /// What all specs with a label may cost together.
    pub labels: BTreeMap<String, Budget>,
    /// From how many hundredths of a budget on there is a warning.
    pub warn: u32,
    /// At how many hundredths of a budget nothing goes on, whoever allowed it.
    pub stop: u32,
    /// What a million tokens cost, by model.
    pub prices: BTreeMap<String, Price>,
    /// The agents that may go on where another is refused.
    pub fallback: Vec<String>,
    /// How long to wait before each further try of an agent whose provider is overloaded.
    pub backoff: Vec<Duration>,
    /// How long a run may stay parked.
    pub parked: Duration,
}

/// What a million tokens cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Price {
    /// Read.
    pub input: Usd,
    /// Written.
    pub output: Usd,
    /// Read from the provider's cache; as `input` where not given.
    pub cached: Option<Usd>,
}

const WARN: u32 = 80;
const STOP: u32 = 120;
const PARKED: Duration = Duration::from_hours(24);
const BACKOFF: [Duration; 3] = [
    Duration::from_secs(10),
    Duration::from_secs(30),
    Duration::from_secs(90),
];

impl Spending {
    pub(super) fn read(settings: &Settings<'_>) -> Result<Self> {
        Ok(Self {
            spec: budget(settings, &SPEC)?,
            day: budget(settings, &DAY)?,
            labels: labels(settings)?,
            warn: percent(settings, "budgets.warn")?.unwrap_or(WARN),
            stop: percent(settings, "budgets.stop")?.unwrap_or(STOP),
            prices: prices(settings)?,
            fallback: settings.texts("defaults.fallback")?,
            backoff: backoff(settings)?.unwrap_or_else(|| BACKOFF.to_vec()),
            parked: settings.duration("limits.parked")?.unwrap_or(PARKED),
        })
    }
}

const SPEC: [&str; 3] = [
    "budgets.spec.usd",
    "budgets.spec.tokens",
    "budgets.spec.minutes",
];
const DAY: [&str; 3] = [
    "budgets.day.usd",
    "budgets.day.tokens",
    "budgets.day.minutes",
];

/// The budget of some keys. The project's file can lower what the person's own says, and not raise it.
fn budget(settings: &Settings<'_>, keys: &[&'static str; 3]) -> Result<Budget> {
    let mut budget = Budget::default();
    for key in keys {
        let mut entries: Vec<&Entry<'_>> = settings.all(key).collect();
        entries.sort_by_key(|entry| entry.file.layer);
        for entry in entries {
            let mut next = Budget::default();
            set(
                &mut next,
                entry,
                key.rsplit('.').next().unwrap_or(key),
                &entry.node,
            )?;
            budget = merged(budget, &next, entry.file.layer);
        }
    }
    Ok(budget)
}

fn labels(settings: &Settings<'_>) -> Result<BTreeMap<String, Budget>> {
    let mut labels: BTreeMap<String, Budget> = BTreeMap::new();
    let mut entries: Vec<&Entry<'_>> = settings.all("budgets.labels").collect();
    entries.sort_by_key(|entry| entry.file.layer);
    for entry in entries {
        for (label, node) in map(entry, &entry.node, "a map of labels to budgets")? {
            let next = label_budget(entry, label, node)?;
            let known = labels.entry(label.clone()).or_default();
            *known = merged(*known, &next, entry.file.layer);
        }
    }
    Ok(labels)
}

/// The budget of one label; what is wrong with it is told of that label.
fn label_budget(entry: &Entry<'_>, label: &str, node: &Node) -> Result<Budget> {
    let wrong = |node: &Node, key: &str, expected: &str| {
        let message = format!("`budgets.labels.{label}{key}` must be {expected}");
        entry.file.error(node.line, node.column, message)
    };
    let Value::Map(measures) = &node.value else {
        return Err(wrong(node, "", "a budget such as `{usd: 5}`"));
    };
    let mut budget = Budget::default();
    for (key, node) in measures {
        let text = node.text().unwrap_or_default();
        let set = budget.set(key, &text);
        set.map_err(|expected| wrong(node, &format!(".{key}"), expected))?;
    }
    Ok(budget)
}

fn merged(below: Budget, next: &Budget, layer: Layer) -> Budget {
    let merged = below.or_as(next);
    if layer != Layer::Project {
        return merged;
    }
    Budget {
        usd: least(below.usd, merged.usd),
        tokens: least(below.tokens, merged.tokens),
        time: least(below.time, merged.time),
    }
}

fn least<T: Ord>(a: Option<T>, b: Option<T>) -> Option<T> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

fn set(budget: &mut Budget, entry: &Entry<'_>, key: &str, node: &Node) -> Result<()> {
    let text = node.text().unwrap_or_default();
    budget
        .set(key, &text)
        .map_err(|expected| entry.wrong_at(node, expected))
}

fn map<'a>(entry: &Entry<'_>, node: &'a Node, expected: &str) -> Result<&'a [(String, Node)]> {
    match &node.value {
        Value::Map(pairs) => Ok(pairs),
        _ => Err(entry.wrong_at(node, expected)),
    }
}

/// `80`, `80%`, or `0.8`.
fn percent(settings: &Settings<'_>, key: &'static str) -> Result<Option<u32>> {
    let Some(entry) = settings.last(key) else {
        return Ok(None);
    };
    let text = entry.node.text().unwrap_or_default();
    let number: Option<f64> = text.trim().trim_end_matches('%').trim().parse().ok();
    let number = number.map(|number| {
        if number <= 10.0 {
            number * 100.0
        } else {
            number
        }
    });
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the number is between one and 100000"
    )]
    let percent = number
        .filter(|number| (1.0..100_000.0).contains(number))
        .map(|number| number.round() as u32);
    percent
        .map(Some)
        .ok_or_else(|| entry.wrong_at(&entry.node, "a share such as `80%`"))
}

fn prices(settings: &Settings<'_>) -> Result<BTreeMap<String, Price>> {
    const FORM: &str = "a map of models to `{in: …, out: …}`, in dollars for a million tokens";
    let mut prices = BTreeMap::new();
    let mut entries: Vec<&Entry<'_>> = settings.all("prices").collect();
    entries.sort_by_key(|entry| entry.file.layer);
    for entry in entries {
        for (model, node) in map(entry, &entry.node, FORM)? {
            let mut price = Price::default();
            for (key, node) in map(entry, node, FORM)? {
                let mut amount = Budget::default();
                let text = node.text().unwrap_or_default();
                amount
                    .set("usd", &text)
                    .map_err(|expected| entry.wrong_at(node, expected))?;
                let usd = amount.usd.unwrap_or_default();
                match key.as_str() {
                    "in" => price.input = usd,
                    "out" => price.output = usd,
                    "cached" => price.cached = Some(usd),
                    _ => return Err(entry.wrong_at(node, FORM)),
                }
            }
            prices.insert(model.clone(), price);
        }
    }
    Ok(prices)
}

/// Durations; `none`, or an empty list, for no further try.
fn backoff(settings: &Settings<'_>) -> Result<Option<Vec<Duration>>> {
    let Some(entry) = settings.last("limits.backoff") else {
        return Ok(None);
    };
    let words = match &entry.node.value {
        Value::Flag(false) => Vec::new(),
        Value::Text(word) if word == "none" => Vec::new(),
        _ => settings.texts("limits.backoff")?,
    };
    let waits: Option<Vec<Duration>> = words.iter().map(|word| parse_duration(word)).collect();
    waits
        .map(Some)
        .ok_or_else(|| entry.wrong_at(&entry.node, "a list of durations such as `[10s, 30s, 90s]`"))
}
