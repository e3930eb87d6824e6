//! Cutting text to a bound, so that no agent can make an event as large as it likes.

/// Longest text of one `Text` event, in bytes.
pub(crate) const TEXT: usize = 64 * 1024;
/// Longest tool result, reasoning, unknown line or line of standard error, in bytes.
pub(crate) const DETAIL: usize = 4 * 1024;
/// Longest tool input and longest reason, in bytes.
pub(crate) const LINE: usize = 240;

/// `text` cut to `max` bytes at a character boundary, with a mark where something is missing.
pub(crate) fn cut(text: &str, max: usize) -> String {
    if text.len() <= max {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(max.saturating_sub('…'.len_utf8()));
    format!("{}…", &text[..end])
}

/// `text` as one line: every run of white space becomes one space, cut to [`LINE`].
pub(crate) fn one_line(text: &str) -> String {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        if line.len() > LINE {
            break;
        }
    }
    cut(&line, LINE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_never_splits_a_character() {
        for max in 3..12 {
            let short = cut("äöüäöüäöü", max);
            assert!(short.len() <= max, "{short:?} is longer than {max}");
            assert!(short.ends_with('…'));
        }
        assert_eq!(cut("äöü", 6), "äöü");
    }

    #[test]
    fn one_line_folds_white_space_and_is_bounded() {
        assert_eq!(one_line("  a\n\tb  c\r\n"), "a b c");
        assert!(one_line(&"word ".repeat(100_000)).len() <= LINE);
        assert!(one_line(&"x".repeat(100_000)).len() <= LINE);
    }
}
