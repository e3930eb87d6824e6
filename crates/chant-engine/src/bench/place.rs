//! The pool of worktrees that checks run in.
//!
//! They lie beside the runs' worktrees, as `.checks/1`, `.checks/2`, …; a pristine one for one use is `.checks/cold-1`.
//! One is held by the OS lock beside it, so two runs never share one and a dead process holds none. While it is held, a
//! note beside it names the run: where a note is found, its holder was killed in the middle, and the worktree is made
//! anew. So is one that is not in a state chant could have left it in.

use std::cell::Cell;
use std::path::{Path, PathBuf};

use chant_git::{Oid, Repo};
use chant_os::lock::{Attempt, Lock};

use crate::error::{Code, Error, Result};
use crate::project::Project;

/// How the names of the files beside a place end: its lock, and the note of who holds it.
pub(crate) const LOCK: &str = "lock";
pub(super) const NOTE: &str = "held";

/// More at once than any machine runs.
const MOST: u32 = 256;

/// Where the pool of a project is.
pub(super) fn pool_of(project: &Project) -> Result<PathBuf> {
    Ok(project.worktrees()?.join(".checks"))
}

/// A worktree of exactly one tree. Locked while held; dropping it gives it back to the pool.
#[derive(Debug)]
pub(crate) struct Place {
    repo: Repo,
    folder: PathBuf,
    /// The project's folder in it.
    project: PathBuf,
    /// From the repository's root, where git ignores it: what checks leave there would stay.
    hidden: Option<String>,
    commit: Oid,
    warm: Cell<bool>,
    cold: bool,
    _lock: Lock,
}

impl Place {
    /// Takes a free place and brings it to `tree`.
    pub(super) fn take(
        project: &Project,
        run: &str,
        cold: bool,
        tree: &Oid,
        parent: &Oid,
    ) -> Result<Self> {
        let (folder, lock) = free(&pool_of(project)?, cold)?;
        let repo = project.repo().clone();
        let message = "the tree to be checked\n";
        let commit = repo.commit_tree_unsigned(tree, std::slice::from_ref(parent), message)?;
        let place = Self {
            project: folder.join(project.prefix_text()),
            hidden: project
                .is_excluded()
                .then(|| format!("{}{}", project.prefix_text(), crate::DOT_CHANT)),
            repo,
            folder,
            commit,
            warm: Cell::new(false),
            cold,
            _lock: lock,
        };
        let interrupted = place.end_earlier_holder();
        chant_os::file::replace_cache(&place.note(), run.as_bytes())?;
        if !cold && !interrupted && place.bring_along() {
            place.warm.set(true);
        } else {
            place.make()?;
        }
        chant_os::crash::point("place:held");
        Ok(place)
    }

    /// The worktree's folder.
    pub(crate) fn worktree(&self) -> &Path {
        &self.folder
    }

    /// The project's folder in it.
    pub(crate) fn project(&self) -> &Path {
        &self.project
    }

    /// Whether it holds what earlier checks left and git ignores.
    pub(crate) fn is_warm(&self) -> bool {
        self.warm.get()
    }

    /// Restores the files of the tree that a check changed; says what it did, if anything.
    pub(super) fn restore(&self) -> Result<Option<String>> {
        let note = if self.is_whole() {
            let changed = self.repo.at(&self.folder).changed_files(&self.commit)?;
            match changed.as_slice() {
                [] => return Ok(None),
                changed => format!(
                    "it changed {}; that does not land, and was undone",
                    in_short(changed)
                ),
            }
        } else {
            "it deleted or damaged its worktree, which was made again".to_owned()
        };
        self.tidy()?;
        Ok(Some(note))
    }

    /// Leaves nothing of what checks before did but what git ignores.
    pub(crate) fn tidy(&self) -> Result<()> {
        if self.bring_along() {
            Ok(())
        } else {
            self.make()
        }
    }

    fn is_whole(&self) -> bool {
        self.repo.is_reusable(&self.folder)
    }

    /// Whether a worktree of an earlier use is at the tree now. What cannot be brought there is made anew, so why does
    /// not matter.
    fn bring_along(&self) -> bool {
        self.is_whole() && self.try_to_bring().is_ok()
    }

    fn try_to_bring(&self) -> Result<()> {
        let there = self.repo.at(&self.folder);
        there.bring_to(&self.commit)?;
        there.empty_submodules()?;
        if let Some(hidden) = &self.hidden {
            there.clean_below(hidden)?;
        }
        match there.changed_files(&self.commit)?.as_slice() {
            [] => Ok(()),
            [first, ..] => Err(Error::new(
                Code::GitFailed,
                format!("{first} could not be restored"),
            )),
        }
    }

    fn make(&self) -> Result<()> {
        self.warm.set(false);
        chant_os::file::remove_tree(&self.folder)?;
        Ok(self.repo.add_bench(&self.folder, &self.commit)?)
    }

    fn remove(&self) -> Result<()> {
        // The folder first: git does not touch one whose `.git` a check replaced by a repository of its own.
        chant_os::file::remove_tree(&self.folder)?;
        Ok(self.repo.remove_worktree(&self.folder)?)
    }

    /// Whether the last holder was killed while it held the place. What it left running is ended.
    fn end_earlier_holder(&self) -> bool {
        match chant_os::file::read_regular(&self.note(), 4096) {
            Ok(run) => {
                let run = String::from_utf8_lossy(&run);
                chant_os::tree::end_marked(crate::claim::MARKER, run.trim());
                true
            }
            Err(error) => !error.is_not_found(),
        }
    }

    fn note(&self) -> PathBuf {
        self.folder.with_extension(NOTE)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // What cannot be removed is found and made anew by the next to take it.
        if !self.cold || self.remove().is_ok() {
            let _ = chant_os::file::remove_file(&self.note());
        }
    }
}

/// The first few of many names.
fn in_short(names: &[String]) -> String {
    const SHOWN: usize = 3;
    let shown = names[..names.len().min(SHOWN)].join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// The first place that nobody holds, and the lock that holds it now.
fn free(pool: &Path, cold: bool) -> Result<(PathBuf, Lock)> {
    chant_os::file::create_dir_all(pool)?;
    let note = format!("process {}", std::process::id());
    for number in 1..=MOST {
        let name = if cold {
            format!("cold-{number}")
        } else {
            number.to_string()
        };
        let folder = pool.join(name);
        if let Attempt::Acquired(lock) = Lock::try_acquire(&folder.with_extension(LOCK), &note)? {
            return Ok((folder, lock));
        }
    }
    Err(Error::new(
        Code::InTheWay,
        format!(
            "all {MOST} worktrees for checks in {} are in use",
            pool.display()
        ),
    )
    .hint("wait until other runs have ended"))
}
