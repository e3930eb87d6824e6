//! Every spec of a project, summed up.
//!
//! The files are the truth. A cache spares reading those that have not changed: an entry is believed only if
//! size, times, inode and device are those of the moment it was read, and if that moment was clearly after the
//! last change. Files that can not be used are entries with their error; nothing here ever blocks on one.

mod cache;
mod scan;
mod summary;
#[cfg(test)]
mod tests;

pub use summary::{Finding, Level, Summary};
pub(crate) use summary::node_of;

use std::path::{Path, PathBuf};
use std::thread;

use chant_spec::Document;
use chant_spec::graph::Node;

use crate::error::Result;
use crate::project::Project;
use crate::resolve::SpecRef;
use cache::Cache;
use scan::{Found, Stamp};

/// A spec longer than this is not read.
pub(crate) const MAX_SPEC: u64 = 64 << 20;

/// So few files are read faster than a cache is written.
const NOT_WORTH_WRITING: usize = 32;

/// One spec file.
#[derive(Debug)]
pub struct Entry {
    /// Id, kind, status, dependencies: what readiness is worked out from. The id is the file's stem, and valid
    /// unless `content` is an error.
    pub node: Node,
    /// From the project's root.
    pub path: String,
    /// What else it says, or why it can not be used.
    pub content: std::result::Result<Summary, Finding>,
    stamp: Option<Stamp>,
}

/// Every spec file of a project, by path.
#[derive(Debug)]
pub struct Index {
    entries: Vec<Entry>,
}

impl Index {
    /// Brings the index up to date with the files.
    pub fn load(project: &Project) -> Result<Self> {
        let place = Place {
            root: project.root(),
            dot_chant: &project.dot_chant(),
            repository: project.repo().root(),
            cache: &project.index_file(),
        };
        place.load()
    }

    /// The entries, by path.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entries, by path.
    pub fn into_entries(self) -> Vec<Entry> {
        self.entries
    }
}

/// The ids of all specs, with their paths, without reading any file.
pub(crate) fn names(project: &Project) -> Result<Vec<(String, String, bool)>> {
    let found = scan::scan(&project.dot_chant(), project.repo().root())?;
    Ok(found.into_iter().map(|found| (found.id, found.path, found.archived)).collect())
}

/// Reads a spec file as listings do: only a regular file that lies in the repository, never blocking.
pub(crate) fn read_file(path: &Path, repository: &Path) -> std::result::Result<Vec<u8>, Finding> {
    scan::usable(path, repository).map_err(|why| Finding::about_file("unusable-file", why))?;
    chant_os::file::read_regular(path, MAX_SPEC)
        .map_err(|error| Finding::about_file("unusable-file", error.to_string()))
}

struct Place<'a> {
    root: &'a Path,
    dot_chant: &'a Path,
    repository: &'a Path,
    cache: &'a PathBuf,
}

impl Place<'_> {
    fn load(&self) -> Result<Index> {
        let now = chant_os::clock::since_epoch();
        let found = scan::scan(self.dot_chant, self.repository)?;
        let mut cache = Cache::read(self.cache);
        let mut entries = Vec::with_capacity(found.len());
        let mut unread = Vec::new();
        for found in found {
            let known = cache.take(&found);
            if known.is_none() {
                unread.push(entries.len());
            }
            entries.push(entry(found, known));
        }
        self.read_all(&mut entries, &unread);
        if unread.len().max(cache.left()) >= NOT_WORTH_WRITING {
            cache::write(self.cache, now, &entries);
        }
        Ok(Index { entries })
    }

    /// Reads the files at these positions, on as many threads as there are processors.
    fn read_all(&self, entries: &mut [Entry], unread: &[usize]) {
        if unread.len() < NOT_WORTH_WRITING {
            for &at in unread {
                let read = self.read(&entries[at]);
                entries[at].fill(read);
            }
            return;
        }
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let shared: &[Entry] = entries;
        let read: Vec<(usize, Read)> = thread::scope(|scope| {
            let parts: Vec<_> = unread
                .chunks(unread.len().div_ceil(threads))
                .map(|part| {
                    scope.spawn(move || part.iter().map(|&at| (at, self.read(&shared[at]))).collect::<Vec<_>>())
                })
                .collect();
            parts.into_iter().flat_map(|part| part.join().unwrap_or_default()).collect()
        });
        for (at, read) in read {
            entries[at].fill(read);
        }
    }

    fn read(&self, entry: &Entry) -> Read {
        match (entry.stamp, &entry.content) {
            (None, Err(why)) => Err(why.clone()),
            _ => read(&self.root.join(&entry.path), self.repository, &entry.node),
        }
    }
}

fn read(path: &Path, repository: &Path, node: &Node) -> Read {
    let bytes = read_file(path, repository)?;
    let document = Document::parse(bytes).map_err(|diagnostics| Finding::first(&diagnostics))?;
    Ok((node_of(&node.id, node.archived, &document), Summary::of(&document)))
}

/// What reading one file gives.
type Read = std::result::Result<(Node, Summary), Finding>;

impl Entry {
    /// Reads one spec, without any cache.
    pub(crate) fn read(project: &Project, found: &SpecRef) -> Self {
        let node = summary::unusable_node(found.id.as_str(), found.archived);
        let unread = Err(Finding::about_file("unusable-file", "not read"));
        let mut entry = Self { node, path: found.path.clone(), content: unread, stamp: None };
        entry.fill(read(&project.root().join(&found.path), project.repo().root(), &entry.node));
        entry
    }

    fn fill(&mut self, read: Read) {
        match read {
            Ok((node, summary)) => {
                self.node = node;
                self.content = Ok(summary);
            }
            Err(finding) => self.content = Err(finding),
        }
    }
}

fn entry(found: Found, known: Option<(Node, std::result::Result<Summary, Finding>)>) -> Entry {
    let (stamp, why) = match found.file {
        Ok(stamp) => (Some(stamp), "not read".to_owned()),
        Err(why) => (None, why),
    };
    let (node, content) = known.unwrap_or_else(|| {
        let unusable = Finding::about_file("unusable-file", why);
        (summary::unusable_node(&found.id, found.archived), Err(unusable))
    });
    Entry { node, path: found.path, content, stamp }
}
