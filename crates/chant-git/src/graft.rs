//! A tree with some files changed, made from the trees it is of: no index, and no process of its own.

use std::collections::BTreeMap;

use crate::object::raw_entries;
use crate::tree::{TreeChange, TreeEdit};
use crate::{Oid, Repo, Result};

/// An edit at the rest of its path.
type Edit<'a> = (&'a str, &'a TreeChange);

/// What a folder holds, by name.
type Entries = BTreeMap<Vec<u8>, (String, Oid)>;

/// What became of a folder.
enum Grafted {
    /// This tree.
    Tree(Oid),
    /// Nothing is left in it.
    Nothing,
}

impl Repo {
    /// The tree that `base` becomes by these edits; `None` where an index has to be asked.
    pub(crate) fn graft(&self, base: Option<&Oid>, edits: &[TreeEdit]) -> Result<Option<Oid>> {
        let edits: Vec<Edit<'_>> = edits
            .iter()
            .map(|edit| (edit.path.as_str(), &edit.change))
            .collect();
        let base = base.map(|base| self.tree_of(base)).transpose()?;
        let Some(grafted) = self.graft_folder(base.as_ref(), &edits)? else {
            return Ok(None);
        };
        Ok(match grafted {
            Grafted::Tree(tree) => Some(tree),
            Grafted::Nothing => self.try_make_tree(Vec::new()),
        })
    }

    /// The folder with its edits; `None` where an index has to be asked.
    fn graft_folder(&self, folder: Option<&Oid>, edits: &[Edit<'_>]) -> Result<Option<Grafted>> {
        let Some(mut entries) = self.entries_of(folder)? else {
            return Ok(None);
        };
        let mut below: BTreeMap<&str, Vec<Edit<'_>>> = BTreeMap::new();
        let mut here: BTreeMap<&str, &TreeChange> = BTreeMap::new();
        for (path, change) in edits {
            match path.split_once('/') {
                Some((name, rest)) => below.entry(name).or_default().push((rest, change)),
                None => {
                    here.insert(path, change);
                }
            }
        }
        if here.keys().any(|name| below.contains_key(name)) {
            // A file and a folder of one name: which one is meant depends on the order.
            return Ok(None);
        }
        for (name, change) in here {
            put(&mut entries, name, change);
        }
        for (name, edits) in below {
            let at = entries.get(name.as_bytes());
            let folder = at
                .filter(|(mode, _)| is_folder(mode))
                .map(|(_, oid)| oid.clone());
            let only_removes = edits
                .iter()
                .all(|(_, change)| **change == TreeChange::Remove);
            if folder.is_none() && only_removes {
                continue;
            }
            match self.graft_folder(folder.as_ref(), &edits)? {
                None => return Ok(None),
                Some(Grafted::Tree(tree)) => {
                    entries.insert(name.into(), ("40000".to_owned(), tree));
                }
                Some(Grafted::Nothing) => {
                    entries.remove(name.as_bytes());
                }
            }
        }
        if entries.is_empty() {
            return Ok(Some(Grafted::Nothing));
        }
        let entries: Vec<(String, Vec<u8>, Oid)> = entries
            .into_iter()
            .map(|(name, (mode, oid))| (mode, name, oid))
            .collect();
        Ok(self.try_make_tree(entries).map(Grafted::Tree))
    }

    fn entries_of(&self, folder: Option<&Oid>) -> Result<Option<Entries>> {
        let Some(oid) = folder else {
            return Ok(Some(Entries::new()));
        };
        let Some(tree) = self
            .object(oid.as_str())?
            .filter(|object| object.kind == "tree")
        else {
            return Ok(None);
        };
        let length = oid.as_str().len() / 2;
        let mut entries = Entries::new();
        for (mode, name, id) in raw_entries(&tree.bytes, length) {
            let mode = String::from_utf8_lossy(mode).into_owned();
            entries.insert(name.to_vec(), (mode, crate::object::hex(id).parse()?));
        }
        Ok(Some(entries))
    }
}

fn put(entries: &mut Entries, name: &str, change: &TreeChange) {
    match change {
        TreeChange::Put { mode, oid } => {
            entries.insert(name.into(), (mode.clone(), oid.clone()));
        }
        TreeChange::Remove => {
            if entries
                .get(name.as_bytes())
                .is_some_and(|(mode, _)| !is_folder(mode))
            {
                entries.remove(name.as_bytes());
            }
        }
    }
}

pub(crate) fn is_folder(mode: &str) -> bool {
    matches!(mode, "40000" | "040000")
}
