//! Who is at work: the claim on a spec, an OS lock that lives exactly as long as the process that works it, and the mark
//! that all processes of a run carry.

use std::path::{Path, PathBuf};
use std::time::Duration;

use chant_os::lock::{Attempt, Lock};
use sha2::{Digest, Sha256};

use crate::error::{Code, Error, Result};

/// The environment variable by which every process of a run can be found.
pub(crate) const MARKER: &str = "CHANT_RUN_ID";

/// A listing command holds the lock for a moment to see whether it is free; that must not fail a run.
const TRIES: u32 = 20;

/// How the note of a process begins that works a spec, and that may be interrupted.
const WORKER: &str = "process ";

/// Claims a spec for this process, which works it, or says who has it.
pub(crate) fn claim(state_dir: &Path, project: &str, spec: &str) -> Result<Lock> {
    let (pid, now) = (std::process::id(), chant_os::clock::now());
    take(
        state_dir,
        project,
        spec,
        &format!("{WORKER}{pid} since {now}"),
    )
}

/// Claims a spec for a moment, for `command`: nobody interrupts that.
pub(crate) fn hold(state_dir: &Path, project: &str, spec: &str, command: &str) -> Result<Lock> {
    let pid = std::process::id();
    take(
        state_dir,
        project,
        spec,
        &format!("`{command}`, process {pid}"),
    )
}

fn take(state_dir: &Path, project: &str, spec: &str, note: &str) -> Result<Lock> {
    let path = lock_path(state_dir, project, spec);
    chant_os::file::create_dir_all(&state_dir.join("locks"))?;
    let mut holder = String::new();
    for _ in 0..TRIES {
        match Lock::try_acquire(&path, note)? {
            Attempt::Acquired(lock) => return Ok(lock),
            Attempt::Held { note } => holder = note,
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Err(Error::new(
        Code::SpecLocked,
        format!("{spec} is being worked by {holder}"),
    )
    .hint(format!(
        "wait for it, follow it with `chant log -f {spec}`, or stop it with `chant pause {spec}`"
    )))
}

/// What becomes of an attempt to have the claim that a worker holds.
pub(crate) enum Turn {
    /// It is ours now.
    Ours(Lock),
    /// This process works the spec.
    Worker(u32),
    /// Somebody has it for a moment.
    Busy,
}

/// Tries once to have the claim, for `command`.
pub(crate) fn try_hold(state_dir: &Path, project: &str, spec: &str, command: &str) -> Result<Turn> {
    let path = lock_path(state_dir, project, spec);
    let note = format!("`{command}`, process {}", std::process::id());
    Ok(match Lock::try_acquire(&path, &note)? {
        Attempt::Acquired(lock) => Turn::Ours(lock),
        Attempt::Held { note } => worker(&note).map_or(Turn::Busy, Turn::Worker),
    })
}

fn worker(note: &str) -> Option<u32> {
    note.strip_prefix(WORKER)?.split(' ').next()?.parse().ok()
}

/// Taken by whoever steers a spec, so that two wishes do not interrupt one process twice.
pub(crate) fn steering(state_dir: &Path, project: &str, spec: &str) -> Result<Lock> {
    let path = lock_path(state_dir, project, spec).with_extension("steer");
    Ok(Lock::acquire_blocking(&path)?)
}

/// Whether a living process works this spec.
pub(crate) fn is_held(state_dir: &Path, project: &str, spec: &str) -> bool {
    let path = lock_path(state_dir, project, spec);
    path.exists() && matches!(Lock::try_acquire(&path, ""), Ok(Attempt::Held { .. }))
}

fn lock_path(state_dir: &Path, project: &str, spec: &str) -> PathBuf {
    state_dir.join("locks").join(spec_key(project, spec))
}

/// A spec of this clone as the name of a file.
pub(crate) fn spec_key(project: &str, spec: &str) -> String {
    let hash = Sha256::digest(format!("{project}\n{spec}").as_bytes());
    hash.iter()
        .take(10)
        .fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}
