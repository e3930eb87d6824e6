//! The repository's own list of files to ignore, which is in no commit: `info/exclude` in the common git directory.

use std::path::PathBuf;

use chant_os::file;

use crate::{Repo, Result};

/// Far more than anybody writes there.
const LARGEST: u64 = 16 << 20;

impl Repo {
    /// The file.
    pub fn exclude_file(&self) -> PathBuf {
        self.common_dir().join("info/exclude")
    }

    /// Whether a line is in it. No process.
    pub fn is_excluded(&self, line: &str) -> Result<bool> {
        Ok(has(&self.excluded()?, line))
    }

    /// Adds a line, unless it is there; says whether it was added. Every other byte stays. No process.
    pub fn exclude(&self, line: &str) -> Result<bool> {
        let mut bytes = self.excluded()?;
        if has(&bytes, line) {
            return Ok(false);
        }
        if !bytes.is_empty() && !bytes.ends_with(b"\n") {
            bytes.push(b'\n');
        }
        bytes.extend_from_slice(line.as_bytes());
        bytes.push(b'\n');
        self.write_excluded(&bytes)?;
        Ok(true)
    }

    /// Takes a line out, wherever it is; says whether it was there. Every other byte stays. No process.
    pub fn stop_excluding(&self, line: &str) -> Result<bool> {
        let bytes = self.excluded()?;
        if !has(&bytes, line) {
            return Ok(false);
        }
        let kept: Vec<&[u8]> = lines(&bytes)
            .filter(|there| there.trim_ascii_end() != line.as_bytes())
            .collect();
        self.write_excluded(&kept.concat())?;
        Ok(true)
    }

    fn excluded(&self) -> Result<Vec<u8>> {
        match file::read_regular(&self.exclude_file(), LARGEST) {
            Ok(bytes) => Ok(bytes),
            Err(error) if error.is_not_found() => Ok(Vec::new()),
            Err(error) => Err(error.into()),
        }
    }

    fn write_excluded(&self, bytes: &[u8]) -> Result<()> {
        let path = self.exclude_file();
        if let Some(folder) = path.parent() {
            file::create_dir_all(folder)?;
        }
        Ok(file::replace(&path, bytes)?)
    }
}

fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split_inclusive(|byte| *byte == b'\n')
}

fn has(bytes: &[u8], line: &str) -> bool {
    lines(bytes).any(|there| there.trim_ascii_end() == line.as_bytes())
}
