//! What the records are compared with: the files of a commit or of the work tree, each with its object id.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::PathBuf;
use std::rc::Rc;

use chant_git::{Head, Oid, Repo};
use globset::GlobBuilder;

use super::report::Compared;
use crate::error::{Code, Error, Result};
use crate::inputs::spec_of_path;
use crate::project::Project;

/// A file that is larger is not an input.
const LARGEST: u64 = 16 << 20;

/// What to compare with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Basis {
    /// The work tree where the main branch is checked out, else the main branch's tip.
    #[default]
    Usual,
    /// The work tree, whatever is checked out.
    WorkTree,
    /// The main branch's tip.
    Tip,
    /// A commit, by any name of it.
    Commit(String),
}

/// What is at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Thing {
    File(String),
    Folder,
    Link,
    Submodule,
    Nothing,
}

impl Thing {
    pub(super) fn oid(&self) -> Option<&str> {
        match self {
            Self::File(oid) => Some(oid),
            _ => None,
        }
    }
}

/// Every file that counts, by path from the project's root.
pub(super) struct State {
    files: Vec<(String, Thing)>,
    /// Where the spec of an id lies, and its content.
    specs: HashMap<String, usize>,
    /// Where files are looked for that git does not know: in the work tree only.
    disk: Option<PathBuf>,
    digits: usize,
    expanded: RefCell<HashMap<String, Rc<Vec<String>>>>,
    /// The commit whose landings count.
    pub(super) at: Oid,
    /// Whether exactly the main branch's tip is compared with.
    pub(super) is_tip: bool,
    pub(super) compared: Compared,
}

/// Which tree to read, and of what.
struct Place {
    tree: Oid,
    at: Oid,
    in_work_tree: bool,
}

impl State {
    /// Reads the state. At most seven processes.
    pub(super) fn read(project: &Project, basis: &Basis) -> Result<Self> {
        let repo = project.repo();
        let (main, tip) = project.start_point()?;
        let place = match basis {
            Basis::Commit(name) => commit(repo, name)?,
            Basis::WorkTree => work_tree(repo, repo.head()?.oid().unwrap_or(&tip).clone())?,
            Basis::Usual if matches!(repo.head()?, Head::Branch(name, _) if name == main) => {
                work_tree(repo, tip.clone())?
            }
            Basis::Usual | Basis::Tip => of_commit(tip.clone()),
        };
        let is_tip =
            place.at == tip && (!place.in_work_tree || place.tree == repo.tree_of(&tip)?);
        let mut files = tracked(project, &place.tree)?;
        if project.silent() {
            files.extend(untracked_notes(project, place.at.as_str().len()));
        }
        files.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        files.dedup_by(|later, first| later.0 == first.0);
        let compared = Compared {
            with: if place.in_work_tree {
                "worktree"
            } else {
                "commit"
            },
            commit: place.at.to_string(),
            branch: main.to_string(),
        };
        Ok(Self {
            specs: spec_files(&files),
            files,
            disk: place.in_work_tree.then(|| project.root().to_owned()),
            digits: place.at.as_str().len(),
            expanded: RefCell::default(),
            at: place.at,
            is_tip,
            compared,
        })
    }

    /// How many digits an object id has here.
    pub(super) fn digits(&self) -> usize {
        self.digits
    }

    /// Whether what is not committed counts.
    pub(super) fn in_work_tree(&self) -> bool {
        self.disk.is_some()
    }

    /// What is at a path.
    pub(super) fn find(&self, path: &str) -> Thing {
        if let Ok(at) = self.position(path) {
            return self.files[at].1.clone();
        }
        if !self.inside(path).is_empty() {
            return Thing::Folder;
        }
        self.on_disk(path)
    }

    /// Where the spec of an id lies, with the object id of its file.
    pub(super) fn spec(&self, id: &str) -> Option<(&str, &str)> {
        let (path, thing) = &self.files[*self.specs.get(id)?];
        Some((path, thing.oid()?))
    }

    /// The files that an entry of a spec names: itself, what lies in the folder, or what the glob matches.
    pub(super) fn named_by(&self, entry: &str) -> Rc<Vec<String>> {
        if let Some(known) = self.expanded.borrow().get(entry) {
            return Rc::clone(known);
        }
        let names = Rc::new(self.expand(entry));
        self.expanded
            .borrow_mut()
            .insert(entry.to_owned(), Rc::clone(&names));
        names
    }

    fn expand(&self, entry: &str) -> Vec<String> {
        let Ok(path) = chant_spec::repo_path(entry.trim_end_matches('/')) else {
            return Vec::new();
        };
        let text = path.as_str();
        if matches!(self.find(text), Thing::File(_)) {
            return vec![text.to_owned()];
        }
        let plain = |(path, thing): &&(String, Thing)| thing.oid().is_some() && !path.is_empty();
        let Some(magic) = text.find(['*', '?', '[', '{']) else {
            return self.inside(text).iter().filter(plain).map(name).collect();
        };
        let Ok(glob) = GlobBuilder::new(text).literal_separator(true).build() else {
            return Vec::new();
        };
        let glob = glob.compile_matcher();
        let begin = &text[..magic];
        let from = self
            .files
            .partition_point(|(path, _)| path.as_str() < begin);
        self.files[from..]
            .iter()
            .take_while(|(path, _)| path.starts_with(begin))
            .filter(plain)
            .filter(|(path, _)| glob.is_match(path))
            .map(name)
            .collect()
    }

    fn position(&self, path: &str) -> std::result::Result<usize, usize> {
        self.files
            .binary_search_by(|(name, _)| name.as_str().cmp(path))
    }

    fn inside(&self, folder: &str) -> &[(String, Thing)] {
        let begin = format!("{folder}/");
        let from = self.files.partition_point(|(path, _)| *path < begin);
        let count = self.files[from..].partition_point(|(path, _)| path.starts_with(&begin));
        &self.files[from..from + count]
    }

    /// What git does not know can still be an input: a note that is ignored, for example.
    fn on_disk(&self, path: &str) -> Thing {
        let Some(root) = &self.disk else {
            return Thing::Nothing;
        };
        let path = root.join(path);
        match std::fs::symlink_metadata(&path) {
            Ok(found) if found.is_dir() => Thing::Folder,
            Ok(found) if found.is_symlink() => Thing::Link,
            Ok(_) => chant_os::file::read_regular(&path, LARGEST).map_or(Thing::Nothing, |bytes| {
                Thing::File(crate::blob_id(&bytes, self.digits))
            }),
            Err(_) => Thing::Nothing,
        }
    }
}

fn name((path, _): &(String, Thing)) -> String {
    path.clone()
}

fn of_commit(commit: Oid) -> Place {
    Place {
        tree: commit.clone(),
        at: commit,
        in_work_tree: false,
    }
}

fn work_tree(repo: &Repo, at: Oid) -> Result<Place> {
    Ok(Place {
        tree: repo.snapshot()?,
        at,
        in_work_tree: true,
    })
}

fn commit(repo: &Repo, name: &str) -> Result<Place> {
    match repo.resolve(&format!("{name}^{{commit}}"))? {
        Some(oid) => Ok(of_commit(oid)),
        None => Err(
            Error::new(Code::Usage, format!("--at: there is no commit {name:?}"))
                .hint("name a commit as git does: an id, a branch, a tag, main~2"),
        ),
    }
}

fn tracked(project: &Project, tree: &Oid) -> Result<Vec<(String, Thing)>> {
    let prefix = project.prefix_text();
    let entries = project.repo().ls_tree(tree, &[], true)?;
    Ok(entries
        .into_iter()
        .filter_map(|entry| {
            let thing = if entry.is_file() {
                Thing::File(entry.oid.into())
            } else if entry.is_link() {
                Thing::Link
            } else {
                Thing::Submodule
            };
            let path = if prefix.is_empty() {
                entry.path
            } else {
                entry.path.strip_prefix(&prefix)?.to_owned()
            };
            Some((path, thing))
        })
        .collect())
}

/// In silent mode git has nothing of `.chant/`: what lies there is read from the files.
fn untracked_notes(project: &Project, digits: usize) -> Vec<(String, Thing)> {
    ignore::WalkBuilder::new(project.dot_chant())
        .standard_filters(false)
        .follow_links(false)
        .build()
        .flatten()
        .filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()))
        .filter_map(|entry| {
            let path = entry.path().strip_prefix(project.root()).ok()?.to_str()?;
            let bytes = chant_os::file::read_regular(entry.path(), LARGEST).ok()?;
            Some((path.to_owned(), Thing::File(crate::blob_id(&bytes, digits))))
        })
        .collect()
}

/// Where a spec lies twice, the one that was not put away counts.
fn spec_files(files: &[(String, Thing)]) -> HashMap<String, usize> {
    let mut specs = HashMap::new();
    let begin = files.partition_point(|(path, _)| path.as_str() < ".chant/");
    for (at, (path, _)) in files.iter().enumerate().skip(begin) {
        if !path.starts_with(".chant/") {
            break;
        }
        if let Some(id) = spec_of_path(path) {
            // `archive` comes before `specs`.
            specs.insert(id.to_string(), at);
        }
    }
    specs
}
