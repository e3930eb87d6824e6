//! Measurements of the release build on generated projects in `target/bench/`. Nothing outside that folder is written,
//! and no setting of the person who measures is read. What is measured lives in the submodules; here are the options.

mod crowd;
mod drift;
mod events;
mod follow;
mod landing;
mod latency;
mod listing;
mod parallel;
mod queue;
mod sleep;
mod specs;
mod start;
mod talker;
mod timing;
mod verdict;
mod why;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use anyhow::{Context, Result, bail, ensure};

use timing::Case;

/// What every measurement needs to know.
struct Bench {
    folder: PathBuf,
    chant: PathBuf,
    runs: usize,
}

/// What can be measured, in this order.
const ALL: [&str; 12] = [
    "start", "list", "run", "why", "drift", "parallel", "landing", "queue", "sleep", "events",
    "follow", "verdict",
];

/// Builds the binary and runs the measurements that were asked for.
pub(crate) fn run(root: &Path, options: &[&str]) -> Result<ExitCode> {
    let runs = crate::option(options, "--runs")?.map_or(Ok(15), str::parse)?;
    ensure!(runs > 0, "--runs must be at least 1");
    let sizes = sizes(crate::option(options, "--sizes")?.unwrap_or("10000,50000"))?;
    let only = crate::option(options, "--only")?;
    if let Some(word) = only.filter(|word| !ALL.contains(word)) {
        bail!("--only is one of {}, not {word}", ALL.join(", "));
    }
    let chant = match crate::option(options, "--chant")? {
        Some(file) => fs::canonicalize(file).with_context(|| format!("--chant: no file {file}"))?,
        None => release_build(root)?,
    };
    let bench = Bench {
        folder: root.join("target/bench"),
        chant,
        runs,
    };
    bench.prepare()?;
    println!("{}", machine());
    for word in ALL {
        if only.is_none_or(|only| only == word) {
            measure(&bench, word, &sizes)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn measure(bench: &Bench, word: &str, sizes: &[usize]) -> Result<()> {
    match word {
        "start" => start::measure(bench),
        "list" => sizes
            .iter()
            .try_for_each(|size| listing::measure(bench, *size)),
        "run" => landing::measure(bench),
        "why" => why::measure(bench),
        "drift" => drift::measure(bench),
        "parallel" => parallel::measure(bench),
        "landing" => latency::measure(bench),
        "queue" => queue::measure(bench),
        "sleep" => sleep::measure(bench),
        "events" => events::measure(bench),
        "follow" => follow::measure(bench),
        _ => verdict::measure(bench),
    }
}

fn sizes(list: &str) -> Result<Vec<usize>> {
    let size = |word: &str| {
        let size = word.trim().parse();
        size.with_context(|| format!("--sizes: {word} is not a number"))
    };
    list.split(',').map(size).collect()
}

fn release_build(root: &Path) -> Result<PathBuf> {
    let built = Command::new("cargo")
        .args(["build", "--quiet", "--release", "--package", "chant"])
        .current_dir(root)
        .status()
        .context("cargo could not be started")?;
    ensure!(built.success(), "the release build failed");
    Ok(root.join("target/release/chant"))
}

impl Bench {
    /// A home of our own, so that nobody's settings are measured.
    fn prepare(&self) -> Result<()> {
        fs::create_dir_all(self.home().join(".config/chant"))?;
        let identity = "[user]\n\tname = Bench\n\temail = bench@example.invalid\n[init]\n\tdefaultBranch = main\n";
        fs::write(self.home().join(".gitconfig"), identity)?;
        Ok(())
    }

    fn home(&self) -> PathBuf {
        self.folder.join("home")
    }

    /// A program in a folder, with the environment that all measurements share.
    fn case(&self, name: &str, program: &Path, words: &[&str], folder: &Path) -> Case {
        Case::new(name, program, words, folder)
            .with("PATH", std::env::var("PATH").unwrap_or_default())
            .with("HOME", self.home().display())
            .with("CHANT_WORKTREES", self.folder.join("worktrees").display())
            .with("LANG", "C.UTF-8")
            .with("GIT_CONFIG_NOSYSTEM", "1")
    }

    fn chant(&self, words: &[&str], folder: &Path) -> Case {
        let name = format!("chant {}", words.join(" "));
        self.case(&name, &self.chant, words, folder)
    }

    fn git(&self, words: &[&str], folder: &Path) -> Result<()> {
        self.case("git", Path::new("git"), words, folder).succeed()
    }
}

/// Where the numbers come from, as far as the system tells.
fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let about = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = about
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or(std::env::consts::ARCH, |(_, model)| model);
    let system = std::env::consts::OS;
    format!("{model}, {cores} cores, {system} {}", kernel.trim())
}
