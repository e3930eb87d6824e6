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
