//! `{{ name }}` in a text: where the slots are, and the text with values in them.

use super::Refused;
use super::value::Values;

/// A piece of a template's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece<'t> {
    /// Itself.
    Text(&'t str),
    /// A variable's place.
    Slot(&'t str),
}

/// Takes a text apart. What is no slot, such as `{{ 1 }}` or `{% x %}`, is text.
pub(super) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut from = 0;
    while let Some(open) = text[from..].find("{{").map(|at| from + at) {
        let inside = &text[open + 2..];
        let slot = inside.find("}}").map(|end| (inside[..end].trim(), end));
        match slot.filter(|(name, _)| is_name(name)) {
            Some((name, end)) => {
                if start < open {
                    pieces.push(Piece::Text(&text[start..open]));
                }
                pieces.push(Piece::Slot(name));
                start = open + 2 + end + 2;
                from = start;
            }
            None => from = open + 2,
        }
    }
    if start < text.len() {
        pieces.push(Piece::Text(&text[start..]));
    }
    pieces
}

/// The variables that a text names.
pub(super) fn names(text: &str) -> impl Iterator<Item = &str> {
    pieces(text).into_iter().filter_map(|piece| match piece {
        Piece::Slot(name) => Some(name),
        Piece::Text(_) => None,
    })
}

/// Lower-case letters, digits and `_`, a letter first.
pub(super) fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// The text with its slots filled, each value as `put` has it; `None` where one of them has no value.
pub(super) fn fill(
    text: &str,
    values: &Values,
    mut put: impl FnMut(&str, &str, &str) -> Result<String, Refused>,
) -> Result<Option<String>, Refused> {
    let mut filled = String::with_capacity(text.len());
    for piece in pieces(text) {
        match piece {
            Piece::Text(text) => filled.push_str(text),
            Piece::Slot(name) => match values.get(name) {
                Some(value) => {
                    let value = put(name, value, &filled)?;
                    filled.push_str(&value);
                }
                None => return Ok(None),
            },
        }
    }
    Ok(Some(filled))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_name_in_two_braces_is_a_slot() {
        let check = |text: &str, expect: &[Piece<'_>]| assert_eq!(pieces(text), expect, "{text:?}");
        check("", &[]);
        check("a", &[Piece::Text("a")]);
        check("{{ a }}", &[Piece::Slot("a")]);
        check(
            "x-{{a_1}}-y",
            &[Piece::Text("x-"), Piece::Slot("a_1"), Piece::Text("-y")],
        );
        check("{{ 1 }}{% if %}", &[Piece::Text("{{ 1 }}{% if %}")]);
        check("{{ {{ a }}", &[Piece::Text("{{ "), Piece::Slot("a")]);
        check("{{ a", &[Piece::Text("{{ a")]);
    }
}
