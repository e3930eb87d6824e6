//! `.git/info/exclude`: what this clone ignores without telling anybody.

use std::path::PathBuf;

use chant_os::file;

use crate::{Repo, Result};

impl Repo {
    fn exclude_file(&self) -> PathBuf {
        self.common_dir().join("info").join("exclude")
    }

    /// The lines of the exclude file; none where there is no file.
    fn exclude_text(&self) -> Result<String> {
        let path = self.exclude_file();
        if !path.exists() {
            return Ok(String::new());
        }
        Ok(String::from_utf8_lossy(&file::read_regular(&path, 1 << 24)?).into_owned())
    }

    /// Whether a line is there. No process.
    pub fn is_excluded(&self, line: &str) -> Result<bool> {
        Ok(self
            .exclude_text()?
            .lines()
            .any(|known| known.trim_end() == line))
    }

    /// Adds a line, once. No process.
    pub fn exclude(&self, line: &str) -> Result<()> {
        let mut text = self.exclude_text()?;
        if text.lines().any(|known| known.trim_end() == line) {
            return Ok(());
        }
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        text.push_str(line);
        text.push('\n');
        file::create_dir_all(&self.common_dir().join("info"))?;
        Ok(file::replace(&self.exclude_file(), text.as_bytes())?)
    }

    /// Removes a line, wherever it is. No process.
    pub fn unexclude(&self, line: &str) -> Result<()> {
        let text = self.exclude_text()?;
        let kept: String = text
            .split_inclusive('\n')
            .filter(|known| known.trim_end() != line)
            .collect();
        if kept == text {
            Ok(())
        } else {
            Ok(file::replace(&self.exclude_file(), kept.as_bytes())?)
        }
    }

    /// Whether git ignores a path. One process.
    pub fn is_ignored(&self, path: &str) -> Result<bool> {
        self.git("check-ignore").args(["-q", "--", path]).yes()
    }

    /// Whether git has anything at or below a path, in the index of this work tree. One process.
    pub fn is_tracked(&self, path: &str) -> Result<bool> {
        Ok(!self
            .git("ls-files")
            .args(["-z", "--", path])
            .bytes()?
            .is_empty())
    }
}
