//! How much memory a run and somebody who follows it hold, with a short transcript and with one ten times as long.

use std::{fs, process::Child, time::Duration};

use anyhow::{Context, Result, ensure};

use super::{
    Bench,
    events::{FEW, MANY},
    talker::{SPEC, Talker, Tongue},
    timing::{self, high_water},
};

/// How often the marks are read. What is taken and given back between two looks is in the mark all the same.
const LOOK: Duration = Duration::from_millis(1);

/// Compares the most that each held.
pub(super) fn measure(bench: &Bench) -> Result<()> {
    println!("\nthe most memory, while a transcript is written and followed live");
    println!(
        "{:<10} {:>16} {:>22}",
        "lines", "chant work MB", "chant log -f MB"
    );
    for lines in [FEW, MANY] {
        let (work, log) = peaks(bench, lines)?;
        println!(
            "{lines:<10} {:>16} {:>22}",
            timing::megabytes(work),
            timing::megabytes(log)
        );
    }
    Ok(())
}

/// In KiB.
fn peaks(bench: &Bench, lines: usize) -> Result<(u64, u64)> {
    let talker = Talker::prepare(bench, Tongue::Claude, lines)?;
    let mut work = talker.work(bench).silent()?;
    while talker.events().is_none() {
        ensure!(work.try_wait()?.is_none(), "chant work ended at once");
        std::thread::sleep(LOOK);
    }
    let follow = bench.chant(&["log", "--follow", SPEC], &talker.repository);
    let mut log = follow.silent()?;
    let (mut most_work, mut most_log) = (0, 0);
    loop {
        most_work = mark(&work).unwrap_or(0).max(most_work);
        most_log = mark(&log).unwrap_or(0).max(most_log);
        let (worked, followed) = (work.try_wait()?, log.try_wait()?);
        if let (Some(worked), Some(followed)) = (worked, followed) {
            ensure!(
                worked.success() && followed.success(),
                "{worked}, {followed}"
            );
            break;
        }
        std::thread::sleep(LOOK);
    }
    ensure!(most_work > 0 && most_log > 0, "this system does not tell");
    Ok((most_work, most_log))
}

fn mark(child: &Child) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id()));
    high_water(&status.context("gone").ok()?)
}
