//! The raw transcript: what the agent printed, line by line, up to a cap.
//!
//! For people who look for the cause of a failure. Nothing reads it back, so a lost last line is no harm, and a transcript that
//! cannot be written any more (a full disk) does not end the run.

use std::path::Path;

use chant_os::{
    file::{Appender, FileError},
    tree::Source,
};

/// The most bytes a transcript holds, less the closing note.
const CAP: u64 = 64 * 1024 * 1024;

pub(crate) struct Transcript {
    file: Option<Appender>,
    left: u64,
}

impl Transcript {
    pub(crate) fn open(path: &Path) -> Result<Self, FileError> {
        Self::with_cap(path, CAP)
    }

    fn with_cap(path: &Path, left: u64) -> Result<Self, FileError> {
        Ok(Self {
            file: Some(Appender::open(path)?),
            left,
        })
    }

    /// Adds a line. The error is told once; after it nothing more is written.
    pub(crate) fn line(&mut self, source: Source, bytes: &[u8]) -> Result<(), FileError> {
        let Some(file) = &mut self.file else {
            return Ok(());
        };
        let prefix: &[u8] = match source {
            Source::Stdout => b"",
            Source::Stderr => b"stderr: ",
        };
        let size = (prefix.len() + bytes.len()) as u64 + 1;
        let written = if size > self.left {
            let note = file.write_line(b"chant: the transcript is full; what follows is not kept");
            self.file = None;
            note
        } else {
            self.left -= size;
            file.write_line(&[prefix, bytes].concat())
        };
        if written.is_err() {
            self.file = None;
        }
        written
    }
}

/// For tests: the folder with transcripts of real clients, where it is at hand. They are not part of the repository.
#[cfg(test)]
#[expect(clippy::print_stderr, reason = "a test says why it is skipped")]
pub(crate) fn real() -> Option<std::path::PathBuf> {
    let shared = std::env::var_os("CHANT_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        std::path::PathBuf::from,
    );
    let folder = shared.join("agents/transcripts");
    if !folder.is_dir() {
        eprintln!("SKIPPED: no transcripts in {}", folder.display());
        return None;
    }
    Some(folder)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn keeps_lines_up_to_the_cap_and_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("transcript");
        let mut transcript = Transcript::with_cap(&path, 8).unwrap();
        for line in ["one", "two", "three", "x"] {
            transcript.line(Source::Stdout, line.as_bytes()).unwrap();
        }
        drop(transcript);
        let text = std::fs::read_to_string(path).unwrap();
        assert_eq!(
            text,
            "one\ntwo\nchant: the transcript is full; what follows is not kept\n"
        );
    }
}
