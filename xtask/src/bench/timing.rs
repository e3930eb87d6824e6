//! Starting a program many times and stating how long it took and how much memory it held.

use std::{
    fmt::Display,
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

/// A command line that is measured.
#[derive(Debug, Clone)]
pub(super) struct Case {
    pub(super) name: String,
    program: PathBuf,
    words: Vec<String>,
    folder: PathBuf,
    environment: Vec<(String, String)>,
}

impl Case {
    pub(super) fn new(name: &str, program: &Path, words: &[&str], folder: &Path) -> Self {
        Self {
            name: name.to_owned(),
            program: program.to_owned(),
            words: words.iter().map(ToString::to_string).collect(),
            folder: folder.to_owned(),
            environment: Vec::new(),
        }
    }

    pub(super) fn named(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    /// Adds or replaces a variable; nothing else is inherited.
    pub(super) fn with(mut self, name: &str, value: impl Display) -> Self {
        self.environment.push((name.to_owned(), value.to_string()));
        self
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(&self.words)
            .current_dir(&self.folder)
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null());
        command
    }

    /// Runs it once, for its effect.
    pub(super) fn succeed(&self) -> Result<()> {
        let output = self.output()?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            bail!("{}: {}\n{said}", self.name, output.status);
        }
        Ok(())
    }

    /// Starts it, with its output to read.
    pub(super) fn piped(&self) -> Result<Child> {
        let started = self
            .command()
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn();
        started.with_context(|| format!("{} could not be started", self.program.display()))
    }

    /// Starts it, with nobody to read what it prints.
    pub(super) fn silent(&self) -> Result<Child> {
        let started = self
            .command()
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        started.with_context(|| format!("{} could not be started", self.program.display()))
    }

    pub(super) fn output(&self) -> Result<std::process::Output> {
        let started = self.command().output();
        started.with_context(|| format!("{} could not be started", self.program.display()))
    }

    /// The most memory it held, in KiB. Only Linux tells; the mark is read until the end comes, so what a program
    /// takes in its last fraction of a millisecond is missed, and a very short one may not be seen at all.
    pub(super) fn peak_memory(&self) -> Result<Option<u64>> {
        let mut child = self.silent()?;
        let status = format!("/proc/{}/status", child.id());
        let mut peak = None;
        while child.try_wait()?.is_none() {
            peak = fs::read_to_string(&status)
                .ok()
                .and_then(|text| high_water(&text))
                .max(peak);
        }
        Ok(peak)
    }
}

/// The high-water mark in what `/proc` says of a process, in KiB.
pub(super) fn high_water(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse().ok()
}

/// What the runs of one case took.
pub(super) struct Timing {
    pub(super) name: String,
    samples: Vec<Duration>,
    exit: Option<i32>,
    memory: Option<u64>,
}

impl Timing {
    fn least(&self) -> f64 {
        self.samples.first().map_or(f64::NAN, milliseconds)
    }

    pub(super) fn median(&self) -> f64 {
        let middle = self.samples.get(self.samples.len() / 2);
        middle.map_or(f64::NAN, milliseconds)
    }
}

fn milliseconds(duration: &Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// Runs each case once in every round, so that what else the machine does meets all alike. Round 0 warms up.
pub(super) fn alternate(rounds: usize, cases: impl Fn(usize) -> Vec<Case>) -> Result<Vec<Timing>> {
    let mut timings: Vec<Timing> = Vec::new();
    for case in cases(0) {
        let output = case.output()?;
        timings.push(Timing {
            name: case.name,
            samples: Vec::with_capacity(rounds),
            exit: output.status.code(),
            memory: None,
        });
    }
    for round in 1..=rounds {
        for (case, timing) in cases(round).iter().zip(&mut timings) {
            let begin = Instant::now();
            let output = case.output()?;
            timing.samples.push(begin.elapsed());
            timing.exit = output.status.code();
        }
    }
    for timing in &mut timings {
        timing.samples.sort();
    }
    Ok(timings)
}

/// Adds the memory that each case holds, from one more run.
pub(super) fn with_memory(timings: &mut [Timing], cases: &[Case]) -> Result<()> {
    for (timing, case) in timings.iter_mut().zip(cases) {
        timing.memory = case.peak_memory()?;
    }
    Ok(())
}

/// Prints a table; the first row is what the others are compared with.
pub(super) fn print(title: &str, timings: &[Timing]) {
    println!("\n{title}");
    println!(
        "{:<44} {:>9} {:>9} {:>7} {:>8}",
        "", "min ms", "median", "x first", "peak MB"
    );
    let first = timings.first().map_or(f64::NAN, Timing::median);
    for timing in timings {
        let memory = timing.memory.filter(|kib| *kib > 0);
        let memory = memory.map_or_else(|| "-".to_owned(), megabytes);
        let exit = match timing.exit {
            Some(0) => String::new(),
            Some(code) => format!("  exit {code}"),
            None => "  ended by a signal".to_owned(),
        };
        println!(
            "{:<44} {:>9.2} {:>9.2} {:>7.2} {memory:>8}{exit}",
            timing.name,
            timing.least(),
            timing.median(),
            timing.median() / first
        );
    }
}

/// KiB as megabytes with one decimal.
pub(super) fn megabytes(kib: u64) -> String {
    let tenths = kib * 1024 / 100_000;
    format!("{}.{}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_high_water_mark_is_read() {
        assert_eq!(
            high_water("VmPeak:\t 9 kB\nVmHWM:\t   2048 kB\n"),
            Some(2048)
        );
        assert_eq!(high_water("Name: x\n"), None);
        assert_eq!(megabytes(1_000_000), "1024.0");
    }

    #[test]
    fn every_case_runs_in_every_round() {
        let case = |round: usize| {
            let code = format!("exit {}", round % 2);
            vec![Case::new(
                "sh",
                Path::new("/bin/sh"),
                &["-c", &code],
                Path::new("/"),
            )]
        };
        let timings = alternate(3, case).expect("sh runs");
        assert_eq!(timings[0].samples.len(), 3);
        assert_eq!(timings[0].exit, Some(1));
        assert!(timings[0].least() <= timings[0].median());
    }
}
