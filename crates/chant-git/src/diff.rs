//! What differs between two trees, file by file.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::{
    Oid, Repo, Result,
    call::{Ran, records},
    folder::{Folder, name as name_of},
    path::{RawPath, text},
};

/// How a path differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChangeStatus {
    /// Only the second tree has it.
    Added,
    /// Both have it, with other content or another executable bit.
    Modified,
    /// Only the first tree has it.
    Deleted,
    /// It became another kind of thing: a file, a link, a submodule.
    TypeChanged,
}

/// One path that differs. A rename is a deletion and an addition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The path from the repository's root. What is not UTF-8 in it is shown as `�`.
    pub path: String,
    /// How it differs.
    pub status: ChangeStatus,
    /// Mode and object in the first tree.
    pub old: Option<(String, Oid)>,
    /// Mode and object in the second tree.
    pub new: Option<(String, Oid)>,
}

/// A [`Change`] with its path as git has it.
#[derive(Debug, Clone)]
pub(crate) struct RawChange {
    pub(crate) path: RawPath,
    pub(crate) old: Option<(String, Oid)>,
    pub(crate) new: Option<(String, Oid)>,
}

impl RawChange {
    fn status(&self) -> ChangeStatus {
        match (&self.old, &self.new) {
            (None, _) => ChangeStatus::Added,
            (_, None) => ChangeStatus::Deleted,
            (Some((old, _)), Some((new, _))) if kind(old) == kind(new) => ChangeStatus::Modified,
            _ => ChangeStatus::TypeChanged,
        }
    }
}

impl Repo {
    /// What differs between two trees or commits. No process of its own.
    pub fn diff(&self, a: &Oid, b: &Oid) -> Result<Vec<Change>> {
        let changes = self.raw_diff(a, b)?.into_iter();
        Ok(changes
            .map(|change| Change {
                status: change.status(),
                path: text(&change.path),
                old: change.old,
                new: change.new,
            })
            .collect())
    }

    pub(crate) fn raw_diff(&self, a: &Oid, b: &Oid) -> Result<Vec<RawChange>> {
        if a == b {
            return Ok(Vec::new());
        }
        if let Some(changes) = self.compare(a, b)? {
            return Ok(changes);
        }
        let flags = [
            "-r",
            "-z",
            "--raw",
            "--no-abbrev",
            "--no-renames",
            "--ignore-submodules=none",
        ];
        let ran = self
            .look()
            .arg("diff-tree")
            .args(flags)
            .args([a.as_str(), b.as_str()])
            .run()?;
        if ran.code() != Some(0) {
            return Err(ran.failed());
        }
        parse(&ran)
    }
}

impl Repo {
    /// Compares two trees folder by folder; only what differs is read. `None` where one of them is no tree of this repository.
    fn compare(&self, a: &Oid, b: &Oid) -> Result<Option<Vec<RawChange>>> {
        let mut changes = Vec::new();
        let (Some(a), Some(b)) = (self.folder(a)?, self.folder(b)?) else {
            return Ok(None);
        };
        let whole = self.compare_folders(b"", &a, &b, &mut changes)?;
        Ok(whole.then_some(changes))
    }

    fn compare_folders(
        &self,
        prefix: &[u8],
        a: &Folder,
        b: &Folder,
        changes: &mut Vec<RawChange>,
    ) -> Result<bool> {
        let (a, b) = (a.entries(), b.entries());
        let names: BTreeSet<&Vec<u8>> = a.keys().chain(b.keys()).collect();
        for name in names {
            let (old, new) = (a.get(name), b.get(name));
            if old == new {
                continue;
            }
            let path = [prefix, name_of(name)].concat();
            if name.ends_with(b"/") {
                let (Some(old), Some(new)) = (
                    self.folder_or_empty(old.map(|(_, oid)| oid))?,
                    self.folder_or_empty(new.map(|(_, oid)| oid))?,
                ) else {
                    return Ok(false);
                };
                let prefix = [&path, b"/".as_slice()].concat();
                if !self.compare_folders(&prefix, &old, &new, changes)? {
                    return Ok(false);
                }
            } else {
                changes.push(RawChange {
                    path,
                    old: old.cloned(),
                    new: new.cloned(),
                });
            }
        }
        Ok(true)
    }

    fn folder_or_empty(&self, tree: Option<&Oid>) -> Result<Option<Arc<Folder>>> {
        match tree {
            Some(tree) => self.folder(tree),
            None => Ok(Some(Arc::default())),
        }
    }
}

fn parse(ran: &Ran) -> Result<Vec<RawChange>> {
    let mut changes = Vec::new();
    let mut fields = records(ran.stdout());
    while let Some(facts) = fields.next() {
        let change = fields.next().and_then(|path| parse_change(facts, path));
        changes.push(change.ok_or_else(|| ran.unexpected(facts))?);
    }
    Ok(changes)
}

/// From `:<mode> <mode> <oid> <oid> <status>` and the path.
fn parse_change(facts: &[u8], path: &[u8]) -> Option<RawChange> {
    let facts = std::str::from_utf8(facts).ok()?.strip_prefix(':')?;
    let facts: Vec<&str> = facts.split(' ').collect();
    let [old_mode, new_mode, old_oid, new_oid, _status] = facts[..] else {
        return None;
    };
    let side = |mode: &str, oid: &str| -> Option<Option<(String, Oid)>> {
        let oid: Oid = oid.parse().ok()?;
        Some((!oid.is_zero()).then(|| (mode.to_owned(), oid)))
    };
    Some(RawChange {
        path: path.to_vec(),
        old: side(old_mode, old_oid)?,
        new: side(new_mode, new_oid)?,
    })
}

/// The part of a mode that tells a file from a link and a submodule.
fn kind(mode: &str) -> &str {
    mode.get(..3).unwrap_or(mode)
}

/// How much of a file differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineCount {
    /// The path from the repository's root. What is not UTF-8 in it is shown as `�`.
    pub path: String,
    /// Lines that only the second tree has; `None` where the file is not text.
    pub added: Option<u32>,
    /// Lines that only the first tree has.
    pub removed: Option<u32>,
}

impl Repo {
    /// How many lines differ between two trees, file by file. One process.
    pub fn line_counts(&self, a: &Oid, b: &Oid) -> Result<Vec<LineCount>> {
        let flags = ["diff-tree", "-r", "-z", "--numstat", "--no-renames"];
        let listed = self
            .look()
            .args(flags)
            .args([a.as_str(), b.as_str()])
            .stdout()?;
        Ok(records(&listed).filter_map(line_count).collect())
    }
}

/// From `<added> TAB <removed> TAB <path>`, with `-` for what is not text.
fn line_count(record: &[u8]) -> Option<LineCount> {
    let mut fields = record.splitn(3, |byte| *byte == b'\t');
    let mut count = || std::str::from_utf8(fields.next()?).ok().map(str::parse);
    let (added, removed) = (count()?.ok(), count()?.ok());
    Some(LineCount {
        path: text(fields.next()?),
        added,
        removed,
    })
}
