//! Output as lines, in bounded memory.
//!
//! A reader thread turns what it reads into batches of lines and sends them through a bounded channel. When nobody takes
//! them, the thread waits, the pipe fills, and the agent waits in its write: no amount of output costs more than the
//! batches in flight.

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

/// Reads `input` to its end and hands over lines in batches, one for each read. A line that is too long is handed over as
/// soon as it is, so that output without any line end counts as a sign of life. Stops early when `take` answers `false`.
pub(crate) fn split(input: impl Read, take: impl FnMut(Vec<Line>) -> bool) -> io::Result<()> {
    split_longer(input, LINE_MAX, take)
}

/// The same, where lines may have `max` bytes.
pub(crate) fn split_longer(
    mut input: impl Read,
    max: usize,
    mut take: impl FnMut(Vec<Line>) -> bool,
) -> io::Result<()> {
    let mut buffer = vec![0; READ_SIZE];
    let mut splitter = Splitter::new(max);
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
struct Splitter {
    max: usize,
    partial: Vec<u8>,
    /// The line was handed over already, cut; the rest up to its end is skipped.
    skipping: bool,
}

impl Splitter {
    fn new(max: usize) -> Self {
        Self {
            max,
            partial: Vec::new(),
            skipping: false,
        }
    }

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
        let room = self.max - self.partial.len();
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

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    /// Hands out its text in pieces of a given size.
    struct Pieces<'a>(&'a [u8], usize);

    impl Read for Pieces<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.1.min(self.0.len());
            buffer[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    fn check(input: &[u8], expect: &[(&[u8], bool)]) {
        for size in [1, 2, 3, READ_SIZE] {
            if size < 4 && input.len() > 1000 {
                continue;
            }
            let mut lines = Vec::new();
            split(Pieces(input, size), |batch| {
                lines.extend(batch);
                true
            })
            .unwrap();
            let found: Vec<_> = lines
                .iter()
                .map(|line| (&line.bytes[..], line.cut))
                .collect();
            assert!(found == expect, "read in pieces of {size}");
        }
    }

    #[test]
    fn lines_do_not_depend_on_how_they_were_read() {
        check(b"", &[]);
        check(b"a", &[(b"a", false)]);
        check(b"a\n", &[(b"a", false)]);
        check(
            b"a\n\nb\r\nc",
            &[(b"a", false), (b"", false), (b"b\r", false), (b"c", false)],
        );
        check(b"\xff\x00\n", &[(b"\xff\x00", false)]);
    }

    #[test]
    fn a_line_is_cut_only_when_it_is_longer_than_allowed() {
        let just = vec![b'x'; LINE_MAX];
        let more = vec![b'x'; LINE_MAX + 1];
        check(
            &[&just[..], b"\ny\n"].concat(),
            &[(&just, false), (b"y", false)],
        );
        check(
            &[&more[..], b"\ny\n"].concat(),
            &[(&just, true), (b"y", false)],
        );
        check(
            &[&more[..], &more, b"\n\ny"].concat(),
            &[(&just, true), (b"", false), (b"y", false)],
        );
        check(&more, &[(&just, true)]);
    }

    #[test]
    fn nothing_is_read_for_a_taker_who_has_left() {
        let mut batches = 0;
        split(io::repeat(b'\n'), |_| {
            batches += 1;
            batches < 3
        })
        .unwrap();
        assert_eq!(batches, 3);
    }
}
