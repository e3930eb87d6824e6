//! What can go wrong with a file, in one sentence that names it.

use std::{
    error::Error,
    fmt, io,
    path::{Path, PathBuf},
};

/// An operation on a file that failed: what was tried, on which path, and why not.
///
/// The message carries the cause, so `source` is not offered a second time through [`Error::source`].
#[derive(Debug)]
pub struct FileError {
    action: &'static str,
    path: PathBuf,
    source: io::Error,
}

impl FileError {
    pub(crate) fn new(action: &'static str, path: &Path, source: io::Error) -> Self {
        Self {
            action,
            path: path.to_owned(),
            source,
        }
    }

    /// The file it was about.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What was tried, as a verb: `write`, `read`, `lock`.
    pub fn action(&self) -> &'static str {
        self.action
    }

    /// The operating system's word for the cause.
    pub fn kind(&self) -> io::ErrorKind {
        self.source.kind()
    }

    /// Nothing is there.
    pub fn is_not_found(&self) -> bool {
        self.kind() == io::ErrorKind::NotFound
    }

    /// There is no room left, on the disk or in the user's quota.
    pub fn is_disk_full(&self) -> bool {
        matches!(
            self.kind(),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
        )
    }

    /// The file, its folder or the whole file system does not let this user write.
    pub fn is_read_only(&self) -> bool {
        matches!(
            self.kind(),
            io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied
        )
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "failed to {} {}: {}",
            self.action,
            self.path.display(),
            self.source
        )
    }
}

impl Error for FileError {}
