//! A lock that keeps other processes out of a store. It is gone when its holder is dropped, or dies.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Held until dropped.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Locks the store at `store`, and waits for it no longer than `patience`.
    pub fn acquire(store: &Path, patience: Duration) -> io::Result<Self> {
        let mut path = store.as_os_str().to_owned();
        path.push(".lock");
        let file = File::options().create(true).append(true).open(path)?;
        let asked = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                Err(TryLockError::Error(error)) => return Err(error),
                Err(TryLockError::WouldBlock) if asked.elapsed() > patience => {
                    return Err(io::Error::new(
                        io::ErrorKind::TimedOut,
                        "the store is locked",
                    ));
                }
                Err(TryLockError::WouldBlock) => sleep(Duration::from_millis(2)),
            }
        }
    }
}
