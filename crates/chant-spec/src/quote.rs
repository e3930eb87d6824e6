//! Writing one text as a YAML scalar.
//!
//! Whether a text may stand without quotes is asked of the YAML reader itself; on top of that, everything that any
//! reader, of YAML 1.1 too, might take for a number, a date or a truth value is quoted.

use std::fmt::Write as _;

use granit_parser::ScalarStyle;

use crate::yaml::{self, Value};

/// `text` as it has to be written to be read back as exactly this text, in a block or inside `[…]`.
pub fn scalar(text: &str) -> String {
    if may_be_plain(text) {
        text.to_owned()
    } else {
        double_quoted(text)
    }
}

fn may_be_plain(text: &str) -> bool {
    let harmless =
        |c: char| c.is_alphanumeric() || " _-./+=()<>~^$;".contains(c) || ",:@".contains(c);
    if !text.chars().all(harmless) || means_more_than_text(text) {
        return false;
    }
    let written = format!("[{text}, x]");
    let Ok(node) = yaml::parse(&written, 0..written.len()) else {
        return false;
    };
    let Value::List(list) = &node.value else {
        return false;
    };
    let [first, _] = list.items.as_slice() else {
        return false;
    };
    matches!(&first.value, Value::Scalar(scalar) if scalar.text == text && scalar.style == ScalarStyle::Plain)
}

fn means_more_than_text(text: &str) -> bool {
    const WORDS: [&str; 11] = [
        "true", "false", "yes", "no", "on", "off", "y", "n", "null", "~", "",
    ];
    if WORDS.iter().any(|word| text.eq_ignore_ascii_case(word)) {
        return true;
    }
    let unsigned = text.trim_start_matches(['+', '-']).to_ascii_lowercase();
    let begins = unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    let numeric = |c: char| c.is_ascii_digit() || "+-._:eob".contains(c);
    let infinite = matches!(
        unsigned.as_str(),
        ".inf" | ".nan" | "inf" | "nan" | "infinity"
    );
    let fence = text.starts_with("---") || text.starts_with("...");
    fence
        || infinite
        || unsigned.starts_with("0x")
        || (begins && unsigned.chars().all(numeric))
        || is_hash(text)
}

/// A commit's name: digits and an `e` would make it a number, so none of them stands without quotes.
fn is_hash(text: &str) -> bool {
    text.len() >= 7
        && text.chars().all(|c| c.is_ascii_hexdigit())
        && text.contains(|c: char| c.is_ascii_digit())
}

/// A JSON string is a YAML double-quoted scalar, once the characters that YAML wants escaped are.
fn double_quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c if c.is_control()
                || matches!(
                    c,
                    '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'
                ) =>
            {
                // Writing to a string cannot fail.
                let _ = write!(quoted, "\\U{:08X}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// `text` in the quotes that the value had before, where it can stand in them.
pub(crate) fn like(text: &str, style: ScalarStyle) -> String {
    match style {
        ScalarStyle::SingleQuoted
            if !text.contains('\'') && !text.chars().any(char::is_control) =>
        {
            format!("'{text}'")
        }
        ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => double_quoted(text),
        ScalarStyle::Plain | ScalarStyle::Literal | ScalarStyle::Folded => scalar(text),
    }
}
