//! Every spec of a project, summed up.
//!
//! The files are the truth. A cache spares reading those that have not changed: an entry is believed only if
//! size, times, inode and device are those of the moment it was read, and if that moment was clearly after the
//! last change. Files that can not be used are entries with their error; nothing here ever blocks on one.

mod cache;
mod landed;
mod scan;
mod summary;
#[cfg(test)]
mod tests;

pub(crate) use landed::{entries, settle};
pub(crate) use summary::node_of;
pub use summary::{Finding, Level, Summary};

use std::path::{Path, PathBuf};
use std::thread;

use chant_spec::graph::Node;
use chant_spec::{Document, SpecId};

use crate::error::{Code, Error, Result};
use crate::project::Project;
use cache::Cache;
use scan::{Found, Name, Stamp};

/// A spec longer than this is not read.
pub(crate) const MAX_SPEC: u64 = 64 << 20;

/// So few files are read faster than a cache is written.
const NOT_WORTH_WRITING: usize = 32;

/// So few items are done sooner than a thread is started.
const NOT_WORTH_A_THREAD: usize = 64;

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
        Self::load_at(project, chant_os::clock::since_epoch())
    }

    /// The same, believing that it is `now`, in nanoseconds since 1970.
    fn load_at(project: &Project, now: i64) -> Result<Self> {
        let place = Place {
            now,
            root: project.root(),
            dot_chant: &project.dot_chant(),
            repository: project.repo().root(),
            cache: &project.index_file(),
        };
        place.load()
    }

    /// The entries, by path.
    pub fn into_entries(self) -> Vec<Entry> {
        self.entries
    }
}

/// A spec that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpecRef {
    /// Its id.
    pub id: SpecId,
    /// Its file, from the project's root.
    pub path: String,
    /// Whether it was put away.
    pub archived: bool,
}

/// The names of all spec files, without a look at any of them.
pub(crate) fn names(project: &Project) -> Result<Vec<Name>> {
    scan::names(&project.dot_chant())
}

/// Reads a spec file as listings do: only a regular file that lies in the repository, never blocking.
pub(crate) fn read_file(path: &Path, repository: &Path) -> std::result::Result<Vec<u8>, Finding> {
    scan::usable(path, repository).map_err(|why| Finding::about_file("unusable-file", why))?;
    chant_os::file::read_regular(path, MAX_SPEC)
        .map_err(|error| Finding::about_file("unusable-file", error.to_string()))
}

impl Project {
    /// The content of a spec that is not archived.
    pub fn read_spec(&self, id: &SpecId) -> Result<Vec<u8>> {
        self.read_spec_at(&self.spec_path_from_root(id))
    }

    /// The content of a spec by its path from the project's root.
    pub fn read_spec_at(&self, path: &str) -> Result<Vec<u8>> {
        read_file(&self.root().join(path), self.repo().root()).map_err(|finding| {
            Error::new(Code::SpecInvalid, format!("{path}: {}", finding.message))
        })
    }
}

/// Works through items in their order, many of them on as many threads as there are processors.
pub(crate) fn in_parallel<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    if items.len() < NOT_WORTH_A_THREAD || threads == 1 {
        return items.iter().map(work).collect();
    }
    let work = &work;
    thread::scope(|scope| {
        let parts: Vec<_> = items
            .chunks(items.len().div_ceil(threads))
            .map(|part| scope.spawn(move || part.iter().map(work).collect::<Vec<R>>()))
            .collect();
        let join = |part: thread::ScopedJoinHandle<'_, Vec<R>>| {
            part.join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        parts.into_iter().flat_map(join).collect()
    })
}

struct Place<'a> {
    now: i64,
    root: &'a Path,
    dot_chant: &'a Path,
    repository: &'a Path,
    cache: &'a PathBuf,
}

impl Place<'_> {
    fn load(&self) -> Result<Index> {
        let found = scan::look(scan::names(self.dot_chant)?, self.repository);
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
        let read = in_parallel(&unread, |&at| self.read(&entries[at]));
        for (&at, read) in unread.iter().zip(read) {
            entries[at].fill(read);
        }
        if unread.len().max(cache.unused()) >= NOT_WORTH_WRITING {
            cache::write(self.cache, self.now, &entries);
        }
        Ok(Index { entries })
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
    Ok((
        node_of(&node.id, node.archived, &document),
        Summary::of(&document),
    ))
}

/// What reading one file gives.
type Read = std::result::Result<(Node, Summary), Finding>;

impl Entry {
    /// Reads one spec, without any cache.
    pub(crate) fn read(project: &Project, found: &SpecRef) -> Self {
        let node = summary::unusable_node(found.id.as_str(), found.archived);
        let unread = Err(Finding::about_file("unusable-file", "not read"));
        let mut entry = Self {
            node,
            path: found.path.clone(),
            content: unread,
            stamp: None,
        };
        entry.fill(read(
            &project.root().join(&found.path),
            project.repo().root(),
            &entry.node,
        ));
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
        (
            summary::unusable_node(&found.name.id, found.name.archived),
            Err(unusable),
        )
    });
    Entry {
        node,
        path: found.name.path,
        content,
        stamp,
    }
}
