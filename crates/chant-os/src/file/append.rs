//! Logs: files that only ever grow, line by line.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use super::{FileError, read::must_be_regular};

/// A file that is written only at its end. A line is written with one call, so lines of several writers do not mix.
#[derive(Debug)]
pub struct Appender {
    path: PathBuf,
    file: File,
    buffer: Vec<u8>,
}

impl Appender {
    /// Opens `path` for appending and creates it where missing. A last line that a crash cut short is closed first, so that
    /// the next one stands on its own.
    pub fn open(path: &Path) -> Result<Self, FileError> {
        let open = || -> io::Result<File> {
            let mut file = OpenOptions::new()
                .read(true)
                .append(true)
                .create(true)
                .open(path)?;
            let metadata = file.metadata()?;
            must_be_regular(&metadata)?;
            if metadata.len() > 0 && last_byte(&file, metadata.len())? != b'\n' {
                file.write_all(b"\n")?;
            }
            Ok(file)
        };
        let file = open().map_err(|error| FileError::new("open", path, error))?;
        Ok(Self {
            path: path.to_owned(),
            file,
            buffer: Vec::new(),
        })
    }

    /// Appends `line`, which holds no line end of its own, and a line end. Survives the death of this process; a power cut only
    /// after [`Appender::sync`].
    pub fn write_line(&mut self, line: &[u8]) -> Result<(), FileError> {
        self.buffer.clear();
        self.buffer.extend_from_slice(line);
        self.buffer.push(b'\n');
        self.file
            .write_all(&self.buffer)
            .map_err(|error| FileError::new("write", &self.path, error))
    }

    /// Makes everything written so far durable.
    pub fn sync(&mut self) -> Result<(), FileError> {
        self.file
            .sync_data()
            .map_err(|error| FileError::new("write", &self.path, error))
    }
}

fn last_byte(file: &File, len: u64) -> io::Result<u8> {
    let mut byte = [0];
    file.read_exact_at(&mut byte, len - 1)?;
    Ok(byte[0])
}
