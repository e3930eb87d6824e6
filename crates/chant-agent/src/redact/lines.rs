//! The lines of one stream, cleaned one after the other: a private key takes many of them.

use chant_os::tree::Line;

use super::{Redactor, keys, mark, replace};

/// A key of more lines is none.
const KEY_LINES: usize = 400;

/// Cleans the lines of one stream.
#[derive(Debug)]
pub struct Lines<'r> {
    redactor: &'r Redactor,
    /// How many more lines the key that was begun may have; none outside of one.
    in_key: Option<usize>,
}

impl<'r> Lines<'r> {
    pub(super) fn new(redactor: &'r Redactor) -> Self {
        Self {
            redactor,
            in_key: None,
        }
    }

    /// The same line without secrets; none for one that is nothing but part of a key that was told before.
    pub fn clean(&mut self, mut line: Line) -> Option<Line> {
        if let Some(left) = self.in_key.take() {
            if keys::ends(&line.bytes) {
                return None;
            }
            if left > 0 && keys::goes_on(&line.bytes) {
                self.in_key = Some(left - 1);
                return None;
            }
        }
        if line.cut
            && let Some(found) = self.redactor.values.begun_at_end(&line.bytes)
        {
            line.bytes = replace(&line.bytes, [found].into_iter()).into_owned();
        }
        if let std::borrow::Cow::Owned(clean) = self.redactor.bytes(&line.bytes) {
            line.bytes = clean;
        }
        if let Some(at) = keys::begins(&line.bytes) {
            self.in_key = Some(KEY_LINES);
            line.bytes.truncate(at);
            line.bytes.extend_from_slice(mark("private key").as_bytes());
        }
        Some(line)
    }
}
