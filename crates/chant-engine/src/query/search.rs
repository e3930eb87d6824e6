//! Looking for text in specs.

use std::path::Path;

use serde::Serialize;

use super::list::{Filter, list};
use super::spec::Spec;
use crate::error::Result;
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
    let needles: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
    let specs = list(project, filter)?;
    let (root, repository) = (project.root(), project.repo().root());
    let found = in_parallel(&specs, |spec| look(root, repository, spec, &needles));
    let hits = specs.into_iter().zip(found);
    Ok(hits
        .filter_map(|(spec, found)| found.map(|(hits, lines)| Hits { spec, hits, lines }))
        .collect())
}

fn look(
    root: &Path,
    repository: &Path,
    spec: &Spec,
    needles: &[String],
) -> Option<(Vec<Hit>, usize)> {
    let bytes = crate::index::read_file(&root.join(&spec.path), repository).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let lower = text.to_lowercase();
    let id = spec.id.to_lowercase();
    if !needles
        .iter()
        .all(|needle| lower.contains(needle) || id.contains(needle))
    {
        return None;
    }
    let (mut hits, mut lines) = (Vec::new(), 0);
    for (number, line) in text.lines().enumerate() {
        let lower = line.to_lowercase();
        let Some(at) = needles
            .iter()
            .filter_map(|needle| lower.find(needle.as_str()))
            .min()
        else {
            continue;
        };
        lines += 1;
        if hits.len() < MOST_LINES {
            hits.push(Hit {
                line: number + 1,
                text: around(line, at),
            });
        }
    }
    Some((hits, lines))
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
