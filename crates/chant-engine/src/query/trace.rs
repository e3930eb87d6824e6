//! Which spec builds on which, from one spec up and down, or of a whole project.
//!
//! The edges are those that staleness travels along ([`crate::drift`]), and for specs that have not landed yet also the files
//! that one names as its input and another as its target.

use std::collections::{HashMap, HashSet, VecDeque};

use chant_spec::SpecId;
use chant_spec::status::State;
use serde::Serialize;

use super::list::survey;
use super::spec::Spec;
use crate::drift::chain::{Chain, Names, declared};
use crate::drift::remembered;
use crate::error::Result;
use crate::history::History;
use crate::index::{Entry, Index};
use crate::project::Project;

/// Which way to follow the edges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// To what a spec builds on.
    Up,
    /// To what builds on it.
    Down,
    /// Both.
    Both,
}

/// Specs and what they build on.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Graph {
    /// The spec that was asked for; absent where all were.
    pub root: Option<String>,
    /// The specs, by id.
    pub specs: Vec<Traced>,
    /// Who builds on what.
    pub edges: Vec<Edge>,
    /// Specs that build on each other, first and last the same.
    pub circles: Vec<Vec<String>>,
}

/// One spec.
#[derive(Debug, Clone, Serialize)]
pub struct Traced {
    /// The id.
    pub id: String,
    /// The title; empty where it has none.
    pub title: String,
    /// What it asks for.
    #[serde(rename = "type")]
    pub kind: String,
    /// How it stands; `ready` or `blocked` in place of `pending`.
    pub status: State,
    /// Whether it was stale when drift was last asked, and nothing has changed since.
    pub stale: bool,
    /// The end of a reproduction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// What it writes.
    pub target_files: Vec<String>,
}

/// That a spec builds on something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Edge {
    /// The spec.
    pub from: String,
    /// A spec's id, the name of files, or an address.
    pub to: String,
    /// Which of these.
    pub kind: EdgeKind,
    /// The key that says so: `depends_on`, `informed_by`, …
    pub by: String,
    /// Of a spec: the files of it that are read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reads: Vec<String>,
}

/// What an edge leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum EdgeKind {
    /// A spec.
    Spec,
    /// A file, a folder, or a pattern; or the name of a spec that does not exist.
    File,
    /// An address.
    Url,
}

/// What a spec builds on and what builds on it, directly or not.
pub fn trace(project: &Project, id: &SpecId, way: Way) -> Result<Graph> {
    let entries = Index::load(project)?.into_entries();
    let web = Web::new(project, &entries)?;
    let Some(root) = web.names.id(id.as_str()) else {
        return Ok(Graph::default());
    };
    let mut wanted = HashSet::from([root]);
    if way != Way::Down {
        wanted.extend(web.reach(root, |at| web.up[at].iter().map(|edge| edge.to).collect()));
    }
    if way != Way::Up {
        let mut below = vec![Vec::new(); entries.len()];
        for (at, edges) in web.up.iter().enumerate() {
            for edge in edges {
                below[edge.to].push(at);
            }
        }
        wanted.extend(web.reach(root, |at| below[at].clone()));
    }
    let mut graph = web.graph(project, &wanted, true)?;
    graph.root = Some(id.to_string());
    Ok(graph)
}

/// The specs that have all these labels and are not put away, and what they depend on among each other.
pub fn dag(project: &Project, labels: &[String]) -> Result<Graph> {
    let entries = Index::load(project)?.into_entries();
    let web = Web {
        up: depends_on(&entries),
        names: Names::new(&entries),
        entries: &entries,
    };
    let has = |entry: &Entry| {
        let own = entry
            .content
            .as_ref()
            .map(|summary| summary.labels.as_slice());
        labels
            .iter()
            .all(|label| own.is_ok_and(|own| own.contains(label)))
    };
    let wanted = (0..entries.len())
        .filter(|&at| !entries[at].node.archived && has(&entries[at]))
        .collect();
    web.graph(project, &wanted, false)
}

/// A spec that builds on another.
#[derive(Clone, Copy)]
struct Link {
    to: usize,
    by: &'static str,
}

/// All specs and what each builds on.
struct Web<'a> {
    entries: &'a [Entry],
    names: Names<'a>,
    up: Vec<Vec<Link>>,
}

impl<'a> Web<'a> {
    fn new(project: &Project, entries: &'a [Entry]) -> Result<Self> {
        let names = Names::new(entries);
        // Without a commit nothing has landed.
        let history = match project.repo().head()?.oid() {
            Some(head) => History::load(project, head)?,
            None => History::default(),
        };
        let landings: Vec<_> = entries
            .iter()
            .map(|entry| history.latest(&entry.node.id).cloned())
            .collect();
        let chain = Chain::new(entries, &names, &history, &landings);
        let mut up: Vec<Vec<Link>> = (0..entries.len())
            .map(|at| {
                let edges = chain.upstream(at).iter();
                edges
                    .map(|edge| Link {
                        to: edge.to,
                        by: edge.by,
                    })
                    .collect()
            })
            .collect();
        let not_landed = |at: &usize| landings[*at].is_none();
        for (at, link) in planned(entries, &names, not_landed) {
            let known = up[at].iter().any(|known| known.to == link.to);
            if !known && !chain.builds_on(link.to, at) {
                up[at].push(link);
            }
        }
        Ok(Self { entries, names, up })
    }

    /// Everything that can be reached from a spec.
    fn reach(&self, root: usize, next: impl Fn(usize) -> Vec<usize>) -> HashSet<usize> {
        let mut seen = HashSet::with_capacity(self.entries.len().min(64));
        let mut queue = VecDeque::from([root]);
        while let Some(at) = queue.pop_front() {
            queue.extend(next(at).into_iter().filter(|next| seen.insert(*next)));
        }
        seen
    }

    fn graph(&self, project: &Project, wanted: &HashSet<usize>, leaves: bool) -> Result<Graph> {
        let ids: HashSet<&str> = wanted.iter().map(|&at| self.id(at)).collect();
        let stale = remembered::stale(project, self.entries);
        let mut specs: Vec<Traced> = survey(
            project,
            HashSet::new(),
            |entry| ids.contains(entry.node.id.as_str()),
            |_, _| true,
        )?
        .into_iter()
        .map(|spec| traced(spec, &stale))
        .collect();
        specs.sort_by(|a, b| super::natural_order(&a.id, &b.id));
        specs.dedup_by(|a, b| a.id == b.id);
        let mut order: Vec<usize> = wanted.iter().copied().collect();
        order.sort_by(|&a, &b| super::natural_order(self.id(a), self.id(b)));
        let mut edges = Vec::new();
        for at in order {
            let up = self.up[at].iter().filter(|link| wanted.contains(&link.to));
            edges.extend(up.map(|link| self.edge(at, *link)));
            if leaves {
                self.leaves(at, &mut edges);
            }
        }
        Ok(Graph {
            root: None,
            circles: circles(&specs, &edges),
            specs,
            edges,
        })
    }

    fn id(&self, at: usize) -> &'a str {
        &self.entries[at].node.id
    }

    fn edge(&self, at: usize, link: Link) -> Edge {
        let written = self.written(link.to);
        let named = declared(&self.entries[at]);
        let named = named.iter().flat_map(|(_, names)| *names);
        Edge {
            from: self.id(at).to_owned(),
            to: self.id(link.to).to_owned(),
            kind: EdgeKind::Spec,
            by: link.by.to_owned(),
            reads: named
                .filter(|name| written.contains(name))
                .cloned()
                .collect(),
        }
    }

    fn written(&self, at: usize) -> &'a [String] {
        let summary = self.entries[at].content.as_ref();
        summary.map_or(&[], |summary| summary.target_files.as_slice())
    }

    /// What a spec names that is neither a spec nor written by one that it builds on.
    fn leaves(&self, at: usize, edges: &mut Vec<Edge>) {
        for (by, names) in declared(&self.entries[at]) {
            for name in names {
                let written = |link: &Link| self.written(link.to).contains(name);
                if self.names.spec(name).is_some() || self.up[at].iter().any(written) {
                    continue;
                }
                edges.push(Edge {
                    from: self.id(at).to_owned(),
                    to: name.clone(),
                    kind: if crate::inputs::is_url(name) {
                        EdgeKind::Url
                    } else {
                        EdgeKind::File
                    },
                    by: by.to_owned(),
                    reads: Vec::new(),
                });
            }
        }
    }
}

fn depends_on(entries: &[Entry]) -> Vec<Vec<Link>> {
    let names = Names::new(entries);
    let links = |entry: &Entry| -> Vec<Link> {
        let before = entry.node.depends_on.iter();
        before
            .filter_map(|name| names.spec(name))
            .map(|to| Link {
                to,
                by: "depends_on",
            })
            .collect()
    };
    entries.iter().map(links).collect()
}

/// What specs that have not landed will read of what others will write.
fn planned<'a>(
    entries: &'a [Entry],
    names: &'a Names<'a>,
    not_landed: impl Fn(&usize) -> bool,
) -> Vec<(usize, Link)> {
    let mut writers: HashMap<&str, usize> = HashMap::new();
    for entry in entries {
        let (Some(at), Ok(summary)) = (names.id(&entry.node.id), &entry.content) else {
            continue;
        };
        for file in &summary.target_files {
            writers.entry(file).or_insert(at);
        }
    }
    let mut links = Vec::new();
    for at in (0..entries.len()).filter(not_landed) {
        for (by, named) in declared(&entries[at]) {
            let read = named.iter().filter_map(|name| writers.get(name.as_str()));
            links.extend(
                read.filter(|&&to| to != at)
                    .map(|&to| (at, Link { to, by })),
            );
        }
    }
    links
}

fn traced(spec: Spec, stale: &HashSet<String>) -> Traced {
    Traced {
        status: spec.standing(),
        stale: stale.contains(&spec.id),
        id: spec.id,
        title: spec.title,
        kind: spec.kind,
        outcome: spec.outcome,
        target_files: spec.target_files,
    }
}

fn circles(specs: &[Traced], edges: &[Edge]) -> Vec<Vec<String>> {
    let mut up: HashMap<&str, Vec<String>> = HashMap::new();
    for edge in edges.iter().filter(|edge| edge.kind == EdgeKind::Spec) {
        up.entry(&edge.from).or_default().push(edge.to.clone());
    }
    let nodes: Vec<chant_spec::graph::Node> = specs
        .iter()
        .map(|spec| chant_spec::graph::Node {
            id: spec.id.clone(),
            depends_on: up.remove(spec.id.as_str()).unwrap_or_default(),
            ..chant_spec::graph::Node::default()
        })
        .collect();
    chant_spec::graph::cycles(&nodes)
}
