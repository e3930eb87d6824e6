//! Reading a file that a stranger may have put there.
//!
//! A name in a repository can lead to a FIFO that blocks for ever, a device whose mere opening acts, a folder, or
//! something endless. Nothing but a regular file of a stated size is read.

use std::{
    fs::{self, File, Metadata, OpenOptions},
    io::{self, Read},
    os::unix::fs::{FileTypeExt, OpenOptionsExt},
    path::Path,
};

use rustix::fs::OFlags;

use super::FileError;

/// The content of the regular file at `path`, or at the end of its links. More than `max` bytes is an error, never a cut.
pub fn read_regular(path: &Path, max: u64) -> Result<Vec<u8>, FileError> {
    read(path, max).map_err(|error| FileError::new("read", path, error))
}

fn read(path: &Path, max: u64) -> io::Result<Vec<u8>> {
    let file = open_regular(path)?;
    let size = file.metadata()?.len();
    let mut bytes = Vec::with_capacity(usize::try_from(size.min(max)).unwrap_or(0));
    // One byte more than allowed tells "too large" from "just fits", even if the file grows meanwhile.
    file.take(max.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > max {
        let message = format!("larger than the {max} bytes that are read");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    Ok(bytes)
}

/// Opens a regular file without ever blocking. The first look spares devices the opening, the second one counts: the name may
/// have come to mean another file in between, and then `O_NONBLOCK` keeps a FIFO from blocking.
pub(crate) fn open_regular(path: &Path) -> io::Result<File> {
    must_be_regular(&fs::metadata(path)?)?;
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits().cast_signed())
        .open(path)?;
    must_be_regular(&file.metadata()?)?;
    Ok(file)
}

pub(super) fn must_be_regular(metadata: &Metadata) -> io::Result<()> {
    let kind = metadata.file_type();
    let (error, what) = if kind.is_file() {
        return Ok(());
    } else if kind.is_dir() {
        (io::ErrorKind::IsADirectory, "a folder")
    } else if kind.is_fifo() {
        (io::ErrorKind::InvalidInput, "a FIFO")
    } else if kind.is_socket() {
        (io::ErrorKind::InvalidInput, "a socket")
    } else {
        (io::ErrorKind::InvalidInput, "a device")
    };
    Err(io::Error::new(error, format!("{what}, not a regular file")))
}
