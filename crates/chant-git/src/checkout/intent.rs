//! A note, beside the work tree's index, that index and files are being taken from one commit to another.
//!
//! It is there only while that is going on, and stays when it is killed. A file that is missing or half written then is
//! our own doing, and no change of the user's.

use std::path::PathBuf;

use chant_os::file;

use crate::{Oid, Repo, Result};

/// Two ids and two line ends.
const LARGEST: u64 = 4096;

pub(super) struct Intent {
    path: PathBuf,
    content: String,
}

impl Intent {
    pub(super) fn new(repo: &Repo, old: &Oid, new: &Oid) -> Self {
        Self {
            path: repo.git_dir().join("chant/bring-along"),
            content: format!("{old}\n{new}\n"),
        }
    }

    /// Whether an earlier attempt at just this did not come to its end.
    pub(super) fn is_noted(&self) -> bool {
        file::read_regular(&self.path, LARGEST).is_ok_and(|noted| noted == self.content.as_bytes())
    }

    /// Writes the note; it is on disk when this returns.
    pub(super) fn note(&self) -> Result<()> {
        if let Some(folder) = self.path.parent() {
            file::create_dir_all(folder)?;
        }
        Ok(file::replace(&self.path, self.content.as_bytes())?)
    }

    /// Takes the note away, if it is this one.
    pub(super) fn fulfilled(&self) -> Result<()> {
        if self.is_noted() {
            Ok(file::remove_file(&self.path)?)
        } else {
            Ok(())
        }
    }
}
