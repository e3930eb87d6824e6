//! Whether anything was paid for twice: what the agents wrote down, against what was killed.

use std::collections::{BTreeMap, BTreeSet};

use chant_testkit::crew::{self, Entry};
use chant_testkit::family::Role;

use crate::blow::Struck;
use crate::scene::Scene;

/// An agent that has written its last line ends within this time, in microseconds, and its guard notes it: whoever was killed in
/// between, nobody can know that it had finished.
const MOMENT: u128 = 250_000;

/// Within this time after chant was killed its agents are asked to stop; one that finishes just then counts as stopped.
const STOPPING: u128 = 1_500_000;

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
        for (at, entry) in entries.iter().enumerate() {
            match entry.word.as_str() {
                // One that is asked to resolve a conflict begins, too, and says so at once.
                "begins" => {
                    let resolves = entries[at + 1..]
                        .iter()
                        .any(|next| next.pid == entry.pid && next.word == "resolves");
                    if let Some(ended) = finished
                        && !resolves
                        && !in_doubt(struck, ended)
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

/// Whether somebody who had to note the agent's end was killed in that moment, or the agent was being stopped.
fn in_doubt(struck: &[Struck], ended: u128) -> bool {
    struck.iter().any(|blow| {
        let before = blow.at <= ended && ended <= blow.at + STOPPING;
        let after = ended <= blow.at && blow.at <= ended + MOMENT;
        blow.members.iter().any(|member| match member.role {
            Role::Command | Role::RunOne | Role::Guard => before || after,
            Role::Agent => after,
            Role::Git | Role::Other => false,
        })
    })
}

/// The specs whose agent was killed while it brought two changes together. They may stand in conflict: the second try is a
/// person's to allow.
pub(crate) fn cut_short(scene: &Scene) -> BTreeSet<String> {
    let mut resolving: BTreeMap<String, u32> = BTreeMap::new();
    let mut cut = BTreeSet::new();
    for entry in crew::ledger(&scene.repo) {
        match entry.word.as_str() {
            "resolves" => {
                cut.insert(entry.spec.clone());
                resolving.insert(entry.spec, entry.pid);
            }
            "ends" if resolving.get(&entry.spec) == Some(&entry.pid) => {
                cut.remove(&entry.spec);
            }
            _ => {}
        }
    }
    cut
}
