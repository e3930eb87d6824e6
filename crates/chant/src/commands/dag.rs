//! `chant dag`

use std::collections::HashSet;

use chant_engine::Result;
use chant_engine::query::{self, Graph};

use crate::cli::{Context, Done};
use crate::graph::{self, Reading};

/// Show which specs depend on which
///
/// Below each spec stands what depends on it. `chant trace` follows one spec, also through what it reads.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  chant dag\n  chant dag --label issue-42\n  chant dag --dot | dot -Tsvg > specs.svg"
)]
pub(crate) struct Args {
    /// Only specs with this label; may be repeated
    #[arg(long = "label", value_name = "LABEL")]
    labels: Vec<String>,
    /// As a graph for Graphviz
    #[arg(long, conflicts_with = "json")]
    dot: bool,
}

pub(crate) fn run(cx: &mut Context, args: &Args) -> Result<Done> {
    let project = cx.project()?;
    let graph = query::dag(&project, &args.labels)?;
    cx.ui.begin_page();
    if args.dot {
        cx.ui.out(&graph::dot(&graph));
    } else if graph.specs.is_empty() {
        cx.ui.out("No specs to draw. What there is: chant list");
    } else {
        graph::tree(cx, &graph, &roots(&graph), Reading::Down);
        graph::circles(cx, &graph);
    }
    Done::with(graph)
}

/// Where the trees begin: what depends on nothing, and one spec of each circle that nothing leads to.
fn roots(graph: &Graph) -> Vec<&str> {
    let dependent: HashSet<&str> = graph.edges.iter().map(|edge| edge.from.as_str()).collect();
    let ids = graph.specs.iter().map(|spec| spec.id.as_str());
    let mut roots: Vec<&str> = ids.filter(|id| !dependent.contains(id)).collect();
    let in_circles = graph.circles.iter().filter_map(|circle| circle.first());
    roots.extend(in_circles.map(String::as_str));
    roots
}
