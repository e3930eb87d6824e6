//! Folders: made durably, removed completely.

use std::{
    fs::{self, Permissions},
    io,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::Path,
};

use super::{FileError, folder, sync_dir};

/// Creates `path` and the folders above it where missing, each of them durably.
pub fn create_dir_all(path: &Path) -> Result<(), FileError> {
    create(path).map_err(|error| FileError::new("create the folder", path, error))
}

fn create(path: &Path) -> io::Result<()> {
    if path.as_os_str().is_empty() || path.is_dir() {
        return Ok(());
    }
    create(folder(path))?;
    match fs::create_dir(path) {
        // Another process was faster.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        Err(error) => Err(error),
        Ok(()) => sync_dir(folder(path)),
    }
}

/// Creates a folder that nobody else may look into, where nothing is. Not forced to the disk: for what nobody misses
/// after a crash.
pub fn create_private_dir(path: &Path) -> Result<(), FileError> {
    let mut builder = fs::DirBuilder::new();
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(path)
        .map_err(|error| FileError::new("create the folder", path, error))
}

/// Whether this process might write the file, or make it where it is not: as far as the rights of files go.
pub fn may_write(path: &Path) -> bool {
    let nearest = path.ancestors().find(|path| path.exists());
    nearest.is_some_and(|path| rustix::fs::access(path, rustix::fs::Access::WRITE_OK).is_ok())
}

/// Removes the folder at `path` with all that is in it; links are removed, never followed. That nothing is there counts as done.
/// Folders that were made read-only, as some package caches are, do not stop it.
pub fn remove_tree(path: &Path) -> Result<(), FileError> {
    let removed = match fs::remove_dir_all(path) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            make_writable(path).and_then(|()| fs::remove_dir_all(path))
        }
        other => other,
    };
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(FileError::new("remove", path, error))
        }
        _ => Ok(()),
    }
}

/// Copies a file, or a folder with all that is in it, to where nothing is. Links stay links, with the same target; what
/// is neither file, folder nor link is left out. Not forced to the disk: for what can be copied again.
pub fn copy_tree(from: &Path, to: &Path) -> Result<(), FileError> {
    copy_any(from, to).map_err(|error| FileError::new("copy", from, error))
}

fn copy_any(from: &Path, to: &Path) -> io::Result<()> {
    let kind = fs::symlink_metadata(from)?.file_type();
    if kind.is_symlink() {
        std::os::unix::fs::symlink(fs::read_link(from)?, to)
    } else if kind.is_dir() {
        fs::create_dir(to)?;
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            copy_any(&entry.path(), &to.join(entry.file_name()))?;
        }
        Ok(())
    } else if kind.is_file() {
        fs::copy(from, to).map(drop)
    } else {
        Ok(())
    }
}

/// How many bytes the file system that `path` lies on, or would, has left for this user.
pub fn free_space(path: &Path) -> Result<u64, FileError> {
    let existing = path.ancestors().find(|path| path.exists());
    let existing = existing.unwrap_or(Path::new("/"));
    let found = rustix::fs::statvfs(existing)
        .map_err(|error| FileError::new("look at the disk of", path, error.into()))?;
    Ok(found.f_bavail.saturating_mul(found.f_frsize))
}

/// How many bytes the files below `path` take on the disk. What cannot be looked at counts as nothing; links are not followed.
pub fn size_of_tree(path: &Path) -> u64 {
    let Ok(found) = fs::symlink_metadata(path) else {
        return 0;
    };
    let own = found.blocks() * 512;
    if !found.is_dir() {
        return own;
    }
    let below = fs::read_dir(path).into_iter().flatten().flatten();
    own + below.map(|entry| size_of_tree(&entry.path())).sum::<u64>()
}

fn make_writable(dir: &Path) -> io::Result<()> {
    let mode = fs::symlink_metadata(dir)?.mode() & 0o7777;
    fs::set_permissions(dir, Permissions::from_mode(mode | 0o700))?;
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            make_writable(&entry.path())?;
        }
    }
    Ok(())
}
