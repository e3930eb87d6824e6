//! Text from outside, made safe for places that hold one line: commit trailers, reasons, names.

/// Text as one line, without control characters.
pub(crate) fn one_line(text: &str) -> String {
    text.split(char::is_control)
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}
