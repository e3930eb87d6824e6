//! Whether anything was paid for twice: what the agents wrote down, against what was killed.

use std::collections::{BTreeMap, BTreeSet};

use chant_testkit::crew::{self, Entry};
use chant_testkit::family::Role;
use serde_json::Value;

use crate::blow::Struck;
use crate::scene::Scene;

/// An agent that has written its last line ends within this time, in microseconds and on a busy machine, and its guard
/// notes it: whoever was killed in between, nobody can know that it had finished.
const MOMENT: u128 = 1_000_000;

/// An agent whose guard or run was killed goes on until that is noticed; what it ends in that time, on a busy machine, nobody
/// was left to note.
const UNNOTICED: u128 = 100_000;

/// Agents that were started again although the same attempt had finished.
pub(crate) fn paid_twice(scene: &Scene, struck: &[Struck]) -> Vec<String> {
    let mut by_run: BTreeMap<(String, String), Vec<Entry>> = BTreeMap::new();
    for entry in crew::ledger(&scene.repo) {
        by_run
            .entry((entry.spec.clone(), entry.run.clone()))
            .or_default()
            .push(entry);
    }
    let mut found = Vec::new();
    for ((spec, run), entries) in by_run {
        let mut finished: Option<u128> = None;
        for entry in &entries {
            match entry.word.as_str() {
                "begins" => {
                    if let Some(ended) = finished
                        && !in_doubt(struck, ended)
                        && !has_reason(scene, &run, ended, entry.at)
                    {
                        found.push(format!("the agent of {spec} was started again in run {run}, which it had finished at {ended}"));
                    }
                }
                "ends" => finished = Some(entry.at),
                _ => {}
            }
        }
    }
    found
}

/// Whether somebody who had to note the agent's end was killed in that moment.
fn in_doubt(struck: &[Struck], ended: u128) -> bool {
    let matters = |role| !matches!(role, Role::Git | Role::Other);
    struck.iter().any(|blow| {
        let near = blow.at + UNNOTICED >= ended && blow.at <= ended + MOMENT;
        near && blow.members.iter().any(|member| matters(member.role))
    })
}

/// Whether the run's events give a reason to start its agent again between these moments. Either it was asked to bring its work
/// together with main's; or it was stopped or killed: one that is asked to stop may well write its last line before it hears of
/// it, and chant cannot tell that from one that obeyed.
fn has_reason(scene: &Scene, run: &str, from: u128, to: u128) -> bool {
    let path = scene.repo.path().join(".git/chant/runs").join(run);
    let text = std::fs::read_to_string(path.join("events.jsonl")).unwrap_or_default();
    let reasons = text.lines().filter_map(|line| {
        let event: Value = serde_json::from_str(line).ok()?;
        let stopped = event["kind"] == "end" && event["ok"] == false;
        let note = event["text"].as_str().unwrap_or_default();
        let joins = event["event"] == "note" && note.contains("bring both together");
        (stopped || joins).then(|| in_day(event["at"].as_str()?))?
    });
    let (from, to) = (from % DAY, to % DAY);
    reasons.into_iter().any(|at| from <= at && at <= to)
}

/// A day in microseconds.
const DAY: u128 = 86_400_000_000;

/// The microseconds since midnight of an RFC 3339 time in UTC.
fn in_day(at: &str) -> Option<u128> {
    let time = at.split_once('T')?.1.strip_suffix('Z')?;
    let mut parts = time.split([':', '.']);
    let mut number = || parts.next()?.parse::<u128>().ok();
    let seconds = number()? * 3600 + number()? * 60 + number()?;
    let fraction = time.split_once('.').map_or("0", |(_, fraction)| fraction);
    let micros: u128 = format!("{fraction:0<6}").get(..6)?.parse().ok()?;
    Some(seconds * 1_000_000 + micros)
}

/// The specs whose agent was killed while it brought two changes together. They may stand in conflict: the second try is a
/// person's to allow.
pub(crate) fn cut_short(scene: &Scene) -> BTreeSet<String> {
    let mut made = BTreeSet::new();
    let mut resolving: BTreeMap<String, u32> = BTreeMap::new();
    for entry in crew::ledger(&scene.repo) {
        match entry.word.as_str() {
            // One that begins although its run was made is asked to resolve, even if it is killed before it can say so.
            "begins" if made.contains(&entry.run) => drop(resolving.insert(entry.spec, entry.pid)),
            "resolves" => drop(resolving.insert(entry.spec, entry.pid)),
            "ends" => {
                made.insert(entry.run);
                resolving.retain(|spec, pid| *spec != entry.spec || *pid != entry.pid);
            }
            _ => {}
        }
    }
    resolving.into_keys().collect()
}
