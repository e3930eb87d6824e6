//! A tree with some files changed, made from the trees it is of: no index, and no process of its own.

use std::collections::BTreeMap;

use crate::folder::{Folder, is_folder};
use crate::tree::{TreeChange, TreeEdit};
use crate::{Oid, Repo, Result};

/// An edit at the rest of its path.
type Edit<'a> = (&'a str, &'a TreeChange);

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
            Grafted::Nothing => self.try_make_tree(Folder::default()),
        })
    }

    /// The folder with its edits; `None` where an index has to be asked.
    fn graft_folder(&self, folder: Option<&Oid>, edits: &[Edit<'_>]) -> Result<Option<Grafted>> {
        let mut entries = match folder {
            None => Folder::default(),
            Some(tree) => match self.folder(tree)? {
                Some(found) => Folder::clone(&found),
                None => return Ok(None),
            },
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
            match change {
                TreeChange::Put { mode, oid } => entries.put(name.as_bytes(), mode, oid.clone()),
                // What is a folder stays: the edit is about a file.
                TreeChange::Remove => {
                    let found = entries.get(name.as_bytes());
                    if found.is_some_and(|(mode, _)| !is_folder(mode)) {
                        entries.remove(name.as_bytes());
                    }
                }
            }
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
                    entries.put(name.as_bytes(), "040000", tree);
                }
                Some(Grafted::Nothing) => {
                    entries.remove(name.as_bytes());
                }
            }
        }
        if entries.is_empty() {
            return Ok(Some(Grafted::Nothing));
        }
        Ok(self.try_make_tree(entries).map(Grafted::Tree))
    }
}
