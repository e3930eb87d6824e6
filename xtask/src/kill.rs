//! `cargo xtask kill`: seeds of the random-kill tests, each in a process of its own, several at once, and a summary.
//! `cargo xtask rehearsal`: a whole night of them, with what goes wrong in one.

use std::{
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Instant,
};

use anyhow::{Context, Result, anyhow, ensure};
use cargo_metadata::Message;

/// Runs the seeds that were asked for; goes on after one that fails.
pub(crate) fn run(root: &Path, options: &[&str]) -> Result<ExitCode> {
    let number = |name, default| -> Result<u64> {
        let given = crate::option(options, name)?;
        given.map_or(Ok(default), |word| {
            word.parse()
                .with_context(|| format!("{name}: {word} is not a number"))
        })
    };
    let (seeds, from, jobs) = (
        number("--seeds", 20)?,
        number("--from", 1)?,
        number("--jobs", 1)?,
    );
    ensure!(
        seeds > 0 && jobs > 0,
        "--seeds and --jobs must be at least 1"
    );
    let night = Night {
        binary: build(root)?,
        scratch: scratch(),
    };
    let began = Instant::now();
    let next = AtomicU64::new(from);
    let failed = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= from + seeds {
                        break;
                    }
                    if !night.passes(seed)
                        && let Ok(mut failed) = failed.lock()
                    {
                        failed.push(seed);
                    }
                }
            });
        }
    });
    let mut failed = failed.into_inner().unwrap_or_default();
    failed.sort_unstable();
    let passed = seeds - failed.len() as u64;
    println!(
        "{passed} of {seeds} seeds passed in {:.0} s",
        began.elapsed().as_secs_f64()
    );
    if failed.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    println!(
        "failed: {failed:?}; repeat one: cargo xtask kill --seeds 1 --from {}",
        failed[0]
    );
    Ok(ExitCode::FAILURE)
}

/// Rehearses one night and shows its report.
pub(crate) fn rehearse(root: &Path, options: &[&str]) -> Result<ExitCode> {
    let specs = crate::option(options, "--specs")?.unwrap_or("200");
    let mut command = Command::new(build(root)?);
    command
        .args([
            "rehearsal::rehearse",
            "--exact",
            "--ignored",
            "--nocapture",
            "-q",
        ])
        .env("CHANT_REHEARSAL_SPECS", specs)
        .stdin(Stdio::null());
    if let Some(folder) = scratch() {
        command.env("TMPDIR", folder);
    }
    let passed = command.status()?.success();
    Ok(if passed {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

struct Night {
    binary: PathBuf,
    scratch: Option<PathBuf>,
}

impl Night {
    fn passes(&self, seed: u64) -> bool {
        let mut command = Command::new(&self.binary);
        command
            .args(["one_seed", "--exact", "--ignored", "--nocapture", "-q"])
            .env("CHANT_KILL_SEED", seed.to_string())
            .stdin(Stdio::null());
        if let Some(folder) = &self.scratch {
            command.env("TMPDIR", folder);
        }
        match command.output() {
            Ok(output) => {
                // Whole seeds at a time, so that those of several jobs do not mix.
                let said = String::from_utf8_lossy(&output.stderr).into_owned();
                eprint!("{said}");
                output.status.success()
            }
            Err(error) => {
                eprintln!("seed {seed}: {error}");
                false
            }
        }
    }
}

/// In memory where there is such a place: what is tested is being killed, not the disk.
fn scratch() -> Option<PathBuf> {
    let memory = Path::new("/dev/shm");
    let chosen = std::env::var_os("TMPDIR").is_some();
    (!chosen && memory.is_dir()).then(|| memory.to_owned())
}

/// Builds chant, the fake agent and the test, and names the test's program.
fn build(root: &Path) -> Result<PathBuf> {
    let words = [
        "build",
        "--quiet",
        "--package",
        "chant",
        "--package",
        "chant-testkit",
        "--bins",
    ];
    let built = Command::new(env!("CARGO"))
        .args(words)
        .current_dir(root)
        .status()?;
    ensure!(built.success(), "the build failed");
    let output = Command::new(env!("CARGO"))
        .args([
            "test",
            "--quiet",
            "--package",
            "chant",
            "--test",
            "kill",
            "--no-run",
            "--message-format=json",
        ])
        .current_dir(root)
        .stderr(Stdio::inherit())
        .output()?;
    ensure!(output.status.success(), "the test's build failed");
    Message::parse_stream(output.stdout.as_slice())
        .filter_map(Result::ok)
        .find_map(|message| match message {
            Message::CompilerArtifact(artifact) if artifact.target.name == "kill" => {
                artifact.executable
            }
            _ => None,
        })
        .map(Into::into)
        .ok_or_else(|| anyhow!("cargo did not name the program of the test `kill`"))
}
