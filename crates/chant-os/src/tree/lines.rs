//! Output as lines, in bounded memory.
//!
//! A reader thread turns what it reads into batches of lines and sends them through a bounded channel. When nobody takes them, the thread
//! waits, the pipe fills, and the agent waits in its write: no amount of output costs more than the batches in flight.

use std::{
    io::{self, Read},
    mem,
};

/// Longer lines are cut.
pub const LINE_MAX: usize = 1024 * 1024;

/// What is read at once: as much as a pipe holds.
const READ_SIZE: usize = 64 * 1024;

/// Where a line was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// One line of output, as the bytes it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The line without its `\n`.
    pub bytes: Vec<u8>,
    /// The line was longer than [`LINE_MAX`]; what came after that is gone.
    pub cut: bool,
}

/// Reads `input` to its end and hands over lines in batches, one for each read. A line that is too long is handed over as soon as it is,
/// so that output without any line end counts as a sign of life. Stops early when `take` answers `false`.
pub(super) fn split(
    mut input: impl Read,
    mut take: impl FnMut(Vec<Line>) -> bool,
) -> io::Result<()> {
    let mut buffer = vec![0; READ_SIZE];
    let mut splitter = Splitter::default();
    loop {
        let count = match input.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let lines = splitter.push(&buffer[..count]);
        if !lines.is_empty() && !take(lines) {
            return Ok(());
        }
    }
    if let Some(line) = splitter.finish() {
        take(vec![line]);
    }
    Ok(())
}

/// What is known of the line that has not ended yet.
#[derive(Default)]
struct Splitter {
    partial: Vec<u8>,
    /// The line was handed over already, cut; the rest up to its end is skipped.
    skipping: bool,
}

impl Splitter {
    fn push(&mut self, mut input: &[u8]) -> Vec<Line> {
        let mut lines = Vec::new();
        while let Some(end) = input.iter().position(|byte| *byte == b'\n') {
            self.extend(&input[..end], &mut lines);
            if !mem::take(&mut self.skipping) {
                lines.push(Line {
                    bytes: mem::take(&mut self.partial),
                    cut: false,
                });
            }
            input = &input[end + 1..];
        }
        self.extend(input, &mut lines);
        lines
    }

    fn extend(&mut self, piece: &[u8], lines: &mut Vec<Line>) {
        if self.skipping {
            return;
        }
        let room = LINE_MAX - self.partial.len();
        self.partial
            .extend_from_slice(&piece[..piece.len().min(room)]);
        if piece.len() > room {
            lines.push(Line {
                bytes: mem::take(&mut self.partial),
                cut: true,
            });
            self.skipping = true;
        }
    }

    fn finish(self) -> Option<Line> {
        (!self.partial.is_empty()).then_some(Line {
            bytes: self.partial,
            cut: false,
        })
    }
}
