//! Which spec builds on which: by name, and by reading what a research spec wrote.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet, VecDeque};

use chant_spec::graph::{self, Node};
use chant_spec::id::{self, Resolved};
use chant_spec::{Kind, SpecId};

use crate::history::{History, InputKind, Landing};
use crate::index::Entry;
use crate::inputs::{is_url, spec_of_path};

/// The keys whose entries are inputs, with how to get them.
pub(crate) fn declared(entry: &Entry) -> Vec<(&'static str, &[String])> {
    let Ok(summary) = &entry.content else {
        return Vec::new();
    };
    vec![
        ("informed_by", summary.informed_by.as_slice()),
        ("origin", summary.origin.as_slice()),
        ("context", summary.context.as_slice()),
        ("tracks", summary.tracks.as_slice()),
    ]
}

/// The specs by what people call them.
pub(crate) struct Names<'a> {
    by_id: HashMap<&'a str, usize>,
    partial: RefCell<HashMap<String, Option<usize>>>,
    today: String,
}

impl<'a> Names<'a> {
    pub(crate) fn new(entries: &'a [Entry]) -> Self {
        let mut by_id = HashMap::with_capacity(entries.len());
        for (at, entry) in entries.iter().enumerate() {
            // Where an id is there twice, the one that was not put away counts.
            if !entry.node.archived || !by_id.contains_key(entry.node.id.as_str()) {
                by_id.insert(entry.node.id.as_str(), at);
            }
        }
        Self {
            by_id,
            partial: RefCell::default(),
            today: chant_os::clock::today().to_string(),
        }
    }

    /// The spec of exactly this id.
    pub(crate) fn id(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    /// The spec that an entry names by its id, a part of it, or its path.
    pub(crate) fn spec(&self, name: &str) -> Option<usize> {
        if let Some(at) = self.id(name) {
            return Some(at);
        }
        if let Some(id) = spec_of_path(name) {
            return self.id(id.as_str());
        }
        if name.contains(['/', '*', '?']) || is_url(name) || SpecId::parse(name).is_err() {
            return None;
        }
        let mut partial = self.partial.borrow_mut();
        *partial.entry(name.to_owned()).or_insert_with(|| {
            match id::resolve(name, self.by_id.keys().copied(), &self.today) {
                Resolved::One(id) => self.id(&id),
                _ => None,
            }
        })
    }
}

/// That one spec builds on another.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Edge {
    /// What it builds on.
    pub(crate) to: usize,
    /// The key that says so.
    pub(crate) by: &'static str,
}

/// What each spec builds on.
pub(crate) struct Chain {
    upstream: Vec<Vec<Edge>>,
    reached: RefCell<HashMap<usize, HashSet<usize>>>,
}

impl Chain {
    pub(crate) fn new(
        entries: &[Entry],
        names: &Names<'_>,
        history: &History,
        landings: &[Option<Landing>],
    ) -> Self {
        let mut upstream: Vec<Vec<Edge>> = entries
            .iter()
            .enumerate()
            .map(|(at, entry)| named_edges(at, entry, names))
            .collect();
        read_edges(entries, names, history, landings, &mut upstream);
        Self {
            upstream,
            reached: RefCell::default(),
        }
    }

    /// What a spec builds on, directly.
    pub(crate) fn upstream(&self, spec: usize) -> &[Edge] {
        &self.upstream[spec]
    }

    /// Whether `later` builds on `earlier`, and not the other way round as well.
    pub(crate) fn builds_on(&self, later: usize, earlier: usize) -> bool {
        self.reaches(later, earlier) && !self.reaches(earlier, later)
    }

    fn reaches(&self, from: usize, to: usize) -> bool {
        let mut reached = self.reached.borrow_mut();
        reached
            .entry(from)
            .or_insert_with(|| self.everything_below(from))
            .contains(&to)
    }

    fn everything_below(&self, from: usize) -> HashSet<usize> {
        let mut seen = HashSet::new();
        let mut next = vec![from];
        while let Some(spec) = next.pop() {
            for edge in &self.upstream[spec] {
                if seen.insert(edge.to) {
                    next.push(edge.to);
                }
            }
        }
        seen
    }

    /// Everything that builds on these, themselves included.
    pub(crate) fn downstream(&self, of: impl Iterator<Item = usize>) -> HashSet<usize> {
        let mut below: Vec<Vec<usize>> = vec![Vec::new(); self.upstream.len()];
        for (spec, edges) in self.upstream.iter().enumerate() {
            for edge in edges {
                below[edge.to].push(spec);
            }
        }
        let mut next: VecDeque<usize> = of.collect();
        let mut seen: HashSet<usize> = next.iter().copied().collect();
        while let Some(spec) = next.pop_front() {
            next.extend(below[spec].iter().filter(|spec| seen.insert(**spec)));
        }
        seen
    }

    /// Specs with what they build on first; in a circle, the one that comes first by name.
    pub(crate) fn in_order(&self, specs: &[usize]) -> Vec<usize> {
        let wanted: HashSet<usize> = specs.iter().copied().collect();
        let mut done = HashSet::new();
        let mut order = Vec::with_capacity(specs.len());
        for &spec in specs {
            let mut path = vec![(spec, 0)];
            while let Some((spec, edge)) = path.pop() {
                if edge == 0 && !done.insert(spec) {
                    continue;
                }
                match self.upstream[spec].get(edge) {
                    Some(next) => path.extend([(spec, edge + 1), (next.to, 0)]),
                    None if wanted.contains(&spec) => order.push(spec),
                    None => {}
                }
            }
        }
        order
    }

    /// Specs that build on each other in a circle.
    pub(crate) fn circles(&self, entries: &[Entry]) -> Vec<Vec<String>> {
        let id = |at: usize| entries[at].node.id.clone();
        let nodes: Vec<Node> = self
            .upstream
            .iter()
            .enumerate()
            .filter(|(_, edges)| !edges.is_empty())
            .map(|(at, edges)| Node {
                id: id(at),
                depends_on: edges.iter().map(|edge| id(edge.to)).collect(),
                ..Node::default()
            })
            .collect();
        graph::cycles(&nodes)
    }
}

fn named_edges(at: usize, entry: &Entry, names: &Names<'_>) -> Vec<Edge> {
    let depends_on = [("depends_on", entry.node.depends_on.as_slice())];
    let mut edges: Vec<Edge> = Vec::new();
    for (by, list) in depends_on.into_iter().chain(declared(entry)) {
        for name in list {
            if let Some(to) = names.spec(name)
                && to != at
                && !edges.iter().any(|edge| edge.to == to)
            {
                edges.push(Edge { to, by });
            }
        }
    }
    edges
}

/// Whether what a spec writes is what others build on, and not the code that everybody changes.
pub(crate) fn writes_findings(kind: &Kind) -> bool {
    matches!(kind, Kind::Research | Kind::Documentation | Kind::Task)
}

/// A spec that read exactly what an earlier research spec wrote builds on it, also where it names only the file.
fn read_edges(
    entries: &[Entry],
    names: &Names<'_>,
    history: &History,
    landings: &[Option<Landing>],
    upstream: &mut [Vec<Edge>],
) {
    let mut written: HashMap<(&str, &str), usize> = HashMap::new();
    for entry in entries
        .iter()
        .filter(|entry| writes_findings(&entry.node.kind))
    {
        let Some(at) = names.id(&entry.node.id) else {
            continue;
        };
        for output in history.all(&entry.node.id).iter().flat_map(|l| &l.outputs) {
            if let (Some(oid), Ok(summary)) = (&output.oid, &entry.content)
                && summary.target_files.contains(&output.path)
            {
                written.insert((&output.path, oid), at);
            }
        }
    }
    let first = |at: usize| history.all(&entries[at].node.id).last().map(|l| l.place);
    for (at, landing) in landings.iter().enumerate() {
        for input in landing.iter().flat_map(|landing| &landing.inputs) {
            let Some(oid) = input
                .oid
                .as_deref()
                .filter(|_| input.kind == InputKind::File)
            else {
                continue;
            };
            if let Some(&to) = written.get(&(input.name.as_str(), oid))
                && first(at).is_some_and(|place| first(to) > Some(place))
                && !upstream[at].iter().any(|edge| edge.to == to)
            {
                upstream[at].push(Edge {
                    to,
                    by: "informed_by",
                });
            }
        }
    }
}
