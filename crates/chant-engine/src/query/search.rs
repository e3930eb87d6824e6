//! Looking for text in specs.

use regex::bytes::{Regex, RegexBuilder};
use serde::Serialize;

use super::list::{Filter, list};
use super::spec::Spec;
use crate::error::{Code, Error, Result};
use crate::index::in_parallel;
use crate::project::Project;

/// A line that holds the text.
#[derive(Debug, Clone, Serialize)]
pub struct Hit {
    /// 1-based.
    pub line: usize,
    /// The line, shortened around the text.
    pub text: String,
}

/// A spec that holds the text.
#[derive(Debug, Clone, Serialize)]
pub struct Hits {
    /// The spec.
    #[serde(flatten)]
    pub spec: Spec,
    /// The lines, in order, at most three.
    pub hits: Vec<Hit>,
    /// How many lines hold it altogether.
    pub lines: usize,
}

/// How many lines of one spec are shown.
pub(super) const MOST_LINES: usize = 3;

/// How much of a long line is shown.
const WIDTH: usize = 160;

/// Finds the specs whose file or id holds every word of `words`, whatever their case. Lines that hold any word are
/// the hits.
pub fn search(project: &Project, words: &[String], filter: &Filter) -> Result<Vec<Hits>> {
    let needles = Needles::new(words)?;
    let specs = list(project, filter)?;
    let (root, repository) = (project.root(), project.repo().root());
    let found = in_parallel(&specs, |spec| {
        let bytes = crate::index::read_file(&root.join(&spec.path), repository).unwrap_or_default();
        needles.look(spec.id.as_bytes(), &bytes)
    });
    let hits = specs.into_iter().zip(found);
    let mut hits: Vec<Hits> = hits
        .filter_map(|(spec, found)| found.map(|(hits, lines)| Hits { spec, hits, lines }))
        .collect();
    for found in &mut hits {
        super::choose_agents(project, std::slice::from_mut(&mut found.spec))?;
    }
    Ok(hits)
}

/// What is looked for.
struct Needles {
    each: Vec<Regex>,
    any: Regex,
}

impl Needles {
    fn new(words: &[String]) -> Result<Self> {
        let pattern = |pattern: &str| {
            RegexBuilder::new(pattern)
                .case_insensitive(true)
                .build()
                .map_err(|error| {
                    Error::new(Code::Usage, format!("failed to search for that: {error}"))
                })
        };
        let escaped: Vec<String> = words.iter().map(|word| regex::escape(word)).collect();
        let each = escaped
            .iter()
            .map(|word| pattern(word))
            .collect::<Result<_>>()?;
        Ok(Self {
            each,
            any: pattern(&escaped.join("|"))?,
        })
    }

    /// The first lines of a text that holds every word, and how many lines hold one.
    fn look(&self, id: &[u8], text: &[u8]) -> Option<(Vec<Hit>, usize)> {
        if !self
            .each
            .iter()
            .all(|needle| needle.is_match(text) || needle.is_match(id))
        {
            return None;
        }
        let (mut hits, mut lines) = (Vec::new(), 0);
        let (mut position, mut number, mut last) = (0, 1, 0);
        for found in self.any.find_iter(text) {
            number += memchr::memchr_iter(b'\n', &text[position..found.start()]).count();
            position = found.start();
            if number == last {
                continue;
            }
            last = number;
            lines += 1;
            if hits.len() < MOST_LINES {
                let start = memchr::memrchr(b'\n', &text[..position]).map_or(0, |end| end + 1);
                let end = memchr::memchr(b'\n', &text[position..])
                    .map_or(text.len(), |end| position + end);
                let line = String::from_utf8_lossy(&text[start..end]);
                hits.push(Hit {
                    line: number,
                    text: around(&line, position - start),
                });
            }
        }
        Some((hits, lines))
    }
}

/// The part of a line that holds the byte `at`.
fn around(line: &str, at: usize) -> String {
    let line = line.trim_end();
    if line.chars().count() <= WIDTH {
        return line.trim_start().to_owned();
    }
    let before = line
        .char_indices()
        .take_while(|(index, _)| *index < at)
        .count();
    let skipped = before.saturating_sub(WIDTH / 3);
    let part: String = line.chars().skip(skipped).take(WIDTH).collect();
    format!("{}{}…", if skipped > 0 { "…" } else { "" }, part.trim())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn look(words: &[&str], text: &str) -> Option<(Vec<(usize, String)>, usize)> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let (hits, lines) = Needles::new(&words)
            .unwrap()
            .look(b"001-id", text.as_bytes())?;
        Some((
            hits.into_iter().map(|hit| (hit.line, hit.text)).collect(),
            lines,
        ))
    }

    #[test]
    fn every_word_has_to_be_there_and_any_word_makes_a_hit() {
        let text = "one\n two Three\nfour three two\n";
        let two = (2, "two Three".to_owned());
        let four = (3, "four three two".to_owned());
        assert_eq!(look(&["THREE", "two"], text), Some((vec![two, four], 2)));
        assert_eq!(look(&["three", "five"], text), None);
        assert_eq!(look(&["001"], text), Some((Vec::new(), 0)));
    }

    #[test]
    fn words_are_no_patterns() {
        assert_eq!(look(&["a.b"], "axb"), None);
        assert_eq!(look(&["("], "x ("), Some((vec![(1, "x (".to_owned())], 1)));
    }

    #[test]
    fn a_long_line_is_shown_around_the_word() {
        let text = format!("{}needle{}", "ä".repeat(500), "b".repeat(500));
        let (hits, _) = look(&["needle"], &text).unwrap();
        assert!(hits[0].1.contains("needle") && hits[0].1.chars().count() <= WIDTH + 2);
    }
}
