//! The user's index while chant changes it.
//!
//! Git holds its index by the file `index.lock`, and a git that is killed leaves that file behind: nobody can tell whether its
//! owner lives. So chant makes the lock itself, with words in it by which it is known, lets git work on a copy of the
//! index, and puts the copy in the index's place. Who finds a lock that is chant's, and nobody else of chant at work here,
//! knows that its owner is dead.
//!
//! The protocol is git's own: whoever has created `index.lock` may replace `index` (git's `lockfile.h`).

use std::{
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use chant_os::{
    file::{self, Created},
    lock::{Attempt, Lock},
};

use crate::{GitError, Repo, Result, call::Call, tree::lock_of};

/// How long another git may hold the index: an editor that refreshes its view needs a moment, a person much longer.
const PATIENCE: Duration = Duration::from_secs(3);
const PAUSE: Duration = Duration::from_millis(50);

/// What a lock of chant's says.
const MARK: &[u8] = b"chant holds the index\n";

/// A lock that is larger is none of chant's.
const LARGEST: u64 = 64;

/// The index of a work tree, held against every other git until this value goes.
pub(super) struct Held<'r> {
    repo: &'r Repo,
    index: PathBuf,
    lock: PathBuf,
    copy: PathBuf,
    /// Held against others of chant, and given back by the system when this process dies.
    _alone: Lock,
}

impl<'r> Held<'r> {
    /// Takes the index, and makes the copy that [`Held::call`] works on.
    pub(super) fn take(repo: &'r Repo) -> Result<Self> {
        let folder = repo.git_dir().join("chant");
        file::create_dir_all(&folder)?;
        let index = repo.git_dir().join("index");
        let lock = lock_of(&index);
        let mut waited = Duration::ZERO;
        let alone = loop {
            match Lock::try_acquire(&folder.join("checkout-holder"), "changes the index")? {
                Attempt::Acquired(lock) => break lock,
                Attempt::Held { .. } => wait(&mut waited, &lock)?,
            }
        };
        while !take_name(&lock)? {
            wait(&mut waited, &lock)?;
        }
        let held = Self {
            // Beside the index, so that it can take its place in one step; `chant/` may be on another disk.
            copy: repo.git_dir().join("chant-index"),
            repo,
            index,
            lock,
            _alone: alone,
        };
        // A git that was killed with the copy has left its own lock on that.
        file::remove_file(&lock_of(&held.copy))?;
        file::remove_file(&held.copy)?;
        if held.index.exists() {
            file::copy_scratch(&held.index, &held.copy)?;
        }
        Ok(held)
    }

    /// A command that changes the copy.
    pub(super) fn call(&self) -> Call {
        self.repo.change().index(&self.copy)
    }

    /// Makes the copy the index, and gives it back.
    pub(super) fn put_back(self) -> Result<()> {
        if self.copy.exists() {
            file::rename_lightly(&self.copy, &self.index)?;
        }
        Ok(())
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        // Where this fails, the next to take the index knows the lock as chant's.
        let _ = file::remove_file(&self.copy);
        let _ = file::remove_file(&self.lock);
    }
}

/// Makes the lock, whole from its first moment. One that says it is chant's was left by a process that is gone.
fn take_name(lock: &Path) -> Result<bool> {
    if file::read_regular(lock, LARGEST).is_ok_and(|found| found == MARK) {
        file::remove_file(lock)?;
    }
    let mark = lock.with_file_name("chant-index.mark");
    file::replace_cache(&mark, MARK)?;
    let linked = file::link(&mark, lock);
    file::remove_file(&mark)?;
    match linked {
        Ok(()) => Ok(true),
        Err(_) if lock.symlink_metadata().is_ok() => Ok(false),
        // A second name is not to be had on every file system; or the other git gave it back in between.
        Err(_) => Ok(file::create_new(lock, MARK)? == Created::Yes),
    }
}

fn wait(waited: &mut Duration, lock: &Path) -> Result<()> {
    if *waited >= PATIENCE {
        return Err(GitError::IndexLocked { path: lock.into() });
    }
    thread::sleep(PAUSE);
    *waited += PAUSE;
    Ok(())
}
