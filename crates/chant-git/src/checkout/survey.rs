//! What a checkout has at the paths in question: in its index, and on disk.

use std::{
    collections::HashMap,
    ffi::OsStr,
    fs,
    os::unix::{ffi::OsStrExt, fs::PermissionsExt},
    path::Path,
};

use crate::{
    Oid, Repo, Result,
    call::records,
    diff::RawChange,
    path::{RawPath, on_disk},
};

/// With more paths, or longer ones, the whole index is read: a command line has an end.
const MOST_PATHS: usize = 1000;
const MOST_BYTES: usize = 64 << 10;

/// What the index says of a path.
#[derive(Debug, Clone)]
pub(super) struct Indexed {
    /// Mode and object; `None` while a merge of the user's has left it unresolved.
    pub(super) entry: Option<(String, Oid)>,
    /// Left out of a sparse checkout: that there is no file says nothing.
    pub(super) sparse: bool,
    /// The user has told git not to look at the file (`skip-worktree`, `assume-unchanged`): whether it differs, git does not say.
    pub(super) unseen: bool,
    /// The file differs from the entry, or is gone.
    pub(super) changed: bool,
}

/// What stands at a path on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Disk {
    Nothing,
    File {
        executable: bool,
    },
    Link,
    Folder,
    /// A device, a socket, a pipe.
    Other,
}

pub(super) struct Survey<'a> {
    repo: &'a Repo,
    index: HashMap<RawPath, Indexed>,
}

impl<'a> Survey<'a> {
    /// Looks up the changed paths in the index. One process.
    pub(super) fn make(repo: &'a Repo, changes: &[RawChange]) -> Result<Self> {
        let flags = ["-z", "-v", "--stage", "--modified", "--deleted", "--"];
        let look = repo.look().without_held_back();
        let mut call = look.arg("ls-files").args(flags);
        let bytes: usize = changes.iter().map(|change| change.path.len()).sum();
        if changes.len() <= MOST_PATHS && bytes <= MOST_BYTES {
            call = call.args(changes.iter().map(|change| OsStr::from_bytes(&change.path)));
        }
        let ran = call.run()?;
        if ran.code() != Some(0) {
            return Err(ran.failed());
        }
        let mut index = HashMap::new();
        for record in records(ran.stdout()) {
            add(&mut index, record).ok_or_else(|| ran.unexpected(record))?;
        }
        Ok(Self { repo, index })
    }

    pub(super) fn indexed(&self, path: &[u8]) -> Option<&Indexed> {
        self.index.get(path)
    }

    /// What stands at a path. A link is itself, not what it leads to.
    pub(super) fn disk(&self, path: &[u8]) -> Disk {
        look(&on_disk(self.repo.root(), path))
    }

    /// A file or link of the user's that stands where `path` needs a folder. `leaving` says which paths are about to go.
    pub(super) fn blocked_parent(
        &self,
        path: &[u8],
        leaving: impl Fn(&[u8]) -> bool,
    ) -> Option<RawPath> {
        let slashes = path.iter().enumerate().filter(|(_, byte)| **byte == b'/');
        for parent in slashes.map(|(at, _)| &path[..at]) {
            match self.disk(parent) {
                Disk::Folder => {}
                Disk::Nothing => return None,
                _ if leaving(parent) => return None,
                _ => return Some(parent.to_vec()),
            }
        }
        None
    }

    /// The files in a folder that are not about to go: what would be lost if a file took the folder's place.
    pub(super) fn staying_in(
        &self,
        folder: &[u8],
        leaving: impl Fn(&[u8]) -> bool,
    ) -> Vec<RawPath> {
        let mut staying = Vec::new();
        let mut folders = vec![folder.to_vec()];
        while let Some(folder) = folders.pop() {
            let Ok(entries) = fs::read_dir(on_disk(self.repo.root(), &folder)) else {
                staying.push(folder);
                continue;
            };
            for entry in entries.flatten() {
                let path = [&folder, b"/".as_slice(), entry.file_name().as_bytes()].concat();
                if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    folders.push(path);
                } else if !leaving(&path) {
                    staying.push(path);
                }
            }
        }
        staying.sort();
        staying
    }

    /// The ids that files on disk would have in git, line ends and filters applied. One process for files, if there are
    /// any; one more for each link.
    pub(super) fn contents(&self, paths: &[&[u8]]) -> Result<HashMap<RawPath, Oid>> {
        let is_file = |path: &&[u8]| matches!(self.disk(path), Disk::File { .. });
        let (files, others): (Vec<&[u8]>, Vec<&[u8]>) =
            paths.iter().partition(|path| is_file(path));
        let mut ids = HashMap::new();
        if !files.is_empty() {
            let list: Vec<u8> = files.iter().flat_map(|path| quoted(path)).collect();
            let hash = self.repo.look().args(["hash-object", "--stdin-paths"]);
            let hashed = hash.stdin(list).stdout()?;
            for (path, line) in files.iter().zip(hashed.split(|byte| *byte == b'\n')) {
                ids.insert(path.to_vec(), Oid::from_bytes(line)?);
            }
        }
        for path in others
            .into_iter()
            .filter(|path| self.disk(path) == Disk::Link)
        {
            if let Ok(target) = fs::read_link(on_disk(self.repo.root(), path)) {
                let hash = self.repo.look().args(["hash-object", "--stdin"]);
                let oid = hash.stdin(target.as_os_str().as_bytes()).oid()?;
                ids.insert(path.to_vec(), oid);
            }
        }
        Ok(ids)
    }

    /// Whether a file holds the beginning of what `new` has there, or all of it: so a killed attempt leaves it. One process.
    pub(super) fn is_beginning(&self, path: &[u8], new: &Oid) -> Result<bool> {
        let Ok(found) = fs::read(on_disk(self.repo.root(), path)) else {
            return Ok(false);
        };
        let object = [new.as_str().as_bytes(), b":", path].concat();
        let show = self.repo.look().args(["cat-file", "--filters"]);
        let whole = show.arg(OsStr::from_bytes(&object)).stdout()?;
        Ok(whole.starts_with(&found))
    }
}

fn look(path: &Path) -> Disk {
    let Ok(found) = fs::symlink_metadata(path) else {
        return Disk::Nothing;
    };
    let kind = found.file_type();
    if kind.is_dir() {
        Disk::Folder
    } else if kind.is_symlink() {
        Disk::Link
    } else if kind.is_file() {
        let executable = found.permissions().mode() & 0o100 != 0;
        Disk::File { executable }
    } else {
        Disk::Other
    }
}

/// Adds what `<tag> <mode> <oid> <stage>\t<path>` says. A path that differs from its entry is listed again for that.
fn add(index: &mut HashMap<RawPath, Indexed>, record: &[u8]) -> Option<()> {
    let tab = record.iter().position(|byte| *byte == b'\t')?;
    let facts = std::str::from_utf8(&record[..tab]).ok()?;
    let facts: Vec<&str> = facts.split(' ').collect();
    let [tag, mode, oid, stage] = facts[..] else {
        return None;
    };
    let entry = (mode.to_owned(), oid.parse().ok()?);
    let path = record[tab + 1..].to_vec();
    // In lower case where the file counts as unchanged, whatever it is.
    let assumed = tag.chars().all(char::is_lowercase);
    let tag = tag.to_ascii_uppercase();
    let indexed = index.entry(path).or_insert_with(|| Indexed {
        entry: Some(entry),
        sparse: tag == "S",
        unseen: assumed || tag == "S",
        changed: false,
    });
    if stage != "0" {
        indexed.entry = None;
    }
    if matches!(&*tag, "C" | "R") {
        indexed.changed = true;
    }
    Some(())
}

/// A line that names a path, quoted as git reads it: a path may hold a newline.
fn quoted(path: &[u8]) -> Vec<u8> {
    let mut line = vec![b'"'];
    for byte in path {
        match byte {
            b'"' | b'\\' => line.extend([b'\\', *byte]),
            b'\n' => line.extend(b"\\n"),
            _ => line.push(*byte),
        }
    }
    line.extend(b"\"\n");
    line
}
