//! How the modules of the engine build on one another: in one direction, storey by storey, and never in a circle.
//!
//! What a module uses is read from its `crate::` paths; tests may look anywhere.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Finding,
    source::{Source, closing, occurrences},
};

const ENGINE: &str = "crates/chant-engine/src/";

/// From the ground up: what each storey holds. ARCHITECTURE.md says what they are.
const STOREYS: [&[&str]; 6] = [
    &[
        "claim", "concern", "consent", "digest", "error", "fence", "line", "moment", "nearest",
        "order", "proof", "targets",
    ],
    &[
        "config", "event", "person", "project", "record", "sandbox", "trust", "workflow",
    ],
    &[
        "agents", "bench", "branch", "budget", "feedback", "history", "index", "inputs", "journal",
        "limits", "prompt", "queue", "repos", "resolve", "ways",
    ],
    &["approval", "bundle", "drift", "prove", "query"],
    &[
        "attest", "driver", "landing", "recover", "room", "run", "schedule", "steer",
    ],
    &["provenance", "split", "verbs"],
];

/// Which module uses which, and where that is first seen.
#[derive(Default)]
pub(super) struct Uses(BTreeMap<(String, String), (String, usize)>);

impl Uses {
    /// Takes note of a file of the engine.
    pub(super) fn note(&mut self, source: &Source<'_>) {
        let Some(from) = module(source.path) else {
            return;
        };
        for (at, to) in named(&source.product) {
            if to != from && storey(&to).is_some() {
                let place = (source.path.to_owned(), source.line(at));
                self.0.entry((from.to_owned(), to)).or_insert(place);
            }
        }
    }

    /// Modules without a storey, uses that lead up, and circles.
    pub(super) fn check(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        for ((from, to), (path, line)) in &self.0 {
            let advice = match (storey(from), storey(to)) {
                (None, _) => format!(
                    "`{from}` has no storey: put it into ARCHITECTURE.md and xtask/src/tidy/storeys.rs"
                ),
                (Some(own), Some(other)) if other > own => {
                    format!("`{from}` stands below `{to}` and may not use it: see ARCHITECTURE.md")
                }
                _ => continue,
            };
            findings.push(Finding::new(path, *line, "storey", advice));
        }
        findings.extend(self.circle());
        findings
    }

    /// What remains when whoever uses nobody and whom nobody uses is taken away, again and again, is circles.
    fn circle(&self) -> Option<Finding> {
        let mut edges: BTreeSet<(&str, &str)> = self
            .0
            .keys()
            .map(|(from, to)| (from.as_str(), to.as_str()))
            .collect();
        loop {
            let before = edges.len();
            let users: BTreeSet<&str> = edges.iter().map(|(from, _)| *from).collect();
            edges.retain(|(_, to)| users.contains(to));
            let used: BTreeSet<&str> = edges.iter().map(|(_, to)| *to).collect();
            edges.retain(|(from, _)| used.contains(from));
            if edges.len() == before {
                break;
            }
        }
        let (from, to) = *edges.iter().next()?;
        let all: BTreeSet<&str> = edges.iter().map(|(from, _)| *from).collect();
        let (path, line) = &self.0[&(from.to_owned(), to.to_owned())];
        let names = all.into_iter().collect::<Vec<_>>().join(", ");
        let advice = format!("modules use one another in a circle; look among {names}");
        Some(Finding::new(path, *line, "storey", advice))
    }
}

/// The module of the engine that a file belongs to.
fn module(path: &str) -> Option<&str> {
    let inside = path.strip_prefix(ENGINE)?;
    let name = inside.split('/').next()?;
    let name = name.strip_suffix(".rs").unwrap_or(name);
    (name != "lib").then_some(name)
}

fn storey(module: &str) -> Option<usize> {
    STOREYS.iter().position(|names| names.contains(&module))
}

/// The modules that a text names after `crate::`, with the offset of the path.
fn named(code: &str) -> Vec<(usize, String)> {
    let begin = "crate::";
    let mut found = Vec::new();
    for at in occurrences(code, begin) {
        let rest = &code[at + begin.len()..];
        if rest.starts_with('{') {
            let group = &rest[1..closing(rest, 0).saturating_sub(1)];
            found.extend(members(group).map(|name| (at, name)));
        } else {
            found.extend(first(rest).map(|name| (at, name)));
        }
    }
    found
}

/// What stands first in each part of `a::{b, c}, d`.
fn members(group: &str) -> impl Iterator<Item = String> {
    let mut depth = 0_usize;
    let parts = group.split(move |c| {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0
    });
    parts.filter_map(|part| first(part.trim_start()))
}

fn first(path: &str) -> Option<String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let end = path.find(|c| !is_part(c)).unwrap_or(path.len());
    (end > 0).then(|| path[..end].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(files: &[(&str, &str)]) -> Vec<String> {
        let mut uses = Uses::default();
        for (path, text) in files {
            let path = format!("{ENGINE}{path}");
            uses.note(&Source::read(&path, text));
        }
        uses.check().into_iter().map(|it| it.advice).collect()
    }

    #[test]
    fn what_leads_up_is_found() {
        let found = rules(&[("journal/mod.rs", "use crate::{error::Error, run};")]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("`journal` stands below `run`"));
        assert_eq!(rules(&[("run/mod.rs", "use crate::journal::X;")]), [""; 0]);
    }

    #[test]
    fn a_circle_is_found_and_a_way_is_not() {
        let way = ("run/land.rs", "fn a() { crate::landing::x() }");
        assert_eq!(rules(&[way]), [""; 0]);
        let back = ("landing/mod.rs", "use crate::run::{A, B};");
        let found = rules(&[way, back, ("verbs/work.rs", "use crate::run::A;")]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].ends_with("among landing, run"), "{found:?}");
    }

    #[test]
    fn a_module_without_a_storey_is_found() {
        let found = rules(&[("attic/mod.rs", "use crate::error::Error;")]);
        assert!(found[0].contains("`attic` has no storey"), "{found:?}");
    }

    #[test]
    fn tests_may_look_anywhere() {
        let text = "#[cfg(test)] mod tests { use crate::run::Run; }";
        assert_eq!(rules(&[("journal/mod.rs", text)]), [""; 0]);
    }
}
