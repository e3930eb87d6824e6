//! The claim on a spec: an OS lock that lives exactly as long as the process that works it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use chant_os::lock::{Attempt, Lock};
use sha2::{Digest, Sha256};

use crate::error::{Code, Error, Result};

/// A listing command holds the lock for a moment to see whether it is free; that must not fail a run.
const TRIES: u32 = 20;

/// Claims a spec for this process, or says who has it.
pub(crate) fn claim(state_dir: &Path, project: &str, spec: &str) -> Result<Lock> {
    let path = lock_path(state_dir, project, spec);
    chant_os::file::create_dir_all(&state_dir.join("locks"))?;
    let note = format!(
        "process {} since {}",
        std::process::id(),
        chant_os::clock::now()
    );
    let mut holder = String::new();
    for _ in 0..TRIES {
        match Lock::try_acquire(&path, &note)? {
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
        "wait for it, follow it with `chant log -f {spec}`, or end that process"
    )))
}

/// Whether a living process works this spec.
pub(crate) fn is_held(state_dir: &Path, project: &str, spec: &str) -> bool {
    let path = lock_path(state_dir, project, spec);
    path.exists() && matches!(Lock::try_acquire(&path, ""), Ok(Attempt::Held { .. }))
}

fn lock_path(state_dir: &Path, project: &str, spec: &str) -> PathBuf {
    let hash = Sha256::digest(format!("{project}\n{spec}").as_bytes());
    let name = hash
        .iter()
        .take(10)
        .fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    state_dir.join("locks").join(name)
}
