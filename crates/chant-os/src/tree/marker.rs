//! Recovery: finding the rest of a tree whose guard is gone, by the marker in the environment.
//!
//! A process that clears its environment loses the marker, but still counts as long as it descends from one that has it.

use std::{
    collections::HashSet,
    thread,
    time::{Duration, Instant},
};

use super::processes::{self, Process};

/// Time for killed processes to go.
const PAUSE: Duration = Duration::from_millis(2);

/// A process that the kernel cannot end by now waits for hardware; waiting for it would hang every later command too.
const LIMIT: Duration = Duration::from_secs(10);

/// The processes whose environment holds `key=value`, except this one and those above it. Empty where there is no `/proc`.
pub fn marked(key: &str, value: &str) -> Vec<u32> {
    marked_in(&processes::table(), key, value)
}

/// Kills every marked process, its guard included, and what descends from it, until none is left. Returns how many there were.
/// What was killed by this writes no exit file.
pub fn end_marked(key: &str, value: &str) -> usize {
    let find = || {
        let table = processes::table();
        let mut found = marked_in(&table, key, value);
        found.extend(processes::descendants(&table, found.iter().copied()));
        found
    };
    let deadline = Instant::now() + LIMIT;
    let mut ended = HashSet::new();
    loop {
        let struck = processes::strike(find);
        if struck.is_empty() || Instant::now() >= deadline {
            return ended.len();
        }
        ended.extend(struck);
        thread::sleep(PAUSE);
    }
}

fn marked_in(table: &[Process], key: &str, value: &str) -> Vec<u32> {
    let entry = format!("{key}={value}");
    let spared = processes::line_of(table, std::process::id());
    let candidates = table
        .iter()
        .map(|process| process.pid)
        .filter(|pid| !spared.contains(pid));
    candidates
        .filter(|pid| has(*pid, entry.as_bytes()))
        .collect()
}

/// Whether `entry` is one of the variables that the process was started with. Those of other users cannot be read.
fn has(pid: u32, entry: &[u8]) -> bool {
    match std::fs::read(format!("/proc/{pid}/environ")) {
        Ok(environment) => environment
            .split(|byte| *byte == 0)
            .any(|variable| variable == entry),
        Err(_) => false,
    }
}
