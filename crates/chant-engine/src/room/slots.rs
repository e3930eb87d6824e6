//! The limits that all commands of one clone share, as locks.
//!
//! A place is a file, and who holds its lock has the place: the kernel gives it back when that process ends. So no limit
//! is exceeded by a second `chant work`, and none is lost with a killed one. The same locks keep two commands off the
//! same target files.
//!
//! Fair between commands: one that waits for a place says so with a lock of its own, and who has more than
//! their share of a pool leaves what becomes free to them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use chant_os::lock::{Attempt, Lock};

use super::Limit;
use crate::error::Result;

/// The places that one command takes.
#[derive(Debug)]
pub(crate) struct Slots {
    folder: PathBuf,
    asker: String,
    note: String,
    /// By which it is said that this command waits, with the pool's folder.
    waiting: Vec<(PathBuf, Lock)>,
}

/// What a place is asked of.
#[derive(Debug, Clone)]
pub(crate) struct Wanted<'a> {
    pub limit: &'a Limit,
    /// How many places there are.
    pub places: usize,
    /// How many of them are ours already.
    pub ours: usize,
}

/// Places that are held until this is dropped.
#[derive(Debug, Default)]
pub(crate) struct Held {
    _locks: Vec<Lock>,
}

/// What became of the wish for a place in each of several pools.
#[derive(Debug)]
pub(crate) enum Took {
    /// They are ours.
    Places(Held),
    /// Others hold all of the one at this position.
    Full(usize),
}

impl Slots {
    /// For one command.
    pub(crate) fn new(state_dir: &Path, asker: &str) -> Self {
        Self {
            folder: state_dir.join("slots"),
            asker: asker.to_owned(),
            note: format!("process {}", std::process::id()),
            waiting: Vec::new(),
        }
    }

    /// A place in each, or in none of them.
    pub(crate) fn take(&mut self, wanted: &[Wanted<'_>]) -> Result<Took> {
        let mut locks = Vec::new();
        for (at, wanted) in wanted.iter().enumerate() {
            let folder = self.folder.join(name(wanted.limit));
            let Some(lock) = self.place(&folder, wanted)? else {
                self.wait_in(&folder)?;
                return Ok(Took::Full(at));
            };
            self.waiting.retain(|(known, _)| *known != folder);
            locks.push(lock);
        }
        Ok(Took::Places(Held { _locks: locks }))
    }

    /// These files, or none where somebody else is at work on one of them.
    pub(crate) fn take_targets(&self, targets: &[String]) -> Result<Option<Held>> {
        let mut locks = Vec::new();
        // A file that is named twice is one file: held once, it would keep its own holder from it.
        let files: BTreeSet<&String> = targets.iter().collect();
        for file in files {
            let path = self.folder.join("targets").join(digest(file));
            match Lock::try_acquire(&path, &self.note)? {
                Attempt::Acquired(lock) => locks.push(lock),
                Attempt::Held { .. } => return Ok(None),
            }
        }
        Ok(Some(Held { _locks: locks }))
    }

    /// Nothing is waited for any more.
    pub(crate) fn wait_no_more(&mut self) {
        for (folder, lock) in self.waiting.drain(..) {
            // The name is this command's own, so nobody else is misled by its end.
            let _ = chant_os::file::remove_file(&folder.join("waiting").join(&self.asker));
            drop(lock);
        }
    }

    fn place(&self, folder: &Path, wanted: &Wanted<'_>) -> Result<Option<Lock>> {
        if wanted.ours > 0 {
            let others = self.others(&folder.join("waiting"))?;
            if others > 0 && wanted.ours >= wanted.places.div_ceil(others + 1) {
                return Ok(None);
            }
        }
        for number in 0..wanted.places {
            let path = folder.join(number.to_string());
            if let Attempt::Acquired(lock) = Lock::try_acquire(&path, &self.note)? {
                return Ok(Some(lock));
            }
        }
        Ok(None)
    }

    fn wait_in(&mut self, folder: &Path) -> Result<()> {
        if self.waiting.iter().any(|(known, _)| known == folder) {
            return Ok(());
        }
        let path = folder.join("waiting").join(&self.asker);
        if let Attempt::Acquired(lock) = Lock::try_acquire(&path, &self.note)? {
            self.waiting.push((folder.to_owned(), lock));
        }
        Ok(())
    }

    /// How many other commands wait here. What a killed one left is cleared away.
    fn others(&self, folder: &Path) -> Result<usize> {
        let mut count = 0;
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.file_name().to_str() == Some(&self.asker) {
                continue;
            }
            match Lock::try_acquire(&entry.path(), "")? {
                Attempt::Held { .. } => count += 1,
                Attempt::Acquired(_) => chant_os::file::remove_file(&entry.path())?,
            }
        }
        Ok(count)
    }
}

impl Drop for Slots {
    fn drop(&mut self) {
        self.wait_no_more();
    }
}

/// The folder of a limit: a person's words are no file names.
fn name(limit: &Limit) -> String {
    match limit {
        Limit::All => "all".to_owned(),
        Limit::Agent(name) => format!("agent-{}", digest(name)),
        Limit::Account(name) => format!("account-{}", digest(name)),
        Limit::Label(name) => format!("label-{}", digest(name)),
    }
}

fn digest(text: &str) -> String {
    crate::digest(text.as_bytes(), 8)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn wanted(limit: &Limit, places: usize, ours: usize) -> [Wanted<'_>; 1] {
        [Wanted {
            limit,
            places,
            ours,
        }]
    }

    fn held(took: Took) -> Option<Held> {
        match took {
            Took::Places(held) => Some(held),
            Took::Full(_) => None,
        }
    }

    /// What was given back can be taken. A process that another test begins just then may hold a copy of the lock until it
    /// has become its program.
    fn comes_back(mut take: impl FnMut() -> Option<Held>) -> bool {
        (0..100_000).any(|_| {
            std::thread::yield_now();
            take().is_some()
        })
    }

    #[test]
    fn places_are_shared_and_come_back() {
        let repo = chant_testkit::TestRepo::folder_only();
        let mut one = Slots::new(repo.path(), "one");
        let mut two = Slots::new(repo.path(), "two");
        let agent = Limit::Agent("claude".to_owned());
        let first = held(one.take(&wanted(&agent, 2, 0)).unwrap());
        let second = held(two.take(&wanted(&agent, 2, 0)).unwrap());
        assert!(first.is_some() && second.is_some());
        assert!(held(one.take(&wanted(&agent, 2, 1)).unwrap()).is_none());
        drop(second);
        assert!(comes_back(|| held(
            one.take(&wanted(&agent, 2, 1)).unwrap()
        )));
    }

    #[test]
    fn who_waits_gets_what_becomes_free() {
        let repo = chant_testkit::TestRepo::folder_only();
        let mut one = Slots::new(repo.path(), "one");
        let mut two = Slots::new(repo.path(), "two");
        let first = held(one.take(&wanted(&Limit::All, 2, 0)).unwrap());
        let second = held(one.take(&wanted(&Limit::All, 2, 1)).unwrap());
        assert!(first.is_some() && second.is_some());
        assert!(held(two.take(&wanted(&Limit::All, 2, 0)).unwrap()).is_none());
        drop(second);
        assert!(
            held(one.take(&wanted(&Limit::All, 2, 1)).unwrap()).is_none(),
            "the second waits, and the first has its share"
        );
        assert!(comes_back(|| held(
            two.take(&wanted(&Limit::All, 2, 0)).unwrap()
        )));
    }

    #[test]
    fn the_same_target_belongs_to_one() {
        let repo = chant_testkit::TestRepo::folder_only();
        let one = Slots::new(repo.path(), "one");
        let two = Slots::new(repo.path(), "two");
        let targets = ["src/a.rs".to_owned()];
        let held = one.take_targets(&targets).unwrap();
        assert!(held.is_some());
        assert!(two.take_targets(&targets).unwrap().is_none());
        drop(held);
        assert!(comes_back(|| two.take_targets(&targets).unwrap()));
    }

    #[test]
    fn a_file_that_is_named_twice_is_one_file() {
        let repo = chant_testkit::TestRepo::folder_only();
        let slots = Slots::new(repo.path(), "one");
        let twice = ["src/a.rs".to_owned(), "src/a.rs".to_owned()];
        assert!(slots.take_targets(&twice).unwrap().is_some());
    }
}
