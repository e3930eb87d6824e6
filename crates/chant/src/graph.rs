//! Specs that build on each other, as a tree of text or for Graphviz.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use chant_engine::query::{Edge, EdgeKind, Graph, Traced};

use crate::cli::Context;
use crate::commands::tone;
use crate::ui::{Tone, one_line};

/// Deeper than this the tree goes straight down, or long chains would leave the terminal.
const DEEPEST: usize = 20;

/// Which way a tree is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// Below a spec stands what it builds on.
    Up,
    /// Below a spec stands what builds on it.
    Down,
}

/// A line of the tree that is still to be drawn.
struct Branch<'g> {
    /// What it leads to.
    name: &'g str,
    edge: Option<&'g Edge>,
    depth: usize,
    /// What stands before it, and before what is below it.
    prefix: String,
    below: String,
}

/// Draws trees from these specs on. What was drawn already is named and not drawn again, so circles end.
pub(crate) fn tree(cx: &mut Context, graph: &Graph, roots: &[&str], reading: Reading) {
    let specs: HashMap<&str, &Traced> = graph
        .specs
        .iter()
        .map(|spec| (spec.id.as_str(), spec))
        .collect();
    let edges = edges_by_spec(graph, reading);
    let mut drawn: HashSet<&str> = HashSet::new();
    let mut next: Vec<Branch<'_>> = roots
        .iter()
        .rev()
        .map(|root| Branch {
            name: root,
            edge: None,
            depth: 0,
            prefix: String::new(),
            below: String::new(),
        })
        .collect();
    while let Some(branch) = next.pop() {
        let spec = match branch.edge {
            Some(edge) if reading == Reading::Up && edge.kind != EdgeKind::Spec => None,
            _ => specs.get(branch.name).copied(),
        };
        let again = spec.is_some() && !drawn.insert(branch.name);
        if again && branch.edge.is_none() {
            continue;
        }
        draw(cx, &branch, spec, again);
        if spec.is_none() || again {
            continue;
        }
        let children = edges.get(branch.name).map_or(&[][..], Vec::as_slice);
        for (number, edge) in children.iter().enumerate().rev() {
            next.push(child(&branch, edge, number + 1 == children.len(), reading));
        }
    }
}

fn edges_by_spec(graph: &Graph, reading: Reading) -> HashMap<&str, Vec<&Edge>> {
    let mut edges: HashMap<&str, Vec<&Edge>> = HashMap::new();
    for edge in &graph.edges {
        match (reading, edge.kind) {
            (Reading::Up, _) => edges.entry(&edge.from).or_default().push(edge),
            (Reading::Down, EdgeKind::Spec) => edges.entry(&edge.to).or_default().push(edge),
            (Reading::Down, _) => {}
        }
    }
    edges
}

fn child<'g>(parent: &Branch<'_>, edge: &'g Edge, last: bool, reading: Reading) -> Branch<'g> {
    let depth = parent.depth + 1;
    let (own, below) = if last {
        ("└─ ", "   ")
    } else {
        ("├─ ", "│  ")
    };
    let (prefix, below) = if depth > DEEPEST {
        (format!("{}… {depth}  ", parent.below), parent.below.clone())
    } else {
        (
            format!("{}{own}", parent.below),
            format!("{}{below}", parent.below),
        )
    };
    Branch {
        name: match reading {
            Reading::Up => &edge.to,
            Reading::Down => &edge.from,
        },
        edge: Some(edge),
        depth,
        prefix,
        below,
    }
}

fn draw(cx: &mut Context, branch: &Branch<'_>, spec: Option<&Traced>, again: bool) {
    let mut line = cx.ui.paint(Tone::Dim, &branch.prefix);
    let Some(spec) = spec else {
        line.push_str(&one_line(branch.name));
        cx.ui.out(&line);
        return;
    };
    line.push_str(&cx.ui.paint(Tone::Strong, &one_line(&spec.id)));
    if again {
        line.push_str(&cx.ui.paint(Tone::Dim, "  (above)"));
        cx.ui.out(&line);
        return;
    }
    let words = spec.status.as_str().replace('_', " ");
    let _ = write!(line, "  {}", cx.ui.paint(tone(spec.status), &words));
    if spec.stale {
        let _ = write!(line, "  {}", cx.ui.paint(Tone::Warning, "stale"));
    }
    if let Some(outcome) = &spec.outcome {
        let _ = write!(line, "  {}", one_line(outcome));
    }
    let _ = write!(line, "  {}", one_line(spec.title.trim()));
    if let Some(edge) = branch.edge.filter(|edge| !edge.reads.is_empty()) {
        let reads = format!("  ({})", edge.reads.join(", "));
        line.push_str(&cx.ui.paint(Tone::Dim, &one_line(&reads)));
    }
    cx.ui.out(line.trim_end());
}

/// The graph for `dot`: an arrow goes from what was there first to what builds on it.
pub(crate) fn dot(graph: &Graph) -> String {
    let mut text = "digraph chant {\n  rankdir=LR;\n  node [shape=box];\n".to_owned();
    for spec in &graph.specs {
        let mut label = format!("{}\\n{}", escaped(&spec.id), escaped(spec.title.trim()));
        let _ = write!(label, "\\n{}", spec.status.as_str());
        if spec.stale {
            label.push_str(", stale");
        }
        let _ = writeln!(text, "  \"{}\" [label=\"{label}\"];", escaped(&spec.id));
    }
    let mut leaves: HashSet<&str> = HashSet::new();
    for edge in &graph.edges {
        // A file may be called like a spec.
        let from = match edge.kind {
            EdgeKind::Spec => escaped(&edge.to),
            EdgeKind::File | EdgeKind::Url => {
                let name = format!("file: {}", escaped(&edge.to));
                if leaves.insert(&edge.to) {
                    let label = escaped(&edge.to);
                    let _ = writeln!(text, "  \"{name}\" [label=\"{label}\", shape=note];");
                }
                name
            }
        };
        let to = escaped(&edge.from);
        let _ = writeln!(
            text,
            "  \"{from}\" -> \"{to}\" [label=\"{}\"];",
            escaped(&edge.by)
        );
    }
    text.push('}');
    text
}

/// Text inside the quotes of Graphviz.
fn escaped(text: &str) -> String {
    one_line(text).replace('\\', "\\\\").replace('"', "\\\"")
}

/// Says which specs build on each other.
pub(crate) fn circles(cx: &mut Context, graph: &Graph) {
    for circle in &graph.circles {
        cx.ui.warn(&format!(
            "these wait for each other: {}",
            circle.join(" → ")
        ));
    }
}
