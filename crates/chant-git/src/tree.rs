//! Trees: reading, comparing, and writing them with a private index.

use chant_os::file;

use crate::{GitError, Oid, Repo, RepoPath, Result};

/// One entry of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeEntry {
    /// Six octal digits.
    pub mode: String,
    /// The object.
    pub oid: Oid,
    /// From the top of the repository.
    pub path: String,
}

impl TreeEntry {
    /// A plain or executable file (not a link, a folder or a submodule).
    pub fn is_file(&self) -> bool {
        self.mode.starts_with("100")
    }

    /// A folder.
    pub fn is_tree(&self) -> bool {
        self.mode == "040000"
    }
}

/// How an entry changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeStatus {
    /// It is new.
    Added,
    /// Its content or mode changed.
    Modified,
    /// It is gone.
    Deleted,
    /// A file became a link, or the like.
    TypeChanged,
}

/// One difference between two trees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// From the top of the repository.
    pub path: String,
    /// How it changed.
    pub status: ChangeStatus,
    /// Mode and object before.
    pub old: Option<(String, Oid)>,
    /// Mode and object after.
    pub new: Option<(String, Oid)>,
}

/// One edit of a tree.
#[derive(Debug, Clone)]
pub struct TreeEdit {
    path: RepoPath,
    entry: Option<(String, Oid)>,
}

impl TreeEdit {
    /// Puts an entry, whatever was there.
    pub fn put(path: RepoPath, mode: &str, oid: Oid) -> Self {
        Self {
            path,
            entry: Some((mode.to_owned(), oid)),
        }
    }

    /// Removes an entry, if it is there.
    pub fn remove(path: RepoPath) -> Self {
        Self { path, entry: None }
    }
}

impl Repo {
    /// The entries of a commit or tree at these paths (all, where none is named). One process.
    pub fn ls_tree(
        &self,
        treeish: &Oid,
        paths: &[&str],
        recursive: bool,
    ) -> Result<Vec<TreeEntry>> {
        let mut git = self.git("ls-tree").args(["-z", "--full-tree"]);
        if recursive {
            git = git.args(["-r"]);
        }
        let output = git.args([treeish.as_str(), "--"]).args(paths).bytes()?;
        split(&output).map(entry).collect()
    }

    /// How tree `b` differs from tree `a`, without guessing renames. One process, none where they are equal.
    pub fn diff(&self, a: &Oid, b: &Oid) -> Result<Vec<Change>> {
        if a == b {
            return Ok(Vec::new());
        }
        let output = self
            .git("diff-tree")
            .args([
                "-r",
                "-z",
                "--raw",
                "--no-renames",
                "--full-index",
                "--no-abbrev",
                a.as_str(),
                b.as_str(),
            ])
            .bytes()?;
        let mut fields = split(&output);
        let mut changes = Vec::new();
        while let (Some(head), Some(path)) = (fields.next(), fields.next()) {
            changes.push(change(head, path)?);
        }
        Ok(changes)
    }

    /// A new tree: `base` with edits, through an index file of its own. Three processes, none without edits.
    pub fn write_tree(&self, base: Option<&Oid>, edits: &[TreeEdit]) -> Result<Oid> {
        if let (Some(base), []) = (base, edits) {
            return Ok(base.clone());
        }
        let index = self.private_index()?;
        match base {
            Some(base) => self
                .git("read-tree")
                .env("GIT_INDEX_FILE", &index.path)
                .args([base.as_str()])
                .bytes()?,
            None => self
                .git("read-tree")
                .env("GIT_INDEX_FILE", &index.path)
                .args(["--empty"])
                .bytes()?,
        };
        let mut info = Vec::new();
        for edit in edits {
            let line = match &edit.entry {
                Some((mode, oid)) => format!("{mode} {oid}\t{}\0", edit.path),
                None => format!(
                    "0 {}\t{}\0",
                    "0".repeat(base.map_or(40, |oid| oid.as_str().len())),
                    edit.path
                ),
            };
            info.extend_from_slice(line.as_bytes());
        }
        self.git("update-index")
            .env("GIT_INDEX_FILE", &index.path)
            .args(["-z", "--index-info"])
            .stdin(info)
            .bytes()?;
        self.git("write-tree")
            .env("GIT_INDEX_FILE", &index.path)
            .oid()
    }

    /// The tree that `git add -A` and a commit would give here; the work tree's own index is left alone.
    /// Two processes.
    pub fn snapshot(&self) -> Result<Oid> {
        let index = self.private_index()?;
        let own = self.git_dir().join("index");
        if own.exists() {
            file::copy(&own, &index.path)?;
        }
        self.git("add")
            .env("GIT_INDEX_FILE", &index.path)
            .args(["-A", "--ignore-errors", "."])
            .bytes()?;
        self.git("write-tree")
            .env("GIT_INDEX_FILE", &index.path)
            .oid()
    }

    fn private_index(&self) -> Result<PrivateIndex> {
        use std::sync::atomic::{AtomicU32, Ordering};
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let folder = self.common_dir().join("chant").join("index-files");
        file::create_dir_all(&folder)?;
        let name = format!(
            "{}-{}",
            std::process::id(),
            NUMBER.fetch_add(1, Ordering::Relaxed)
        );
        let path = folder.join(name);
        // Left by a process of the same number that was killed.
        if path.exists() {
            file::remove_file(&path)?;
        }
        Ok(PrivateIndex { path })
    }
}

/// An index file that goes when it is no longer needed.
pub(crate) struct PrivateIndex {
    pub(crate) path: std::path::PathBuf,
}

impl Drop for PrivateIndex {
    fn drop(&mut self) {
        if self.path.exists() {
            // Nothing depends on it being gone: the next one of this name replaces it.
            let _ = file::remove_file(&self.path);
        }
    }
}

/// NUL-terminated fields.
pub(crate) fn split(output: &[u8]) -> impl Iterator<Item = &[u8]> {
    output
        .split(|&byte| byte == 0)
        .filter(|field| !field.is_empty())
}

fn unexpected(command: &str, field: &[u8]) -> GitError {
    GitError::Unexpected {
        command: command.to_owned(),
        output: String::from_utf8_lossy(field).into_owned(),
    }
}

/// `<mode> <type> <oid>\t<path>`
fn entry(field: &[u8]) -> Result<TreeEntry> {
    let text = String::from_utf8_lossy(field);
    let (head, path) = text
        .split_once('\t')
        .ok_or_else(|| unexpected("ls-tree", field))?;
    let mut parts = head.split(' ');
    let (Some(mode), Some(_), Some(oid)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(unexpected("ls-tree", field));
    };
    Ok(TreeEntry {
        mode: mode.to_owned(),
        oid: oid.parse()?,
        path: path.to_owned(),
    })
}

/// `:<old mode> <new mode> <old oid> <new oid> <status>`
fn change(head: &[u8], path: &[u8]) -> Result<Change> {
    let text = String::from_utf8_lossy(head);
    let parts: Vec<&str> = text.trim_start_matches(':').split(' ').collect();
    let [old_mode, new_mode, old, new, status] = parts.as_slice() else {
        return Err(unexpected("diff-tree", head));
    };
    let side = |mode: &str, oid: &str| -> Result<Option<(String, Oid)>> {
        if mode == "000000" {
            Ok(None)
        } else {
            Ok(Some((mode.to_owned(), oid.parse()?)))
        }
    };
    let status = match status.as_bytes().first() {
        Some(b'A') => ChangeStatus::Added,
        Some(b'D') => ChangeStatus::Deleted,
        Some(b'T') => ChangeStatus::TypeChanged,
        _ => ChangeStatus::Modified,
    };
    Ok(Change {
        path: String::from_utf8_lossy(path).into_owned(),
        status,
        old: side(old_mode, old)?,
        new: side(new_mode, new)?,
    })
}
