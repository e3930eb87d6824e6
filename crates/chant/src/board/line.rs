//! One line of the board: pieces of text with their colours, made to fit.

use crate::table::{cut, extent};
use crate::ui::{Tone, one_line, paint};

/// A line that knows how many columns it takes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Line {
    pieces: Vec<(Tone, String)>,
    width: usize,
}

impl Line {
    /// Adds text from anywhere, cut to `room` columns.
    pub(crate) fn push(&mut self, tone: Tone, text: &str, room: usize) {
        if room == 0 {
            return;
        }
        let safe = one_line(text);
        let text = cut(&safe, room).into_owned();
        self.width += extent(&text);
        self.pieces.push((tone, text));
    }

    /// Fills up with spaces to the column.
    pub(crate) fn fill_to(&mut self, column: usize) {
        let missing = column.saturating_sub(self.width);
        if missing > 0 {
            self.push(Tone::Plain, &" ".repeat(missing), missing);
        }
    }

    /// How many columns it takes.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// What is written.
    pub(crate) fn painted(&self, color: bool) -> String {
        self.pieces
            .iter()
            .map(|(tone, text)| paint(color, *tone, text))
            .collect()
    }
}
