//! The lines at the bottom of a terminal: what has to be written so that they change in place.
//!
//! Owns what is on the screen now. It moves the cursor by lines only, and never hides it: however the program ends, the
//! terminal is as it was. Text is not wrapped because no line is as wide as the terminal; where the terminal became narrower
//! since, it has wrapped what stands there, which is taken into account.

use super::line::Line;

/// What stands at the bottom of the terminal.
#[derive(Debug, Default)]
pub(crate) struct Screen {
    drawn: Vec<Line>,
    width: usize,
}

impl Screen {
    /// What to write so that `above` scrolls up and `lines` stand below; nothing where nothing changed.
    pub(crate) fn frame(
        &mut self,
        above: &[String],
        lines: Vec<Line>,
        width: usize,
        color: bool,
    ) -> String {
        if above.is_empty() && lines == self.drawn && width == self.width {
            return String::new();
        }
        let mut text = self.to_the_top(width);
        if !above.is_empty() {
            // These may be longer than the terminal is wide, so nothing old may stand behind or below them.
            text.push_str(CLEAR_BELOW);
        }
        for line in above {
            text.push_str(line);
            text.push_str("\r\n");
        }
        for (number, line) in lines.iter().enumerate() {
            if number > 0 {
                text.push_str("\r\n");
            }
            text.push_str(&line.painted(color));
            text.push_str(CLEAR_REST);
        }
        text.push_str(CLEAR_BELOW);
        self.drawn = lines;
        self.width = width;
        text
    }

    /// The same, with nothing below: the cursor is at the beginning of a line then.
    pub(crate) fn clear(&mut self, above: &[String], width: usize) -> String {
        self.frame(above, Vec::new(), width, false)
    }

    /// To the first column of the first line.
    fn to_the_top(&self, width: usize) -> String {
        let rows = |line: &Line| line.width().max(1).div_ceil(width.max(1));
        let rows: usize = self.drawn.iter().map(rows).sum();
        match rows {
            0 | 1 => "\r".to_owned(),
            rows => format!("\r\x1b[{}A", rows - 1),
        }
    }
}

const CLEAR_REST: &str = "\x1b[K";
const CLEAR_BELOW: &str = "\x1b[J";
