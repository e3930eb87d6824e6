//! What the specs before a gate left, as one object id: that of a tree of their outputs as they are on the main branch.
//!
//! The tree is worked out, never stored: a fresh clone gets the same id from the same commits.

use std::collections::{BTreeMap, BTreeSet};

use chant_git::Oid;

use crate::error::Result;
use crate::history::{History, Landing};
use crate::index::Entry;
use crate::project::Project;

/// Paths from the project's root.
pub(crate) type Paths = BTreeSet<String>;

/// Mode and object id, by path.
type Files = BTreeMap<String, (String, String)>;

/// So many paths fit into one command line.
const PATHS_AT_ONCE: usize = 500;

/// The main branch and what landed on it.
pub(crate) struct Outputs<'a> {
    project: &'a Project,
    tip: Oid,
    history: History,
}

impl<'a> Outputs<'a> {
    /// As the main branch is now.
    pub(crate) fn load(project: &'a Project) -> Result<Self> {
        let (_, tip) = project.start_point()?;
        let history = History::load(project, &tip)?;
        Ok(Self {
            project,
            tip,
            history,
        })
    }

    /// The main branch's tip.
    pub(crate) fn tip(&self) -> &Oid {
        &self.tip
    }

    /// What landed.
    pub(crate) fn history(&self) -> &History {
        &self.history
    }

    /// How many digits an object id has here.
    pub(crate) fn digits(&self) -> usize {
        self.tip.as_str().len()
    }

    /// What specs left: the outputs of all their landings, or, where none is on record, their target files.
    pub(crate) fn of<'e>(&self, specs: impl IntoIterator<Item = &'e Entry>) -> Paths {
        let mut paths = Paths::new();
        for entry in specs {
            let landings = self.history.all(&entry.node.id);
            let outputs = landings.iter().flat_map(|landing| &landing.outputs);
            paths.extend(outputs.map(|output| output.path.clone()));
            if let (true, Ok(summary)) = (landings.is_empty(), &entry.content) {
                paths.extend(summary.target_files.iter().cloned());
            }
        }
        paths
    }

    /// The id of the tree of these files as they are.
    pub(crate) fn tree(&self, paths: &Paths) -> Result<String> {
        Ok(tree_id(&self.files(&self.tip, paths)?, self.digits()))
    }

    /// The same as if some specs had never landed: what builds on a gate does not take its approval away.
    pub(crate) fn tree_without(&self, paths: &Paths, later: &[&str]) -> Result<String> {
        let mut files = self.files(&self.tip, paths)?;
        let landings = || later.iter().flat_map(|spec| self.history.all(spec));
        for path in paths {
            // Each landing is gone back over once, however they repeat each other.
            let mut changes: Vec<&Landing> = landings().collect();
            while let Some(at) = changes
                .iter()
                .position(|landing| made(landing, path, &files))
            {
                let landing = changes.swap_remove(at);
                let Some(base) = &landing.base else { break };
                let one = Paths::from([path.clone()]);
                files.remove(path);
                files.extend(self.files(base, &one)?);
            }
        }
        Ok(tree_id(&files, self.digits()))
    }

    fn files(&self, commit: &Oid, paths: &Paths) -> Result<Files> {
        let mut files = Files::new();
        let prefix = self.project.prefix_text();
        let all: Vec<String> = paths
            .iter()
            .map(|path| self.project.path_from_repo(path))
            .collect();
        for some in all.chunks(PATHS_AT_ONCE) {
            let some: Vec<&str> = some.iter().map(String::as_str).collect();
            let found = self.project.repo().ls_tree(commit, &some, true)?;
            files.extend(found.into_iter().filter_map(|entry| {
                let path = entry.path.strip_prefix(&prefix)?.to_owned();
                Some((path, (entry.mode, entry.oid.to_string())))
            }));
        }
        if self.project.silent() {
            self.add_untracked(paths, &mut files);
        }
        Ok(files)
    }

    /// In silent mode research is in the checkout alone.
    fn add_untracked(&self, paths: &Paths, files: &mut Files) {
        let (root, repository) = (self.project.root(), self.project.repo().root());
        for path in paths.iter().filter(|path| path.starts_with(".chant/")) {
            if let Ok(bytes) = crate::index::read_file(&root.join(path), repository) {
                let oid = crate::blob_id(&bytes, self.digits());
                files.insert(path.clone(), ("100644".to_owned(), oid));
            }
        }
    }
}

/// Whether a file is as a landing left it.
fn made(landing: &Landing, path: &str, files: &Files) -> bool {
    let now = files.get(path).map(|(_, oid)| oid);
    let mut outputs = landing.outputs.iter();
    outputs.any(|output| output.path == path && output.oid.as_ref() == now)
}

/// The id git has for a tree of these files.
fn tree_id(files: &Files, digits: usize) -> String {
    let files: Vec<(&str, &str, &str)> = files
        .iter()
        .map(|(path, (mode, oid))| (path.as_str(), mode.as_str(), oid.as_str()))
        .collect();
    subtree(&files, digits)
}

/// Files come in the order of their paths, so those of one folder come together.
fn subtree(files: &[(&str, &str, &str)], digits: usize) -> String {
    let mut entries: Vec<(String, String)> = Vec::new();
    let mut rest = files;
    while let Some((path, mode, oid)) = rest.first() {
        let Some((folder, _)) = path.split_once('/') else {
            let mode = mode.trim_start_matches('0');
            entries.push(((*path).to_owned(), format!("{mode} {path} {oid}")));
            rest = &rest[1..];
            continue;
        };
        let inside = |path: &str| {
            let below = path.strip_prefix(folder)?.strip_prefix('/')?;
            Some(path.len() - below.len())
        };
        let count = rest
            .iter()
            .take_while(|file| inside(file.0).is_some())
            .count();
        let below: Vec<(&str, &str, &str)> = rest[..count]
            .iter()
            .map(|(path, mode, oid)| (&path[folder.len() + 1..], *mode, *oid))
            .collect();
        let oid = subtree(&below, digits);
        // Git sorts a folder as if its name ended in a slash.
        entries.push((format!("{folder}/"), format!("40000 {folder} {oid}")));
        rest = &rest[count..];
    }
    entries.sort();
    let mut bytes = Vec::new();
    for (_, entry) in entries {
        if let Some((head, oid)) = entry.rsplit_once(' ') {
            bytes.extend_from_slice(head.as_bytes());
            bytes.push(0);
            bytes.extend(unhex(oid));
        }
    }
    chant_git::object_id("tree", &bytes, digits).to_string()
}

fn unhex(text: &str) -> impl Iterator<Item = u8> + '_ {
    let pairs = (0..text.len() / 2).map(|at| &text[at * 2..at * 2 + 2]);
    pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use chant_testkit::TestRepo;

    use super::*;

    #[test]
    fn a_tree_has_the_id_that_git_gives_it() {
        let repo = TestRepo::new();
        for path in ["a", "a-b/c", "a.b", "a0", "d/e/f", "d/e.g", "d/e0", "d/ü x"] {
            repo.write(path, path);
        }
        repo.commit("files");
        let project = crate::project::Project::open({
            repo.write(".chant/config.md", "---\n---\n");
            repo.path()
        });
        let project = project.unwrap();
        let outputs = Outputs::load(&project).unwrap();
        let all: Paths = repo
            .git(&[
                "-c",
                "core.quotePath=off",
                "ls-files",
                "--",
                "a*",
                "d",
                "README.md",
            ])
            .lines()
            .map(str::to_owned)
            .collect();
        let tree = repo.git(&["rev-parse", "HEAD^{tree}"]);
        assert_eq!(outputs.tree(&all).unwrap(), tree.trim());
        let folder = Paths::from(["d".to_owned()]);
        let with_folder = outputs.tree(&folder).unwrap();
        let below: Paths = all
            .into_iter()
            .filter(|path| path.starts_with("d/"))
            .collect();
        assert_eq!(outputs.tree(&below).unwrap(), with_folder);
    }
}
