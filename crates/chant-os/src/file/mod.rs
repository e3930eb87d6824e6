//! Durable files: every write in the program goes through here.
//!
//! What this module promises: after a write returned, its bytes survive a power cut; if it failed or the process was killed, the
//! old content is there, complete. There is no moment at which a reader sees half a file. The means: a temporary file in
//! the same folder, fsync, rename, fsync of the folder. A killed process may leave such a temporary file behind; it is
//! recognised by [`is_leftover`] and never read as anything else.
//!
//! Deliberately not here: locking ([`crate::lock`]), and any idea of what a file means.

mod append;
mod error;
mod read;
mod tree;

use std::{
    ffi::OsStr,
    fs::{self, File, Metadata, OpenOptions, Permissions},
    io::{self, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;

pub use append::Appender;
pub use error::FileError;
pub(crate) use read::open_regular;
pub use read::read_regular;
pub use tree::{
    copy_tree, create_dir_all, create_private_dir, free_space, may_write, remove_tree, size_of_tree,
};

/// How the name of every temporary file begins.
const TEMP_PREFIX: &str = ".chant-tmp-";

/// As many links as a path may go through, as in the kernel.
const LINKS_MAX: usize = 40;

/// Whether [`create_new`] made the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Created {
    /// The file is new and complete.
    Yes,
    /// Something of that name was there already; it was not touched.
    Exists,
}

/// Whether a file of this name is a temporary one that a killed process left behind.
pub fn is_leftover(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(TEMP_PREFIX.as_bytes())
}

/// Makes `bytes` the content of `path`. A symbolic link is followed; owner and mode of an existing file are kept; the
/// parent folder must exist. Only a regular file is ever replaced.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    put(path, bytes, None).map_err(|error| FileError::new("write", path, error))
}

/// Like [`replace`], for what only this user may read: the file's mode becomes 0600.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    put(path, bytes, Some(0o600)).map_err(|error| FileError::new("write", path, error))
}

/// Like [`replace`], but not forced to the disk: for a cache that is checked when read and can be made again. A power cut
/// may leave the new file empty; a killed process leaves the old or the new one.
pub fn replace_cache(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let replace = || -> io::Result<()> {
        let (temp, target) = stage(path, bytes, None)?;
        temp.persist(target)
            .map(|_| ())
            .map_err(|refused| refused.error)
    };
    replace().map_err(|error| FileError::new("write", path, error))
}

/// Creates `path` with `bytes`, unless the name is taken, even by a dangling link. Of any number of callers at once,
/// exactly one gets
/// [`Created::Yes`], and nobody sees the file before it is complete.
pub fn create_new(path: &Path, bytes: &[u8]) -> Result<Created, FileError> {
    let create = || -> io::Result<Created> {
        let mut temp = temp_beside(path, 0o666)?;
        temp.as_file_mut().write_all(bytes)?;
        temp.as_file().sync_all()?;
        match temp.persist_noclobber(path) {
            Ok(_) => sync_dir(folder(path)).map(|()| Created::Yes),
            Err(refused) if refused.error.kind() == io::ErrorKind::AlreadyExists => {
                Ok(Created::Exists)
            }
            Err(refused) => Err(refused.error),
        }
    };
    create().map_err(|error| FileError::new("create", path, error))
}

/// Copies content, mode and time of change of the regular file `from` to `to`, which is replaced as a whole.
pub fn copy(from: &Path, to: &Path) -> Result<(), FileError> {
    let mut source =
        read::open_regular(from).map_err(|error| FileError::new("read", from, error))?;
    let mut copy = || -> io::Result<()> {
        let metadata = source.metadata()?;
        let mode = metadata.mode();
        let target = follow_links(to)?;
        existing_regular(&target)?;
        let mut temp = temp_beside(&target, 0o600)?;
        io::copy(&mut source, temp.as_file_mut())?;
        temp.as_file()
            .set_permissions(Permissions::from_mode(mode & 0o7777))?;
        temp.as_file().set_modified(metadata.modified()?)?;
        persist(temp, &target)
    };
    copy().map_err(|error| FileError::new("write", to, error))
}

/// Like [`copy`], but not forced to the disk: for scratch that nobody needs after a power cut.
pub fn copy_scratch(from: &Path, to: &Path) -> Result<(), FileError> {
    let copy = || -> io::Result<()> {
        let mut source = read::open_regular(from)?;
        let changed = source.metadata()?.modified()?;
        let mut target = temp_beside(to, 0o600)?;
        io::copy(&mut source, target.as_file_mut())?;
        target.as_file().set_modified(changed)?;
        target
            .persist(to)
            .map(drop)
            .map_err(|refused| refused.error)
    };
    copy().map_err(|error| FileError::new("write", to, error))
}

/// Like [`rename`], but a power cut may leave the old file: where whoever wrote the new one promises no more.
pub fn rename_lightly(from: &Path, to: &Path) -> Result<(), FileError> {
    fs::rename(from, to).map_err(|error| FileError::new("rename", from, error))
}

/// Renames `from` to `to`, replacing a file of that name, and makes both folders durable.
pub fn rename(from: &Path, to: &Path) -> Result<(), FileError> {
    let rename = || -> io::Result<()> {
        fs::rename(from, to)?;
        sync_dir(folder(to))?;
        if folder(from) == folder(to) {
            Ok(())
        } else {
            sync_dir(folder(from))
        }
    };
    rename().map_err(|error| FileError::new("rename", from, error))
}

/// Gives the file at `from` the second name `to`, which must be free. Content and times are one for both names.
pub fn link(from: &Path, to: &Path) -> Result<(), FileError> {
    fs::hard_link(from, to).map_err(|error| FileError::new("link", to, error))
}

/// Removes the file or link at `path`. That nothing is there counts as done, so a step may be repeated.
pub fn remove_file(path: &Path) -> Result<(), FileError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(FileError::new("remove", path, error))
        }
        _ => Ok(()),
    }
}

/// Makes `path` a symbolic link that leads to `target`. Nothing may be there yet.
pub fn point_to(target: &Path, path: &Path) -> Result<(), FileError> {
    std::os::unix::fs::symlink(target, path)
        .map_err(|error| FileError::new("make the link", path, error))
}

/// Lets everybody who may read `path` also execute it.
pub fn set_executable(path: &Path) -> Result<(), FileError> {
    let set = || -> io::Result<()> {
        let mode = fs::metadata(path)?.mode() & 0o7777;
        fs::set_permissions(path, Permissions::from_mode(mode | (mode & 0o444) >> 2))
    };
    set().map_err(|error| FileError::new("make executable", path, error))
}

fn put(path: &Path, bytes: &[u8], mode: Option<u32>) -> io::Result<()> {
    let (temp, target) = stage(path, bytes, mode)?;
    persist(temp, &target)
}

/// Writes a temporary file that is ready to take the place of the file at the end of `path`'s links, which is returned with it.
fn stage(path: &Path, bytes: &[u8], mode: Option<u32>) -> io::Result<(NamedTempFile, PathBuf)> {
    let target = follow_links(path)?;
    let existing = existing_regular(&target)?;
    // Created with the narrower mode, because what replaces a private file must not be readable even for a moment.
    let narrow = existing.is_some() || mode.is_some();
    let mut temp = temp_beside(&target, if narrow { 0o600 } else { 0o666 })?;
    temp.as_file_mut().write_all(bytes)?;
    if let Some(existing) = existing {
        keep_owner(temp.as_file(), &existing);
        let mode = mode.unwrap_or_else(|| existing.mode() & 0o7777);
        temp.as_file()
            .set_permissions(Permissions::from_mode(mode))?;
    }
    Ok((temp, target))
}

fn persist(temp: NamedTempFile, target: &Path) -> io::Result<()> {
    temp.as_file().sync_all()?;
    temp.persist(target).map_err(|refused| refused.error)?;
    sync_dir(folder(target))
}

/// Opened here and not by the library, whose error would name the temporary file in place of the one the caller knows.
fn temp_beside(path: &Path, mode: u32) -> io::Result<NamedTempFile> {
    let open = |temp: &Path| {
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(mode)
            .open(temp)
    };
    tempfile::Builder::new()
        .prefix(TEMP_PREFIX)
        .make_in(folder(path), open)
}

/// Where a write to `path` ends up: the last target of a chain of links, which need not exist.
fn follow_links(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..LINKS_MAX {
        match fs::read_link(&path) {
            Ok(target) => path = folder(&path).join(target),
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::other("too many symbolic links"))
}

fn existing_regular(path: &Path) -> io::Result<Option<Metadata>> {
    match fs::symlink_metadata(path) {
        Ok(metadata) => read::must_be_regular(&metadata).map(|()| Some(metadata)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// As root, a file that belongs to a user stays that user's. Nobody else can give a file away, so failure is no news.
fn keep_owner(file: &File, existing: &Metadata) {
    let _ = std::os::unix::fs::fchown(file, Some(existing.uid()), Some(existing.gid()));
}

/// Makes names in a folder durable. Some file systems cannot, and a folder may be writable without being readable.
fn sync_dir(dir: &Path) -> io::Result<()> {
    use io::ErrorKind::{InvalidInput, PermissionDenied, Unsupported};
    match File::open(dir).and_then(|dir| dir.sync_all()) {
        Err(error) if !matches!(error.kind(), InvalidInput | PermissionDenied | Unsupported) => {
            Err(error)
        }
        _ => Ok(()),
    }
}

/// The folder that holds `path`; a bare name lies in the current one.
fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}
