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
    let table = processes::table();
    let mark = Mark::new(key, value, &table);
    let marked = table.iter().filter(|process| mark.is_on(**process));
    marked.map(|process| process.pid).collect()
}

/// Every process that carries the marker, whatever its value, with that value; this one and those above it left out. One
/// look at the table, however many values there are. Empty where there is no `/proc`.
pub fn carriers(key: &str) -> Vec<(u32, String)> {
    let table = processes::table();
    let spared = processes::line_of(&table, std::process::id());
    let others = table
        .iter()
        .filter(|process| !spared.contains(&process.pid));
    others
        .filter_map(|process| Some((process.pid, value_in(process.pid, key)?)))
        .collect()
}

/// The value of the marker that this process carries, in its own environment or in that of a process above it: a tool
/// that an agent started with the marker taken away still descends from one that has it.
pub fn carried(key: &str) -> Option<String> {
    if let Some(value) = std::env::var_os(key) {
        return Some(value.to_string_lossy().into_owned());
    }
    let mut pid = std::process::id();
    let mut seen = HashSet::new();
    while seen.insert(pid) {
        pid = processes::parent_of(pid)?;
        if let Some(value) = value_in(pid, key) {
            return Some(value);
        }
    }
    None
}

/// Kills every marked process, its guard included, and what descends from it, until none is left. Returns how many there were.
/// What was killed by this writes no exit file.
pub fn end_marked(key: &str, value: &str) -> usize {
    let mark = Mark::new(key, value, &processes::table());
    let deadline = Instant::now() + LIMIT;
    let mut ended = HashSet::new();
    loop {
        let struck = processes::strike(|process, stopped| {
            !mark.spared.contains(&process.pid)
                && (mark.is_on(process) || stopped.contains(&process.parent))
        });
        if struck.is_empty() || Instant::now() >= deadline {
            return ended.len();
        }
        ended.extend(struck);
        thread::sleep(PAUSE);
    }
}

/// What to look for, and who is spared: a command that looks must not find itself or its callers.
struct Mark {
    entry: Vec<u8>,
    spared: HashSet<u32>,
}

impl Mark {
    fn new(key: &str, value: &str, table: &[Process]) -> Self {
        Self {
            entry: format!("{key}={value}").into_bytes(),
            spared: processes::line_of(table, std::process::id()),
        }
    }

    fn is_on(&self, process: Process) -> bool {
        !self.spared.contains(&process.pid) && has(process.pid, &self.entry)
    }
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

/// The value of a variable that the process was started with.
fn value_in(pid: u32, key: &str) -> Option<String> {
    let environment = std::fs::read(format!("/proc/{pid}/environ")).ok()?;
    let mut variables = environment.split(|byte| *byte == 0);
    let value = variables.find_map(|variable| {
        variable
            .strip_prefix(key.as_bytes())
            .and_then(|rest| rest.strip_prefix(b"="))
    })?;
    Some(String::from_utf8_lossy(value).into_owned())
}
