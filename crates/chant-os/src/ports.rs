//! Blocks of network ports that belong to one process for as long as it lives.
//!
//! Ports are the machine's, so the locks have to lie in a folder that all its users of blocks share. A block is free when
//! nobody holds its locks and nothing answers or listens on its ports.

use std::{net::TcpListener, path::Path};

use crate::{
    file::FileError,
    lock::{Attempt, Lock},
};

/// The first port that is given out, and the one after the last: above the well-known ones, below those that systems give to
/// whoever asks for any.
const FIRST: u16 = 20_000;
const END: u16 = 32_000;

/// How many ports one lock stands for.
const STEP: u16 = 10;

/// A block of ports. Free again when it is dropped, or its process ends.
#[derive(Debug)]
pub struct Ports {
    first: u16,
    count: u16,
    _locks: Vec<Lock>,
}

impl Ports {
    /// Takes a block of `count` ports, the one that begins with `wanted` if it is free; `None` where none is. The locks lie in
    /// `folder`.
    pub fn take(folder: &Path, count: u16, wanted: Option<u16>) -> Result<Option<Self>, FileError> {
        let starts = (FIRST..END).step_by(usize::from(STEP));
        for first in wanted.into_iter().chain(starts) {
            let fits = first.checked_add(count).is_some_and(|end| end <= END);
            if !fits {
                continue;
            }
            if let Some(locks) = locks(folder, first, count)?
                && (first..first + count).all(is_free)
            {
                return Ok(Some(Self {
                    first,
                    count,
                    _locks: locks,
                }));
            }
        }
        Ok(None)
    }

    /// The first of them.
    pub fn first(&self) -> u16 {
        self.first
    }

    /// The last of them.
    pub fn last(&self) -> u16 {
        self.first + self.count.saturating_sub(1)
    }
}

/// All locks that the block needs, or none.
fn locks(folder: &Path, first: u16, count: u16) -> Result<Option<Vec<Lock>>, FileError> {
    let begin = first - first % STEP;
    let note = format!("process {}", std::process::id());
    let mut locks = Vec::new();
    for step in (begin..first + count).step_by(usize::from(STEP)) {
        match Lock::try_acquire(&folder.join(format!("{step}.lock")), &note)? {
            Attempt::Acquired(lock) => locks.push(lock),
            Attempt::Held { .. } => return Ok(None),
        }
    }
    Ok(Some(locks))
}

fn is_free(port: u16) -> bool {
    TcpListener::bind(("127.0.0.1", port)).is_ok()
}
