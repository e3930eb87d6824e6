//! Output in bounded memory: its beginning and its end, and how much of the middle is gone.

use chant_agent::redact::{Lines, Redactor};
use chant_os::tree::{Line, Source};

/// How much of the beginning is kept.
const HEAD: usize = 3 << 20;

/// How much of the end is kept.
const TAIL: usize = 1 << 20;

/// What is kept of an output.
#[derive(Debug)]
pub(super) struct Kept {
    /// Secrets end here.
    stdout: Lines<'static>,
    stderr: Lines<'static>,
    head: Vec<u8>,
    /// At most twice what is kept, so that the front is seldom moved.
    tail: Vec<u8>,
    cut: u64,
}

impl Default for Kept {
    fn default() -> Self {
        let lines = || Redactor::of_user().lines();
        Self {
            stdout: lines(),
            stderr: lines(),
            head: Vec::new(),
            tail: Vec::new(),
            cut: 0,
        }
    }
}

impl Kept {
    pub(super) fn line(&mut self, source: Source, line: Line) {
        let clean = match source {
            Source::Stdout => self.stdout.clean(line),
            Source::Stderr => self.stderr.clean(line),
        };
        if let Some(line) = clean {
            self.keep(&line.bytes);
        }
    }

    fn keep(&mut self, line: &[u8]) {
        if self.tail.is_empty() && self.head.len() + line.len() < HEAD {
            self.head.extend_from_slice(line);
            self.head.push(b'\n');
            return;
        }
        self.tail.extend_from_slice(line);
        self.tail.push(b'\n');
        if self.tail.len() > 2 * TAIL {
            self.drop_front();
        }
    }

    fn drop_front(&mut self) {
        let over = self.tail.len().saturating_sub(TAIL);
        self.cut += over as u64;
        self.tail.drain(..over);
    }

    /// How much was left out.
    pub(super) fn cut(&self) -> u64 {
        self.cut
    }

    /// What is kept, with a line that says what is not.
    pub(super) fn into_bytes(mut self) -> Vec<u8> {
        if self.cut > 0 {
            self.drop_front();
            let gone = format!("\n[{} bytes of output were left out here]\n", self.cut);
            self.head.extend_from_slice(gone.as_bytes());
        }
        self.head.append(&mut self.tail);
        self.head
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beginning_and_end_survive_a_flood() {
        let mut kept = Kept::default();
        kept.keep(b"first");
        for _ in 0..100_000 {
            kept.keep(&[b'x'; 99]);
        }
        kept.keep(b"last");
        assert!(kept.cut() > 0);
        let bytes = kept.into_bytes();
        assert!(bytes.len() <= HEAD + TAIL + 100, "{}", bytes.len());
        assert!(bytes.starts_with(b"first\n") && bytes.ends_with(b"\nlast\n"));
    }

    #[test]
    fn little_is_kept_as_it_is() {
        let mut kept = Kept::default();
        kept.keep(b"a");
        kept.keep(b"");
        kept.keep(b"b");
        assert_eq!(
            (kept.cut(), kept.into_bytes().as_slice()),
            (0, &b"a\n\nb\n"[..])
        );
    }
}
