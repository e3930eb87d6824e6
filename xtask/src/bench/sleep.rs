//! Many agents that only wait: what chant itself costs meanwhile, all its processes together.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};

use super::{Bench, crowd::Crowd, timing};

/// How many agents sleep.
const AGENTS: usize = 64;

/// How long they are watched.
const WATCHED: Duration = Duration::from_secs(10);

/// No start and no end takes so long.
const LIMIT: Duration = Duration::from_mins(2);

const AGENT: &str = "#!/bin/sh\n: > \"$MARKS/$CHANT_SPEC_ID\"\nexec sleep 600\n";

/// Adds up processor time and memory of every process of the measured binary.
pub(super) fn measure(bench: &Bench) -> Result<()> {
    if !Path::new("/proc/self/smaps_rollup").exists() {
        println!("\n{AGENTS} sleeping agents: this system does not say what a process takes");
        return Ok(());
    }
    let crowd = Crowd::prepare(bench, "sleep", AGENTS, AGENT, |_| Vec::new())?;
    let begin = Instant::now();
    let mut child = crowd.work(bench, AGENTS, &["--quiet"]).piped()?;
    while fs::read_dir(crowd.marks())?.count() < AGENTS {
        ensure!(begin.elapsed() < LIMIT, "not all agents were started");
        ensure!(child.try_wait()?.is_none(), "chant work ended");
        std::thread::sleep(Duration::from_millis(10));
    }
    let took = begin.elapsed().as_secs_f64();
    // What starting has left to do is no part of waiting.
    std::thread::sleep(Duration::from_secs(2));
    let before = busy(&bench.chant);
    std::thread::sleep(WATCHED);
    let share = (busy(&bench.chant) - before) / WATCHED.as_secs_f64() * 100.0;
    let processes = own(&bench.chant);
    let memory: u64 = processes.iter().filter_map(|pid| memory(*pid)).sum();
    child.kill()?;
    child.wait()?;
    until_gone(&bench.chant)?;
    println!("\n{AGENTS} agents that sleep, all started after {took:.1} s");
    println!(
        "{} processes of chant: {share:.2} % of one core, {} MB",
        processes.len(),
        timing::megabytes(memory)
    );
    Ok(())
}

/// The processes of a binary.
fn own(binary: &Path) -> Vec<u32> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    let pids = entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|pid: &u32| {
        fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|program| program == binary)
    })
    .collect()
}

/// Seconds on a processor of all of them.
fn busy(binary: &Path) -> f64 {
    let seconds = own(binary).into_iter().filter_map(|pid| {
        let tasks = fs::read_dir(format!("/proc/{pid}/task")).ok()?;
        let tasks = tasks.flatten().filter_map(|task| {
            let text = fs::read_to_string(task.path().join("schedstat")).ok()?;
            text.split_whitespace().next()?.parse::<f64>().ok()
        });
        Some(tasks.sum::<f64>() / 1e9)
    });
    seconds.sum()
}

/// A process's own part of the memory, in KiB: what several share is divided among them.
fn memory(pid: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse().ok()
}

/// Waits until no process of the binary is left.
pub(super) fn until_gone(binary: &Path) -> Result<()> {
    let begin = Instant::now();
    while !own(binary).is_empty() {
        let waits = begin.elapsed() < LIMIT;
        waits.then_some(()).context("processes of chant are left")?;
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}
