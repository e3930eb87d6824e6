//! Refs move by compare-and-swap: who moved one meanwhile is never overruled.

use std::fmt::Write as _;

use crate::{BranchName, GitError, Oid, Repo, Result, call::Ran, name::check_ref};

/// How a compare-and-swap ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cas {
    /// The ref is as it was to be. It may have been so before: a repeated call is no mistake.
    Done,
    /// Somebody else was there first; nothing was changed.
    Moved {
        /// Where it is now; absent where it does not exist.
        now: Option<Oid>,
    },
}

impl Repo {
    /// Moves a ref to `new` if it is at `expected`; with `None`, makes it if it does not exist. `reason` goes to the reflog.
    /// One process, two where it was moved.
    ///
    /// Crash: git renames a finished file into place. Before that nothing has happened, after it everything.
    pub fn update_ref(
        &self,
        name: &str,
        new: &Oid,
        expected: Option<&Oid>,
        reason: &str,
    ) -> Result<Cas> {
        let order = match expected {
            Some(old) => format!("update {name}\0{new}\0{old}\0"),
            None => format!("create {name}\0{new}\0"),
        };
        self.swap(name, &order, Some(new), reason)
    }

    /// Deletes a ref if it is at `expected`. One process, two where it was moved.
    pub fn delete_ref(&self, name: &str, expected: &Oid) -> Result<Cas> {
        self.swap(name, &format!("delete {name}\0{expected}\0"), None, "chant")
    }

    /// Deletes refs that are at these objects, all or none. Says whether it did. One process, or none.
    pub fn delete_refs(&self, refs: &[(String, Oid)]) -> Result<bool> {
        if refs.is_empty() {
            return Ok(true);
        }
        let mut order = String::new();
        for (name, at) in refs {
            check_ref(name)?;
            let _ = write!(order, "delete {name}\0{at}\0");
        }
        Ok(self.transact(&order, "chant")?.code() == Some(0))
    }

    fn swap(&self, name: &str, order: &str, wanted: Option<&Oid>, reason: &str) -> Result<Cas> {
        check_ref(name)?;
        let ran = self.transact(order, reason)?;
        if ran.code() == Some(0) {
            return Ok(Cas::Done);
        }
        let now = self.resolve(name)?;
        if now.as_ref() == wanted {
            Ok(Cas::Done)
        } else if refused_for_value(&ran.stderr()) {
            Ok(Cas::Moved { now })
        } else if let Some(said) = refused_by_hook(&ran.stderr()) {
            Err(GitError::HookRefused {
                name: name.to_owned(),
                said,
            })
        } else {
            Err(ran.failed())
        }
    }

    /// Sets a ref, wherever it was: for names that only chant uses. One process.
    pub fn set_ref(&self, name: &str, new: &Oid, reason: &str) -> Result<()> {
        check_ref(name)?;
        let order = format!("update {name}\0{new}\0\0");
        let ran = self.transact(&order, reason)?;
        if ran.code() == Some(0) {
            Ok(())
        } else {
            Err(ran.failed())
        }
    }

    /// Again where a lock stood in the way that a killed git had left; there may be one on the ref and one on all of them.
    fn transact(&self, order: &str, reason: &str) -> Result<Ran> {
        let once = || {
            let call = self.change();
            let call = call.args(["update-ref", "-m", reason, "--stdin", "-z"]);
            call.stdin(order).run()
        };
        let mut ran = once()?;
        for _ in 0..2 {
            if ran.code() == Some(0) || !self.is_freed(&ran)? {
                break;
            }
            ran = once()?;
        }
        Ok(ran)
    }

    /// Makes a branch, if there is none of that name. One process, two where there is.
    pub fn create_branch(&self, name: &BranchName, at: &Oid) -> Result<Cas> {
        self.update_ref(&name.ref_name(), at, None, "chant: create")
    }

    /// Moves a branch from `expected` to `to` (with `None`: makes it); that it is elsewhere is an error. One process, two
    /// where it is.
    pub fn set_branch(&self, name: &BranchName, to: &Oid, expected: Option<&Oid>) -> Result<()> {
        let swapped = self.update_ref(&name.ref_name(), to, expected, "chant: set")?;
        unless_moved(name, swapped)
    }

    /// Whether a work tree has this branch checked out. No process where git keeps them in the usual way, else one.
    pub fn is_checked_out(&self, name: &BranchName) -> Result<bool> {
        let mut there = self.worktrees()?.into_iter().filter(|one| !one.prunable);
        Ok(there.any(|one| one.branch.as_ref() == Some(name)))
    }

    /// Deletes a branch that is at `expected`; one that is gone already is fine, one that is elsewhere an error. One that a work
    /// tree has checked out stays: whoever works there would stand on a branch without a commit. One process, two where it is
    /// elsewhere.
    pub fn delete_branch(&self, name: &BranchName, expected: &Oid) -> Result<()> {
        if self.is_checked_out(name)? {
            return Ok(());
        }
        let swapped = self.delete_ref(&name.ref_name(), expected)?;
        unless_moved(name, swapped)
    }
}

fn unless_moved(name: &BranchName, swapped: Cas) -> Result<()> {
    match swapped {
        Cas::Done => Ok(()),
        Cas::Moved { now } => Err(GitError::RefMoved {
            name: name.to_string(),
            now,
        }),
    }
}

/// Whether git refused because of where the ref is, not because of a lock, a hook or a disk.
fn refused_for_value(stderr: &str) -> bool {
    [
        "but expected",
        "already exists",
        "unable to resolve reference",
        "reference is missing",
    ]
    .iter()
    .any(|words| stderr.contains(words))
}

/// What the `reference-transaction` hook said, where it refused; of git's own words only if there is nothing else.
fn refused_by_hook(stderr: &str) -> Option<String> {
    let (gits, hooks): (Vec<&str>, Vec<&str>) = stderr
        .lines()
        .filter(|line| !line.trim().is_empty())
        .partition(|line| line.starts_with("fatal: ") || line.starts_with("error: "));
    let by_hook = |line: &&&str| line.contains("aborted by") && line.contains("hook");
    let refused = gits.iter().find(by_hook)?;
    Some(if hooks.is_empty() {
        (*refused).to_owned()
    } else {
        hooks.join("; ")
    })
}

impl Repo {
    /// The branches that go on from `base`, each with the time of its last commit in seconds since 1970. One process.
    pub fn branches_from(&self, base: &Oid) -> Result<Vec<(BranchName, i64)>> {
        let listed = self
            .look()
            .args([
                "for-each-ref",
                "--format=%(committerdate:unix) %(refname:lstrip=2)",
            ])
            .arg(format!("--contains={base}"))
            .arg("refs/heads/")
            .stdout()?;
        let listed = String::from_utf8_lossy(&listed);
        let branches = listed.lines().filter_map(|line| {
            let (time, name) = line.split_once(' ')?;
            Some((name.parse().ok()?, time.parse().ok()?))
        });
        Ok(branches.collect())
    }
}

impl Repo {
    /// The refs whose names begin with `prefix`, which ends in a slash, and where they are. One process.
    pub fn refs_below(&self, prefix: &str) -> Result<Vec<(String, Oid)>> {
        let listed = self
            .look()
            .args(["for-each-ref", "--format=%(objectname) %(refname)"])
            .arg(prefix)
            .stdout()?;
        let listed = String::from_utf8_lossy(&listed);
        let refs = listed.lines().filter_map(|line| {
            let (oid, name) = line.split_once(' ')?;
            Some((name.to_owned(), oid.parse().ok()?))
        });
        Ok(refs.collect())
    }

    /// The commit that this work tree had checked out last, by its own log; `None` where it keeps none. No process.
    pub fn last_head(&self) -> Option<Oid> {
        let log = chant_os::file::read_regular(&self.git_dir().join("logs/HEAD"), LOG_MAX).ok()?;
        let log = String::from_utf8_lossy(&log);
        log.lines().last()?.split(' ').nth(1)?.parse().ok()
    }
}

/// Nobody's worktree has moved so often.
const LOG_MAX: u64 = 64 << 20;
