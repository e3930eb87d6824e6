//! Trees, each read and taken apart once: the same few folders are looked at for every run that lands.
//!
//! The format is git's (gitformat of a tree object): entries of `<mode> <name>\0<id>`, where a folder stands where its name with a
//! slash behind it belongs.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::object::TreeEntry;
use crate::oid::hex;
use crate::{Oid, Repo, Result};

/// What a tree holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Folder {
    /// By name, in git's order: that of a folder has a `/` at its end. The mode has six digits.
    entries: BTreeMap<Vec<u8>, (String, Oid)>,
}

impl Folder {
    /// From a tree as git stores it; `None` where it is none.
    fn parse(bytes: &[u8], length: usize) -> Option<Self> {
        let mut entries = BTreeMap::new();
        for (mode, name, id) in raw_entries(bytes, length) {
            let mode = format!("{:0>6}", std::str::from_utf8(mode).ok()?);
            entries.insert(key(&mode, name), (mode, hex(id).parse().ok()?));
        }
        Some(Self { entries })
    }

    /// As git stores it.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut raw = Vec::new();
        for (key, (mode, oid)) in &self.entries {
            raw.extend(mode.trim_start_matches('0').as_bytes());
            raw.push(b' ');
            raw.extend(name(key));
            raw.push(0);
            raw.extend(bytes_of(oid));
        }
        raw
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn len(&self) -> usize {
        self.entries.len()
    }

    /// Names, those of folders with a `/` at the end, with mode and object.
    pub(crate) fn entries(&self) -> &BTreeMap<Vec<u8>, (String, Oid)> {
        &self.entries
    }

    /// What is called so: a folder or something else.
    pub(crate) fn get(&self, name: &[u8]) -> Option<&(String, Oid)> {
        let as_folder = || self.entries.get(&[name, b"/"].concat());
        self.entries.get(name).or_else(as_folder)
    }

    /// Puts something in the place of whatever has its name.
    pub(crate) fn put(&mut self, name: &[u8], mode: &str, oid: Oid) {
        self.remove(name);
        let mode = format!("{mode:0>6}");
        self.entries.insert(key(&mode, name), (mode, oid));
    }

    pub(crate) fn remove(&mut self, name: &[u8]) {
        self.entries.remove(name);
        self.entries.remove(&[name, b"/"].concat());
    }
}

/// The folders that were read or made last. So many entries of so many folders are kept, and then it begins anew.
#[derive(Debug, Default)]
pub(crate) struct Folders {
    known: std::collections::HashMap<Oid, Arc<Folder>>,
    entries: usize,
}

impl Folders {
    const MOST: usize = 1 << 16;

    pub(crate) fn get(&self, tree: &Oid) -> Option<Arc<Folder>> {
        self.known.get(tree).cloned()
    }

    pub(crate) fn keep(&mut self, tree: Oid, folder: Arc<Folder>) {
        // An empty one takes its place as well.
        let entries = folder.len() + 1;
        if self.entries + entries > Self::MOST {
            *self = Self::default();
        }
        if entries <= Self::MOST && self.known.insert(tree, folder).is_none() {
            self.entries += entries;
        }
    }
}

impl Repo {
    /// What a tree, or a commit's, holds; `None` where it is neither. No process of its own.
    pub(crate) fn folder(&self, treeish: &Oid) -> Result<Option<Arc<Folder>>> {
        let tree = self.memo().tree_of(treeish);
        let tree = tree.as_ref().unwrap_or(treeish);
        if let Some(known) = self.memo().folder(tree) {
            return Ok(Some(known));
        }
        let found = self.object(&format!("{tree}^{{tree}}"))?;
        let Some(object) = found.filter(|object| object.kind == "tree") else {
            return Ok(None);
        };
        let Some(folder) = Folder::parse(&object.bytes, treeish.as_str().len() / 2) else {
            return Ok(None);
        };
        let folder = Arc::new(folder);
        self.memo().keep_folder(object.oid, folder.clone());
        Ok(Some(folder))
    }

    /// The tree of a folder; `None` where git has to be asked directly. By way of `hash-object`, because `mktree` does not
    /// heed `core.fsync`.
    pub(crate) fn try_make_tree(&self, folder: Folder) -> Option<Oid> {
        let oid = self.try_store("tree", &folder.to_bytes())?;
        self.memo().keep_folder(oid.clone(), Arc::new(folder));
        Some(oid)
    }

    /// What a commit or tree has at a path, by its folders; `None` where there is nothing, or it is no tree.
    pub(crate) fn walk_to(&self, treeish: &Oid, path: &str) -> Result<Option<TreeEntry>> {
        let mut at = treeish.clone();
        let mut names = path.split('/').peekable();
        while let Some(name) = names.next() {
            let Some(folder) = self.folder(&at)? else {
                return Ok(None);
            };
            let Some((mode, oid)) = folder.get(name.as_bytes()) else {
                return Ok(None);
            };
            if names.peek().is_none() {
                return Ok(Some(TreeEntry {
                    mode: mode.clone(),
                    oid: oid.clone(),
                    path: path.to_owned(),
                }));
            }
            if !is_folder(mode) {
                return Ok(None);
            }
            at = oid.clone();
        }
        Ok(None)
    }
}

pub(crate) fn is_folder(mode: &str) -> bool {
    matches!(mode, "40000" | "040000")
}

fn key(mode: &str, name: &[u8]) -> Vec<u8> {
    let end: &[u8] = if is_folder(mode) { b"/" } else { b"" };
    [name, end].concat()
}

/// The name that a key stands for.
pub(crate) fn name(key: &[u8]) -> &[u8] {
    key.strip_suffix(b"/").unwrap_or(key)
}

/// The entries of a tree as git stores them: mode, name, and an id of so many bytes.
fn raw_entries(bytes: &[u8], length: usize) -> impl Iterator<Item = (&[u8], &[u8], &[u8])> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let space = rest.iter().position(|byte| *byte == b' ')?;
        let end = space + rest[space..].iter().position(|byte| *byte == 0)?;
        let oid = rest.get(end + 1..end + 1 + length)?;
        let entry = (&rest[..space], &rest[space + 1..end], oid);
        rest = &rest[end + 1 + length..];
        Some(entry)
    })
}

/// The objects that a tree holds, submodules aside: those are another repository's.
pub(crate) fn ids(bytes: &[u8], length: usize) -> impl Iterator<Item = Oid> {
    let own = raw_entries(bytes, length).filter(|(mode, _, _)| *mode != b"160000");
    own.filter_map(|(_, _, id)| hex(id).parse().ok())
}

/// An id as a tree holds it.
fn bytes_of(oid: &Oid) -> Vec<u8> {
    let value = |digit: u8| match digit {
        b'0'..=b'9' => digit - b'0',
        _ => digit - b'a' + 10,
    };
    let pairs = oid.as_str().as_bytes().chunks_exact(2);
    pairs
        .map(|pair| value(pair[0]) << 4 | value(pair[1]))
        .collect()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::sync::Arc;

    use super::{Folder, Folders};
    use crate::Oid;

    fn oid(digit: char) -> Oid {
        digit.to_string().repeat(40).parse().unwrap()
    }

    #[test]
    fn a_folder_stands_where_git_puts_it_and_takes_a_files_place() {
        let mut folder = Folder::default();
        folder.put(b"a", "40000", oid('1'));
        folder.put(b"a.txt", "100644", oid('2'));
        folder.put(b"a0", "100755", oid('3'));
        let raw = folder.to_bytes();
        let names: Vec<&[u8]> = super::raw_entries(&raw, 20).map(|entry| entry.1).collect();
        assert_eq!(names, [&b"a.txt"[..], b"a", b"a0"]);
        assert_eq!(Folder::parse(&raw, 20), Some(folder.clone()));
        folder.put(b"a", "100644", oid('4'));
        assert_eq!(folder.get(b"a"), Some(&("100644".to_owned(), oid('4'))));
        folder.remove(b"a");
        assert_eq!(folder.get(b"a"), None);
    }

    #[test]
    fn no_more_entries_are_kept_than_memory_is_meant_for() {
        let mut folders = Folders::default();
        let mut large = Folder::default();
        for number in 0..Folders::MOST / 2 {
            large.put(number.to_string().as_bytes(), "100644", oid('5'));
        }
        let large = Arc::new(large);
        folders.keep(oid('1'), large.clone());
        assert!(folders.get(&oid('1')).is_some());
        folders.keep(oid('2'), large);
        assert!(folders.get(&oid('1')).is_none());
        assert!(folders.get(&oid('2')).is_some());
    }
}
