//! Locks: who may do something now, told by the kernel.
//!
//! A lock belongs to a living process. When that process ends, by whatever means, the kernel frees it; so there are no process-id
//! files and nothing stale to clean up. The lock file itself is never deleted: between two processes that open it, one that
//! deletes it would leave them holding different files of one name.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read, Seek, SeekFrom, Write},
    path::Path,
};

use crate::file::{self, FileError};

/// The longest note that is read back.
const NOTE_MAX: u64 = 4096;

/// A lock that this process holds until the value is dropped.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

/// What became of an attempt to lock without waiting.
#[derive(Debug)]
pub enum Attempt {
    /// It is ours now.
    Acquired(Lock),
    /// Another holds it.
    Held {
        /// What the holder wrote about itself; empty for a moment after it acquired the lock.
        note: String,
    },
}

impl Lock {
    /// Locks the file at `path` if nobody holds it. `note` (who, since when) is for those who find it held.
    /// The file and its folder are created where missing.
    pub fn try_acquire(path: &Path, note: &str) -> Result<Attempt, FileError> {
        let mut file = open(path)?;
        match file.try_lock() {
            Ok(()) => {
                let mut lock = Self { file };
                lock.write_note(note);
                Ok(Attempt::Acquired(lock))
            }
            Err(TryLockError::WouldBlock) => Ok(Attempt::Held {
                note: read_note(&mut file),
            }),
            Err(TryLockError::Error(error)) => Err(FileError::new("lock", path, error)),
        }
    }

    /// Locks the file at `path`, waiting for as long as another holds it. Only for sections that are short in every holder.
    pub fn acquire_blocking(path: &Path) -> Result<Self, FileError> {
        let file = open(path)?;
        file.lock()
            .map_err(|error| FileError::new("lock", path, error))?;
        Ok(Self { file })
    }

    /// The note is a courtesy to others: a full disk must not keep anyone from holding a lock.
    fn write_note(&mut self, note: &str) {
        let _ = self
            .file
            .set_len(0)
            .and_then(|()| self.file.write_all(note.as_bytes()));
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // An empty note first, so that nobody is told of a holder who has left; closing the file then frees the lock.
        let _ = self.file.set_len(0);
    }
}

/// Opened in place, never replaced: a lock is tied to the file, not to its name.
fn open(path: &Path) -> Result<File, FileError> {
    if let Some(folder) = path.parent() {
        file::create_dir_all(folder)?;
    }
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(|error| FileError::new("open the lock", path, error))
}

fn read_note(file: &mut File) -> String {
    let mut bytes = Vec::new();
    let read: io::Result<_> = file
        .seek(SeekFrom::Start(0))
        .and_then(|_| file.take(NOTE_MAX).read_to_end(&mut bytes));
    match read {
        Ok(_) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(_) => String::new(),
    }
}
