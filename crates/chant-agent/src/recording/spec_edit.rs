//! What an agent does to its own spec: it ticks criteria and appends text.
//!
//! Kept apart from other files' changes so that a recording still fits when the frontmatter says something else. This reads
//! lines, not markdown: the document belongs to another crate, and a criterion is found again by its exact text.

/// Ticked criteria and appended text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SpecEdit {
    /// The criteria's texts, in the order of the file.
    pub tick: Vec<String>,
    /// What follows the old end.
    pub append: String,
}

impl SpecEdit {
    /// The edit that turns `old` into `new`, or none if it is not of this kind.
    pub(crate) fn between(old: &str, new: &str) -> Option<Self> {
        let mut edit = Self::default();
        let mut rest = new;
        for line in old.split_inclusive('\n') {
            let candidate = rest.get(..line.len())?;
            if candidate != line {
                let (_, text) = open_box(line)?;
                // A capital X is a tick as well.
                if candidate.replacen("[X]", "[x]", 1) != ticked(line) {
                    return None;
                }
                edit.tick.push(text.to_owned());
            }
            rest = &rest[line.len()..];
        }
        rest.clone_into(&mut edit.append);
        Some(edit)
    }

    /// The text after this edit, or the first criterion that is not there to be ticked.
    pub(crate) fn apply(&self, old: &str) -> Result<String, String> {
        let start = criteria_start(old);
        let mut lines: Vec<String> = old[start..]
            .split_inclusive('\n')
            .map(str::to_owned)
            .collect();
        for text in &self.tick {
            let open = lines
                .iter_mut()
                .find(|line| open_box(line).is_some_and(|(_, found)| found == text));
            let line = open.ok_or_else(|| text.clone())?;
            *line = ticked(line);
        }
        let mut new = old[..start].to_owned();
        new.extend(lines);
        new.push_str(&self.append);
        Ok(new)
    }

    /// Whether nothing changes.
    pub(crate) fn is_empty(&self) -> bool {
        self.tick.is_empty() && self.append.is_empty()
    }
}

/// Where the lines after the last heading `Acceptance Criteria` begin; the start of the text when there is none.
fn criteria_start(text: &str) -> usize {
    let mut at = 0;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        at += line.len();
        let heading = line.trim_start_matches('#');
        if heading.len() < line.len() && heading.trim() == "Acceptance Criteria" {
            start = at;
        }
    }
    start
}

/// The open box of a task-list line: where its middle is, and the text after it.
fn open_box(line: &str) -> Option<(usize, &str)> {
    let indented = line.trim_start_matches([' ', '\t', '>']);
    let marker = match indented.find(|letter: char| !letter.is_ascii_digit())? {
        0 => indented.strip_prefix(['-', '*', '+'])?,
        digits => indented[digits..].strip_prefix(['.', ')'])?,
    };
    let text = marker.trim_start_matches([' ', '\t']).strip_prefix("[ ]")?;
    let middle = line.len() - text.len() - 2;
    Some((middle, text.trim()))
}

fn ticked(line: &str) -> String {
    let mut line = line.to_owned();
    if let Some((middle, _)) = open_box(&line) {
        line.replace_range(middle..=middle, "x");
    }
    line
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    const SPEC: &str = "---\nstatus: pending\n---\n# T\n- [ ] one\n\n## Acceptance Criteria\n\n- [ ] one\n  1. [ ] two `x`\n* [x] three\n- [ ] one";

    #[test]
    fn an_edit_is_found_and_fits_another_frontmatter() {
        let new = SPEC
            .replace("1. [ ]", "1. [X]")
            .replace("\n- [ ] one\n  ", "\n- [x] one\n  ")
            + "\n\n## Note\nHi\n";
        let edit = SpecEdit::between(SPEC, &new).unwrap();
        assert_eq!(
            edit,
            SpecEdit {
                tick: vec!["one".into(), "two `x`".into()],
                append: "\n\n## Note\nHi\n".into()
            }
        );
        let other = SPEC.replace("status: pending", "status: pending # since today");
        let applied = edit.apply(&other).unwrap();
        assert_eq!(
            applied,
            new.replace("status: pending", "status: pending # since today")
                .replace("[X]", "[x]")
        );
    }

    #[test]
    fn other_edits_are_not_of_this_kind() {
        for (from, to) in [
            ("pending", "completed"),
            ("[x] three", "[ ] three"),
            ("two", "2wo"),
            ("- [ ] one\n\n##", "##"),
        ] {
            assert_eq!(
                SpecEdit::between(SPEC, &SPEC.replace(from, to)),
                None,
                "{from} to {to}"
            );
        }
        assert_eq!(SpecEdit::between(SPEC, SPEC), Some(SpecEdit::default()));
        assert_eq!(SpecEdit::between("äö", "ä"), None);
        assert_eq!(SpecEdit::between("aö\n", "aaö"), None);
    }

    #[test]
    fn a_criterion_that_is_gone_is_named() {
        let edit = SpecEdit {
            tick: vec!["four".into()],
            append: String::new(),
        };
        assert_eq!(edit.apply(SPEC).unwrap_err(), "four");
    }

    #[test]
    fn line_ends_are_kept() {
        let edit = SpecEdit {
            tick: vec!["one".into()],
            append: String::new(),
        };
        assert_eq!(
            edit.apply("- [ ] one\r\n- [ ] two\r\n").unwrap(),
            "- [x] one\r\n- [ ] two\r\n"
        );
    }
}
