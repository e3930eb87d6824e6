//! The places of a project, seen from outside: what there is, what is in use, what may go.

use std::path::{Path, PathBuf};

use chant_os::lock::{Attempt, Lock};

use super::place::{LOCK, NOTE, pool_of};
use crate::error::Result;
use crate::project::Project;

/// How a place stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Somebody works in it.
    InUse,
    /// The next to need one may use it; a check finds what git ignores as it was left.
    Warm,
    /// Its holder was killed, or it was for one use: nobody will use it as it is.
    Left,
}

/// Every place of a project's pool, in the order of their names.
pub(crate) fn places(project: &Project) -> Result<Vec<(PathBuf, Standing)>> {
    Ok(places_in(project, &pool_of(project)?))
}

/// The places in one folder, by name.
pub(crate) fn places_in(project: &Project, pool: &Path) -> Vec<(PathBuf, Standing)> {
    let Ok(entries) = std::fs::read_dir(pool) else {
        return Vec::new();
    };
    let mut folders: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    folders
        .into_iter()
        .map(|folder| {
            let standing = standing(project, &folder);
            (folder, standing)
        })
        .collect()
}

fn standing(project: &Project, folder: &Path) -> Standing {
    let lock = folder.with_extension(LOCK);
    let held = lock.exists() && matches!(Lock::try_acquire(&lock, ""), Ok(Attempt::Held { .. }));
    let interrupted = folder.with_extension(NOTE).exists();
    if held {
        Standing::InUse
    } else if interrupted || !project.repo().is_reusable(folder) || is_cold(folder) {
        Standing::Left
    } else {
        Standing::Warm
    }
}

fn is_cold(folder: &Path) -> bool {
    let name = folder.file_name().unwrap_or_default();
    name.as_encoded_bytes().starts_with(b"cold-")
}

/// Removes a place, unless a check has begun to run in it. What is in it is nobody's work.
pub(crate) fn remove(project: &Project, folder: &Path) -> Result<()> {
    let Attempt::Acquired(_lock) = Lock::try_acquire(&folder.with_extension(LOCK), "")? else {
        return Ok(());
    };
    chant_os::file::remove_tree(folder)?;
    project.repo().remove_worktree(folder)?;
    Ok(chant_os::file::remove_file(&folder.with_extension(NOTE))?)
}
