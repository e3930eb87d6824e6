//! Rows that fit the terminal: the last column gives way, the others are as wide as they need to be.

use std::borrow::Cow;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::ui::{Tone, Ui, width};

/// The least a cut column keeps.
const LEAST: usize = 12;

/// One cell.
#[derive(Debug, Clone)]
pub(crate) struct Cell<'a> {
    /// Already safe for a terminal, on one line.
    pub text: Cow<'a, str>,
    /// How it looks.
    pub tone: Tone,
}

impl<'a> Cell<'a> {
    /// A cell.
    pub(crate) fn new(tone: Tone, text: impl Into<Cow<'a, str>>) -> Self {
        Self {
            text: text.into(),
            tone,
        }
    }
}

/// Prints rows of equally many cells.
pub(crate) fn print(ui: &mut Ui, rows: &[Vec<Cell<'_>>]) {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let mut widths: Vec<usize> = (0..columns)
        .map(|column| {
            rows.iter()
                .filter_map(|row| row.get(column))
                .map(|cell| extent(&cell.text))
                .max()
                .unwrap_or(0)
        })
        .collect();
    let Some((last, others)) = widths.split_last_mut() else {
        return;
    };
    let taken: usize = others.iter().map(|width| width + 2).sum();
    *last = (*last).min(width().saturating_sub(taken).max(LEAST));
    let mut line = String::new();
    for row in rows {
        line.clear();
        for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
            let text = cut(&cell.text, *width);
            let room = width - extent(&text);
            ui.paint_onto(&mut line, cell.tone, &text);
            if column + 1 < columns {
                line.extend(std::iter::repeat_n(' ', room + 2));
            }
        }
        ui.out(line.trim_end());
    }
}

/// How many columns text takes; most text is ASCII.
pub(crate) fn extent(text: &str) -> usize {
    if text.is_ascii() {
        text.len()
    } else {
        text.width()
    }
}

/// Cuts text to a width, and says so with an ellipsis.
pub(crate) fn cut(text: &str, width: usize) -> Cow<'_, str> {
    if extent(text) <= width {
        return Cow::Borrowed(text);
    }
    let mut kept = String::new();
    let mut used = 0;
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used + 1 > width {
            break;
        }
        kept.push(c);
    }
    kept.push('…');
    Cow::Owned(kept)
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn wide_characters_count_twice() {
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("abcd", 3), "ab…");
        assert_eq!(cut("日本語", 5), "日本…");
    }
}
