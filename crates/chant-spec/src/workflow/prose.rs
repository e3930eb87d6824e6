//! A step's title and text with values in them.
//!
//! A value can begin no heading, list, fence or criterion of its own: inside a line it is words, and a value of several
//! lines, or alone on its line, stands in a fence that it cannot close.

use super::settings::wrong;
use super::value::Values;
use super::{Refused, slots};

/// The title: one line. A title whose variables have no value keeps the rest.
pub(super) fn title(text: &str, values: &Values) -> Result<String, Refused> {
    let filled = slots::fill(text, values, |_, value, before| Ok(words(value, before)))?;
    let title = filled.ok_or_else(|| wrong(&[text], "without a value the spec has no title"))?;
    if title.trim().is_empty() {
        return Err(wrong(&[text], "the title would be empty"));
    }
    Ok(title)
}

/// The text: line by line, without those that name a variable that has no value.
pub(super) fn body(text: &str, values: &Values) -> Result<String, Refused> {
    let mut filled = String::with_capacity(text.len());
    let mut fence: Option<&str> = None;
    let mut left_out = false;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim();
        let mark = ["```", "~~~"]
            .into_iter()
            .find(|mark| trimmed.starts_with(mark));
        let line = if fence.is_some() {
            in_fence(line, values)?
        } else if let [slots::Piece::Slot(name)] = slots::pieces(trimmed).as_slice() {
            values.get(name).map(quoted)
        } else {
            slots::fill(line, values, |name, value, before| {
                inline(name, value, before)
            })?
        };
        match (fence, mark) {
            (None, Some(mark)) => fence = Some(mark),
            (Some(open), Some(mark)) if open == mark => fence = None,
            _ => {}
        }
        match line {
            // A paragraph that was left out leaves one blank line, not two.
            Some(line) if left_out && line.trim().is_empty() && filled.ends_with("\n\n") => {}
            Some(line) => {
                filled.push_str(&line);
                left_out = false;
            }
            None => left_out = true,
        }
    }
    Ok(filled)
}

/// In a code block of the template the value is code; it must not end the block.
fn in_fence(line: &str, values: &Values) -> Result<Option<String>, Refused> {
    slots::fill(line, values, |name, value, _| {
        if value.contains("```") || value.contains("~~~") {
            return Err(refused(name, "it stands in a code block, and would end it"));
        }
        Ok(value.to_owned())
    })
}

fn inline(name: &str, value: &str, before: &str) -> Result<String, Refused> {
    if before.matches('`').count() % 2 == 1 {
        if value.contains('`') {
            let why = "it stands between backticks, and holds one; write $(…) for `…` in a command";
            return Err(refused(name, why));
        }
        return Ok(one_line(value));
    }
    Ok(words(value, before))
}

fn refused(name: &str, why: &str) -> Refused {
    Refused::Value {
        names: vec![name.to_owned()],
        why: why.to_owned(),
    }
}

/// A value among words. Where it begins the line, what it begins with has no meaning of its own.
fn words(value: &str, before: &str) -> String {
    let value = one_line(value).replace('<', r"\<");
    let begins = before
        .rsplit('\n')
        .next()
        .is_some_and(|line| line.chars().all(|c| " \t-*+>#0123456789.)[]xX".contains(c)));
    if !begins {
        return value;
    }
    let digits = value.len() - value.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, rest) = value.split_at(digits);
    if rest.starts_with(|c: char| c.is_ascii_punctuation() && c != '\\') {
        format!("{number}\\{rest}")
    } else {
        value
    }
}

fn one_line(value: &str) -> String {
    value.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A value alone: as it is, in a fence that is longer than any in it.
fn quoted(value: &str) -> String {
    let longest = value
        .split(|c| c != '`')
        .map(str::len)
        .max()
        .unwrap_or_default();
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}text\n{}\n{fence}\n", value.trim_matches('\n'))
}
