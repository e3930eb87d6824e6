//! Which spec files there are, and what the file system says of each. Opens none of them.

use std::fs::{self, DirEntry, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{Code, Error, Result};

/// What changes when a file's content changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    modified: i64,
    changed: i64,
}

impl Stamp {
    pub(super) fn of(metadata: &Metadata) -> Self {
        let nanoseconds =
            |seconds: i64, rest: i64| seconds.wrapping_mul(1_000_000_000).wrapping_add(rest);
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            modified: nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
            changed: nanoseconds(metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    /// The last moment at which the file can have changed, in nanoseconds since 1970.
    pub(super) fn newest(&self) -> i64 {
        self.modified.max(self.changed)
    }
}

/// A name in the folders of specs.
#[derive(Debug)]
pub(crate) struct Name {
    /// The file's stem.
    pub id: String,
    /// From the project's root.
    pub path: String,
    /// Whether it lies in the archive.
    pub archived: bool,
    entry: DirEntry,
}

/// A name, and what the file system says of its file, or why that can not be used.
#[derive(Debug)]
pub(super) struct Found {
    pub name: Name,
    pub file: std::result::Result<Stamp, String>,
}

/// Every name of a spec file below a `.chant` folder, by path. Looks at no file.
pub(super) fn names(dot_chant: &Path) -> Result<Vec<Name>> {
    let mut names = Vec::new();
    list(
        &dot_chant.join("specs"),
        ".chant/specs/",
        Place::Specs,
        &mut names,
    )?;
    list(
        &dot_chant.join("archive"),
        ".chant/archive/",
        Place::Archive,
        &mut names,
    )?;
    names.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    Ok(names)
}

/// Asks the file system of every name.
pub(super) fn look(names: Vec<Name>, repository: &Path) -> Vec<Found> {
    let files = super::in_parallel(&names, |name| stamp(name, repository));
    names
        .into_iter()
        .zip(files)
        .map(|(name, file)| Found { name, file })
        .collect()
}

#[derive(Clone, Copy, PartialEq)]
enum Place {
    Specs,
    Archive,
    /// A dated folder in the archive.
    Dated,
}

fn list(folder: &Path, shown: &str, place: Place, names: &mut Vec<Name>) -> Result<()> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(unreadable(folder, &error)),
    };
    for entry in entries {
        let entry = entry.map_err(|error| unreadable(folder, &error))?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if let Some(id) = spec_stem(&name) {
            let path = format!("{shown}{name}");
            names.push(Name {
                id: id.to_owned(),
                path,
                archived: place != Place::Specs,
                entry,
            });
        } else if place == Place::Archive && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            list(
                &entry.path(),
                &format!("{shown}{name}/"),
                Place::Dated,
                names,
            )?;
        }
    }
    Ok(())
}

fn stamp(name: &Name, repository: &Path) -> std::result::Result<Stamp, String> {
    chant_spec::SpecId::parse(&name.id).map_err(|error| error.to_string())?;
    let metadata = name.entry.metadata().map_err(|error| error.to_string())?;
    if metadata.is_symlink() {
        return usable(&name.entry.path(), repository).map(|metadata| Stamp::of(&metadata));
    }
    regular(metadata).map(|metadata| Stamp::of(&metadata))
}

fn unreadable(folder: &Path, error: &io::Error) -> Error {
    Error::new(
        Code::Io,
        format!("failed to list {}: {error}", folder.display()),
    )
}

/// `x` of `x.md`. Hidden files are nobody's specs.
fn spec_stem(name: &str) -> Option<&str> {
    name.strip_suffix(".md")
        .filter(|stem| !stem.is_empty() && !stem.starts_with('.'))
}

/// Whether a path may be opened as a spec: a regular file that, links followed, lies in the repository.
pub(super) fn usable(path: &Path, repository: &Path) -> std::result::Result<Metadata, String> {
    let metadata = fs::symlink_metadata(path).map_err(|error| error.to_string())?;
    if !metadata.is_symlink() {
        return regular(metadata);
    }
    let target = path
        .canonicalize()
        .map_err(|error| format!("a link that leads nowhere: {error}"))?;
    let inside = repository
        .canonicalize()
        .is_ok_and(|root| target.starts_with(root));
    if !inside {
        return Err("a link that leads out of the repository".into());
    }
    regular(fs::metadata(&target).map_err(|error| error.to_string())?)
}

fn regular(metadata: Metadata) -> std::result::Result<Metadata, String> {
    if metadata.is_file() {
        Ok(metadata)
    } else if metadata.is_dir() {
        Err("a folder, not a file".into())
    } else {
        Err("not a regular file".into())
    }
}
