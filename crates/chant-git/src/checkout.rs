//! The one place that touches a user's checkout: showing there what has landed on its branch.
//!
//! The work is git's own two-tree merge (git-read-tree(1), "Two Tree Merge"): it carries unrelated changes along,
//! staged or not, and refuses where a changed file is dirty. On top of that come files whose present content is known to be
//! recorded (`may_replace`): those may be replaced although git does not track them yet.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::{Change, GitError, Oid, Repo, RepoPath, Result};

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Brought {
    /// Index and files show the new commit.
    Done,
    /// Nothing was touched: these files have changes that would be lost.
    InTheWay {
        /// Their paths.
        files: Vec<String>,
    },
}

/// How often, and how long apart, a held `index.lock` is tried again.
const TRIES: u32 = 40;
const PAUSE: Duration = Duration::from_millis(50);

impl Repo {
    /// Whether [`Repo::bring_along`] would succeed. Touches no file. About five processes.
    pub fn would_bring_along(
        &self,
        old: &Oid,
        new: &Oid,
        may_replace: &[(RepoPath, Oid)],
    ) -> Result<Brought> {
        let plan = self.plan(old, new, may_replace)?;
        if !plan.in_the_way.is_empty() {
            return Ok(Brought::InTheWay {
                files: plan.in_the_way,
            });
        }
        if plan.changes.is_empty() || !plan.replace.is_empty() {
            return Ok(Brought::Done);
        }
        self.read_tree(&["-n"], old, new)
    }

    /// Moves index and files of this checkout from commit `old` to `new`. Unrelated changes of the user's survive;
    /// where a related one is in the way nothing is touched. May be repeated, and killed at any point.
    pub fn bring_along(
        &self,
        old: &Oid,
        new: &Oid,
        may_replace: &[(RepoPath, Oid)],
    ) -> Result<Brought> {
        let plan = self.plan(old, new, may_replace)?;
        if !plan.in_the_way.is_empty() {
            return Ok(Brought::InTheWay {
                files: plan.in_the_way,
            });
        }
        if plan.changes.is_empty() {
            return Ok(Brought::Done);
        }
        self.replace(&plan)?;
        self.read_tree(&[], old, new)
    }

    fn plan(&self, old: &Oid, new: &Oid, may_replace: &[(RepoPath, Oid)]) -> Result<Plan> {
        let changes = self.diff(&self.tree_of(old)?, &self.tree_of(new)?)?;
        let mut plan = Plan {
            changes: Vec::new(),
            replace: Vec::new(),
            in_the_way: Vec::new(),
        };
        if changes.is_empty() {
            return Ok(plan);
        }
        // Freshens the stat information that the comparison below relies on; its exit status is not ours to judge.
        self.change()
            .arg("update-index")
            .args(["-q", "--refresh"])
            .run()?;
        let staged = self.staged(old)?;
        let modified = self.modified()?;
        for change in changes {
            match self.standing(&change, &staged, &modified, may_replace)? {
                Standing::Clean => plan.changes.push(change),
                Standing::Replaceable => {
                    plan.replace.push(change.clone());
                    plan.changes.push(change);
                }
                Standing::There => {}
                Standing::InTheWay => plan.in_the_way.push(change.path),
            }
        }
        Ok(plan)
    }

    /// What the index has that the old commit has not: path and object (none: removed).
    fn staged(&self, old: &Oid) -> Result<BTreeMap<String, Option<Oid>>> {
        let output = self
            .change()
            .arg("diff-index")
            .args([
                "--cached",
                "-z",
                "--raw",
                "--no-renames",
                "--no-abbrev",
                old.as_str(),
            ])
            .stdout()?;
        let mut fields = split(&output);
        let mut staged = BTreeMap::new();
        while let (Some(head), Some(path)) = (fields.next(), fields.next()) {
            let head = String::from_utf8_lossy(head).into_owned();
            let parts: Vec<&str> = head.split(' ').collect();
            let there = parts.get(1).is_some_and(|mode| *mode != "000000");
            let oid = parts
                .get(3)
                .filter(|_| there)
                .and_then(|oid| oid.parse().ok());
            staged.insert(String::from_utf8_lossy(path).into_owned(), oid);
        }
        Ok(staged)
    }

    /// Files that differ from the index.
    fn modified(&self) -> Result<BTreeSet<String>> {
        let output = self
            .change()
            .arg("diff-files")
            .args(["-z", "--name-only", "--ignore-submodules=all"])
            .stdout()?;
        Ok(split(&output)
            .map(|path| String::from_utf8_lossy(path).into_owned())
            .collect())
    }

    fn standing(
        &self,
        change: &Change,
        staged: &BTreeMap<String, Option<Oid>>,
        modified: &BTreeSet<String>,
        may_replace: &[(RepoPath, Oid)],
    ) -> Result<Standing> {
        let old = change.old.as_ref().map(|(_, oid)| oid);
        let new = change.new.as_ref().map(|(_, oid)| oid);
        let index = staged.get(&change.path).map_or(old, Option::as_ref);
        let path = self.root().join(&change.path);
        let exists = path.symlink_metadata().is_ok();
        let file_is_index = index.is_some() && exists && !modified.contains(&change.path);
        if index == new && (file_is_index || (new.is_none() && !exists)) {
            return Ok(Standing::There);
        }
        let is_submodule =
            |side: &Option<(String, Oid)>| side.as_ref().is_some_and(|(mode, _)| mode == "160000");
        let clean = index == old
            && (file_is_index || (!exists && (old.is_none() || !modified.contains(&change.path))));
        if clean || is_submodule(&change.new) || is_submodule(&change.old) {
            return Ok(Standing::Clean);
        }
        let replaceable = |oid: &Oid| {
            Some(oid) == new
                || may_replace
                    .iter()
                    .any(|(path, known)| path.as_str() == change.path && known == oid)
        };
        let index_fine = index == old || index == new || index.is_some_and(&replaceable);
        let file_fine = if !exists {
            index.is_none() || modified.contains(&change.path) && index != old
        } else if path.is_file() && !path.is_symlink() {
            let bytes = chant_os::file::read_regular(&path, u64::MAX)?;
            file_is_index && index_fine || replaceable(&self.hash_object(&bytes)?)
        } else {
            false
        };
        Ok(if index_fine && file_fine {
            Standing::Replaceable
        } else {
            Standing::InTheWay
        })
    }

    /// Puts the new content of replaceable files into index and work tree, so that the merge finds them done.
    fn replace(&self, plan: &Plan) -> Result<()> {
        let mut info = Vec::new();
        let mut written = Vec::new();
        for change in &plan.replace {
            match &change.new {
                Some((mode, oid)) => {
                    info.extend_from_slice(format!("{mode} {oid}\t{}\0", change.path).as_bytes());
                    written.extend_from_slice(format!("{}\0", change.path).as_bytes());
                }
                None => info.extend_from_slice(
                    format!(
                        "0 {}\t{}\0",
                        "0".repeat(
                            change
                                .old
                                .as_ref()
                                .map_or(40, |(_, oid)| oid.as_str().len())
                        ),
                        change.path
                    )
                    .as_bytes(),
                ),
            }
        }
        if info.is_empty() {
            return Ok(());
        }
        self.with_index_lock(|| {
            self.change()
                .arg("update-index")
                .args(["-z", "--index-info"])
                .stdin(info.clone())
        })?;
        self.with_index_lock(|| {
            self.change()
                .arg("checkout-index")
                .args(["-f", "-u", "-z", "--stdin"])
                .stdin(written.clone())
        })?;
        for change in plan.replace.iter().filter(|change| change.new.is_none()) {
            chant_os::file::remove_file(&self.root().join(&change.path))?;
        }
        Ok(())
    }

    fn read_tree(&self, mode: &[&str], old: &Oid, new: &Oid) -> Result<Brought> {
        let run = || {
            self.change()
                .arg("read-tree")
                .args(["-m", "-u"])
                .args(mode)
                .args([old.as_str(), new.as_str()])
        };
        match self.with_index_lock(run) {
            Ok(()) => Ok(Brought::Done),
            Err(GitError::Command { stderr, .. }) => Ok(Brought::InTheWay {
                files: named(&stderr),
            }),
            Err(other) => Err(other),
        }
    }

    /// Runs a command that writes the index; another git that holds it is waited for a short while.
    fn with_index_lock(&self, command: impl Fn() -> crate::call::Call) -> Result<()> {
        let lock = self.git_dir().join("index.lock");
        for _ in 0..TRIES {
            match command().stdout() {
                Ok(_) => return Ok(()),
                Err(GitError::Command { stderr, .. }) if stderr.contains("index.lock") => {
                    std::thread::sleep(PAUSE)
                }
                Err(other) => return Err(other),
            }
        }
        Err(GitError::IndexLocked { path: lock })
    }
}

struct Plan {
    /// What is still to be done.
    changes: Vec<Change>,
    /// Of these, what git alone would refuse.
    replace: Vec<Change>,
    in_the_way: Vec<String>,
}

enum Standing {
    Clean,
    Replaceable,
    /// Index and file show the new commit already.
    There,
    InTheWay,
}

/// The files in git's refusals, or the refusal itself where it names none.
fn named(stderr: &str) -> Vec<String> {
    let files: Vec<String> = stderr
        .split('\'')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect();
    if files.is_empty() {
        vec![format!("the index ({stderr})")]
    } else {
        files
    }
}

/// NUL-terminated fields.
fn split(output: &[u8]) -> impl Iterator<Item = &[u8]> {
    output
        .split(|&byte| byte == 0)
        .filter(|field| !field.is_empty())
}
