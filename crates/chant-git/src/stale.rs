//! Locks on refs that a killed git has left: nobody holds them, and git refuses to write the ref for ever.
//!
//! Git holds such a lock for some milliseconds; only a slow hook makes it longer. So one that has been there for long is
//! nobody's. Who moves the branch that is checked out holds HEAD as well. Other locks, of the user's index above all, are never
//! touched here.

use std::{
    fs,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use chant_os::clock::{self, Stopwatch};
use chant_os::file;

use crate::{Repo, Result, call::Ran};

/// The names that only chant uses.
const OUR_REFS: [&str; 2] = ["refs/chant", "refs/notes/chant.lock"];

/// For names that only chant uses: no hook of the user's cares about them.
const OURS: Duration = Duration::from_secs(1);

/// For any other ref.
const ANYBODYS: Duration = Duration::from_secs(15);

/// How long a lock is waited for: until it is given back, or has been there for so long that it is nobody's.
const PATIENCE: Duration = Duration::from_secs(16);

const PAUSE: Duration = Duration::from_millis(50);

impl Repo {
    /// Whether a lock stood in the way of `ran` and is gone now, so that the same may be tried again. Waits for a living holder.
    pub(crate) fn is_freed(&self, ran: &Ran) -> Result<bool> {
        let Some(lock) = lock_named_in(&ran.stderr(), self.common_dir(), self.git_dir()) else {
            return Ok(false);
        };
        let ours = OUR_REFS.map(|refs| self.common_dir().join(refs));
        let ours = ours.iter().any(|refs| lock.starts_with(refs));
        let limit = if ours { OURS } else { ANYBODYS };
        is_given_back(&lock, limit, PATIENCE)
    }

    /// Frees the lock on the packed refs, where a git that was killed after it had deleted refs has left it: nothing that is still
    /// to be deleted would meet it. Waits for a living holder. No process.
    pub fn free_packed_refs(&self) -> Result<()> {
        let lock = self.common_dir().join("packed-refs.lock");
        is_given_back(&lock, ANYBODYS, PATIENCE).map(drop)
    }
}

/// Whether a lock is gone within `patience`: because its holder gave it back, or because it is older than `limit`.
fn is_given_back(lock: &Path, limit: Duration, patience: Duration) -> Result<bool> {
    let waited = Stopwatch::start();
    while let Some(age) = age(lock) {
        if age >= limit {
            file::remove_file(lock)?;
            break;
        }
        if waited.elapsed() >= patience {
            return Ok(false);
        }
        thread::sleep(PAUSE);
    }
    Ok(true)
}

/// The lock on a ref that git could not take, by its own words.
fn lock_named_in(stderr: &str, common_dir: &Path, git_dir: &Path) -> Option<PathBuf> {
    let (_, rest) = stderr.split_once("Unable to create '")?;
    let (path, rest) = rest.split_once("': ")?;
    let lock = PathBuf::from(path);
    let is_loose = lock.starts_with(common_dir.join("refs"))
        && lock.extension().is_some_and(|end| end == "lock");
    let whole = [
        common_dir.join("packed-refs.lock"),
        git_dir.join("HEAD.lock"),
    ];
    let is_of_ref = is_loose || whole.contains(&lock);
    (is_of_ref && rest.starts_with("File exists")).then_some(lock)
}

/// How long it has been there; `None` where it is gone. One from the future counts as new.
fn age(lock: &Path) -> Option<Duration> {
    let modified = fs::metadata(lock).ok()?.modified().ok()?;
    let since = modified.duration_since(std::time::UNIX_EPOCH).ok()?;
    let now = Duration::from_nanos(u64::try_from(clock::since_epoch()).ok()?);
    Some(now.saturating_sub(since))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_new_lock_is_waited_for_and_an_old_one_is_nobodys() {
        let folder = chant_testkit::TestRepo::folder_only();
        let lock = folder.path().join("a.lock");
        fs::write(&lock, "").unwrap();
        let long = Duration::from_mins(10);
        assert!(!is_given_back(&lock, long, Duration::ZERO).unwrap());
        assert!(lock.exists());
        assert!(is_given_back(&lock, Duration::ZERO, Duration::ZERO).unwrap());
        assert!(!lock.exists());
        assert!(is_given_back(&lock, long, Duration::ZERO).unwrap());
    }

    #[test]
    fn only_a_lock_on_a_ref_of_this_repository_is_taken_for_one() {
        let (common, own) = (Path::new("/r/.git"), Path::new("/r/.git/worktrees/w"));
        let named = |text: &str| lock_named_in(text, common, own);
        let said = |path: &str| {
            format!(
                "fatal: cannot lock ref 'x': Unable to create '{path}': File exists.\n\nAnother git"
            )
        };
        let lock = "/r/.git/refs/chant/kept/a.lock";
        assert_eq!(named(&said(lock)), Some(lock.into()));
        let packed = "/r/.git/packed-refs.lock";
        assert_eq!(named(&said(packed)), Some(packed.into()));
        let head = "/r/.git/worktrees/w/HEAD.lock";
        assert_eq!(named(&said(head)), Some(head.into()));
        assert_eq!(named(&said("/r/.git/index.lock")), None);
        assert_eq!(named(&said("/other/.git/refs/heads/main.lock")), None);
        assert_eq!(
            named("fatal: Unable to create '/r/.git/refs/a.lock': No space left on device"),
            None
        );
        assert_eq!(named("fatal: something else"), None);
    }
}
