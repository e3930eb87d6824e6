//! New trees, made with an index of chant's own: the user's is never used, and what is staged there stays staged.

use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

use chant_os::file;

use crate::{Oid, Repo, RepoPath, Result};

/// One change to a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeEdit {
    /// Where; a file, not a folder.
    pub path: RepoPath,
    /// What.
    pub change: TreeChange,
}

/// What is to be at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TreeChange {
    /// This object, with git's mode for it.
    Put {
        /// `100644`, `100755`, `120000` or `160000`.
        mode: String,
        /// The object; it is stored already.
        oid: Oid,
    },
    /// Nothing.
    Remove,
}

impl TreeEdit {
    /// Puts an object at a path. A file that stands where the path needs a folder gives way, and the other way round.
    pub fn put(path: RepoPath, mode: &str, oid: Oid) -> Self {
        Self {
            path,
            change: TreeChange::Put {
                mode: mode.to_owned(),
                oid,
            },
        }
    }

    /// Removes the file at a path; if there is none, nothing happens.
    pub fn remove(path: RepoPath) -> Self {
        Self {
            path,
            change: TreeChange::Remove,
        }
    }
}

/// A line for `update-index -z --index-info`: the entry a path shall have, or none. `zero` is any id of the right length.
pub(crate) fn index_info(path: &[u8], entry: Option<(&str, &Oid)>, zero: usize) -> Vec<u8> {
    let head = match entry {
        Some((mode, oid)) => format!("{mode} {oid} 0\t"),
        None => format!("0 {} 0\t", "0".repeat(zero)),
    };
    [head.as_bytes(), path, b"\0"].concat()
}

/// Which files of a folder are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Every one.
    All,
    /// Those that `.gitignore` does not name.
    NotIgnored,
}

impl Repo {
    /// The tree that `base` (a tree or commit; nothing if absent) becomes by `edits`. No process of its own; three
    /// where a file and a folder contend for a name.
    pub fn write_tree(&self, base: Option<&Oid>, edits: &[TreeEdit]) -> Result<Oid> {
        if let (Some(base), []) = (base, edits) {
            return self.tree_of(base);
        }
        if let Some(tree) = self.graft(base, edits)? {
            return Ok(tree);
        }
        let index = PrivateIndex::new(self)?;
        if let Some(base) = base {
            self.change()
                .index(&index.path)
                .args(["read-tree", base.as_str()])
                .stdout()?;
        }
        let mut lines = Vec::new();
        for edit in edits {
            let (entry, length) = match &edit.change {
                TreeChange::Put { mode, oid } => (Some((mode.as_str(), oid)), 0),
                TreeChange::Remove => (None, base.map_or(40, |base| base.as_str().len())),
            };
            lines.extend(index_info(edit.path.as_str().as_bytes(), entry, length));
        }
        self.change()
            .index(&index.path)
            .args(["update-index", "-z", "--index-info"])
            .stdin(lines)
            .stdout()?;
        self.change().index(&index.path).arg("write-tree").oid()
    }

    /// The tree that `git add -A` and a commit would give in this work tree, with what `.gitignore` says left out. The work
    /// tree's own index is read, and left as it is. Two processes.
    ///
    /// Of a repository inside the work tree only its commit is in the tree, or nothing if it has none: as git has it.
    pub fn snapshot(&self) -> Result<Oid> {
        let index = PrivateIndex::new(self)?;
        let own = self.git_dir().join("index");
        if own.exists() {
            // With its time: by it git knows which files may have changed since in the same second.
            file::copy_scratch(&own, &index.path)?;
            self.settle_nested(&index.path)?;
        }
        let add = self
            .change()
            .setting("core.splitIndex=false")
            .setting("core.safecrlf=false")
            .setting("advice.addEmbeddedRepo=false")
            .index(&index.path)
            .args(["add", "--all", "--ignore-errors"]);
        let ran = add.run()?;
        if ran.code() != Some(0) && !only_empty_repositories(&ran.stderr()) {
            return Err(ran.failed());
        }
        self.change().index(&index.path).arg("write-tree").oid()
    }

    /// The tree of `base` with what a folder holds that is no work tree of this repository: what it has more than `base`, or
    /// other than it; what it lacks stays. Three processes.
    pub fn snapshot_of(&self, folder: &Path, base: &Oid, which: Which) -> Result<Oid> {
        let index = PrivateIndex::new(self)?;
        let call = || {
            let (git_dir, folder) = (self.common_dir().as_os_str(), folder.as_os_str());
            self.change()
                .index(&index.path)
                .env("GIT_DIR", git_dir)
                .env("GIT_WORK_TREE", folder)
        };
        call().args(["read-tree", base.as_str()]).stdout()?;
        let add = call().args(["add", "--ignore-removal"]);
        let add = match which {
            Which::All => add.arg("--force"),
            Which::NotIgnored => add,
        };
        add.args(["--", "."]).stdout()?;
        call().arg("write-tree").oid()
    }

    /// Makes this work tree's own index that of its HEAD again; no file is touched. For a work tree whose branch was moved
    /// to a commit made of a [`Repo::snapshot`]: git would show all of that as taken back.
    pub fn settle_index(&self) -> Result<()> {
        self.change().args(["reset", "--quiet"]).stdout().map(drop)
    }
}

/// Whether `git add` has complained of nothing but repositories that have no commit to record.
fn only_empty_repositories(stderr: &str) -> bool {
    let mut errors = stderr
        .lines()
        .filter(|line| !line.starts_with("warning: "))
        .peekable();
    errors.peek().is_some()
        && errors.all(|line| line.ends_with("does not have a commit checked out"))
}

/// An index file that nobody else knows; gone when this value is.
struct PrivateIndex {
    path: PathBuf,
}

impl PrivateIndex {
    fn new(repo: &Repo) -> Result<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let folder = repo.common_dir().join("chant/tmp");
        file::create_dir_all(&folder)?;
        let name = format!(
            "index-{}-{}",
            std::process::id(),
            NUMBER.fetch_add(1, Ordering::Relaxed)
        );
        let index = Self {
            path: folder.join(name),
        };
        // A process of the same number may have died here.
        index.remove();
        Ok(index)
    }

    fn remove(&self) {
        // What cannot be removed is a small file in a folder of chant's; the next use of its name replaces it.
        let _ = file::remove_file(&self.path);
        let _ = file::remove_file(&lock_of(&self.path));
    }
}

impl Drop for PrivateIndex {
    fn drop(&mut self) {
        self.remove();
    }
}

/// The file by whose existence git holds another file.
pub(crate) fn lock_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}
