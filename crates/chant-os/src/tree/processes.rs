//! The table of processes, and how a moving crowd of them is ended.
//!
//! The table is read from `/proc`, so it is empty where there is none. A process may come or go between the look and the deed: an
//! error of a signal means that it has gone, and every deed is followed by another look.

use std::collections::{HashMap, HashSet};

use rustix::process::{Pid, Signal, kill_process};

/// How often a strike looks for processes that are not stopped yet, before it kills those that are.
const LOOKS: usize = 50;

/// One living process, or one whose parent has not asked for its end yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Process {
    pub(crate) pid: u32,
    pub(crate) parent: u32,
}

/// Every process of the machine.
pub(crate) fn table() -> Vec<Process> {
    newest_first().filter_map(read).collect()
}

/// The parent of a process; `None` where it is gone, or there is no `/proc`.
pub(crate) fn parent_of(pid: u32) -> Option<u32> {
    read(pid).map(|process| process.parent)
}

/// How many processes and threads the machine has: at least as many as any tree on it.
pub(crate) fn on_this_machine() -> Option<usize> {
    let load = std::fs::read_to_string("/proc/loadavg").ok()?;
    let (_, all) = load.split_ascii_whitespace().nth(3)?.split_once('/')?;
    all.parse().ok()
}

/// Everything that descends from `root`, without `root`.
pub(crate) fn below(root: u32) -> Vec<u32> {
    descendants(&table(), [root])
}

/// Everything in `table` that descends from one of `roots`, without these.
pub(crate) fn descendants(table: &[Process], roots: impl IntoIterator<Item = u32>) -> Vec<u32> {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for process in table {
        children
            .entry(process.parent)
            .or_default()
            .push(process.pid);
    }
    let mut open: Vec<u32> = roots.into_iter().collect();
    let mut known: HashSet<u32> = open.iter().copied().collect();
    let mut found = Vec::new();
    while let Some(parent) = open.pop() {
        // Removed as it is used: a number that was given out again while the table was read cannot make a circle.
        for child in children.remove(&parent).unwrap_or_default() {
            if known.insert(child) {
                found.push(child);
                open.push(child);
            }
        }
    }
    found
}

/// `pid` and everything above it.
pub(crate) fn line_of(table: &[Process], pid: u32) -> HashSet<u32> {
    let parents: HashMap<u32, u32> = table
        .iter()
        .map(|process| (process.pid, process.parent))
        .collect();
    let mut line = HashSet::new();
    let mut next = Some(pid);
    while let Some(pid) = next
        && line.insert(pid)
    {
        next = parents.get(&pid).copied();
    }
    line
}

/// Kills every process that `belongs`, which is told of each and of those stopped so far. All are stopped first, look
/// after look until no new one turns up: a stopped process neither starts others nor notices that its children die. So
/// those that multiply run out of parents instead of running away.
pub(crate) fn strike(belongs: impl Fn(Process, &HashSet<u32>) -> bool) -> HashSet<u32> {
    let mut stopped = HashSet::new();
    for _ in 0..LOOKS {
        let before = stopped.len();
        // The newest first and each as soon as it is seen, because a process may live for no longer than it needs to
        // start another.
        for process in newest_first().filter_map(read) {
            if !stopped.contains(&process.pid) && belongs(process, &stopped) {
                signal(process.pid, Signal::STOP);
                stopped.insert(process.pid);
            }
        }
        if stopped.len() == before {
            break;
        }
    }
    for pid in &stopped {
        signal(*pid, Signal::KILL);
    }
    stopped
}

/// Sends a signal to one process; that it has gone meanwhile is as good.
pub(crate) fn signal(pid: u32, signal: Signal) {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    if let Some(pid) = pid {
        let _ = kill_process(pid, signal);
    }
}

fn newest_first() -> impl Iterator<Item = u32> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let mut pids: Vec<u32> = entries
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect();
    pids.sort_unstable();
    pids.into_iter().rev()
}

fn read(pid: u32) -> Option<Process> {
    let stat = std::fs::read(format!("/proc/{pid}/stat")).ok()?;
    Some(Process {
        pid,
        parent: parent_in(&stat)?,
    })
}

/// The parent in a line of the form `pid (name) state parent …`. The name is the process's own choice and may hold anything, even
/// `) R 1`, so the line is read from its last parenthesis on.
fn parent_in(stat: &[u8]) -> Option<u32> {
    let end = stat.iter().rposition(|byte| *byte == b')')?;
    let rest = std::str::from_utf8(&stat[end + 1..]).ok()?;
    rest.split_ascii_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(pairs: &[(u32, u32)]) -> Vec<Process> {
        pairs
            .iter()
            .map(|&(pid, parent)| Process { pid, parent })
            .collect()
    }

    fn sorted(mut pids: Vec<u32>) -> Vec<u32> {
        pids.sort_unstable();
        pids
    }

    #[test]
    fn the_parent_is_found_behind_any_name() {
        assert_eq!(parent_in(b"7 (sh) S 3 7 7 0"), Some(3));
        assert_eq!(parent_in(b"7 (a) R 1 (b) S 3 7"), Some(3));
        assert_eq!(parent_in(b"7 (\xff\n) S 3 7"), Some(3));
        assert_eq!(parent_in(b"7 sh S 3"), None);
        assert_eq!(parent_in(b""), None);
    }

    #[test]
    fn descendants_are_found_at_any_depth_and_in_any_order() {
        let table = tree(&[(9, 8), (1, 0), (8, 5), (5, 1), (6, 1), (7, 5)]);
        assert_eq!(sorted(descendants(&table, [5])), [7, 8, 9]);
        assert_eq!(sorted(descendants(&table, [6, 8])), [9]);
        assert_eq!(sorted(descendants(&table, [5, 8])), [7, 9]);
    }

    #[test]
    fn a_circle_in_a_torn_table_ends() {
        let table = tree(&[(2, 3), (3, 2), (4, 4)]);
        assert_eq!(descendants(&table, [2]), [3]);
        assert!(descendants(&table, [4]).is_empty());
        assert_eq!(line_of(&table, 2).len(), 2);
    }

    #[test]
    fn the_line_of_a_process_leads_to_the_first() {
        let table = tree(&[(1, 0), (5, 1), (6, 1), (8, 5)]);
        assert_eq!(line_of(&table, 8), HashSet::from([8, 5, 1, 0]));
    }
}
