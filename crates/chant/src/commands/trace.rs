//! `chant trace`

use chant_engine::Result;
use chant_engine::query::{self, Way};

use crate::cli::{Context, Done};
use crate::graph::{self, Reading};
use crate::ui::Tone;

/// Show what a spec builds on, and what builds on it
///
/// Specs are followed through `depends_on`, through inputs, and through what one wrote and another read; files and addresses
/// are where it begins.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  chant trace 005\n  chant trace 001 --down\n  chant trace 005 --up --dot | dot -Tsvg > chain.svg"
)]
pub(crate) struct Args {
    /// The spec, by id, path, or a part of the id
    #[arg(value_name = "SPEC")]
    spec: String,
    /// Only what it builds on
    #[arg(long, conflicts_with = "down")]
    up: bool,
    /// Only what builds on it
    #[arg(long)]
    down: bool,
    /// As a graph for Graphviz
    #[arg(long, conflicts_with = "json")]
    dot: bool,
}

pub(crate) fn run(cx: &mut Context, args: &Args) -> Result<Done> {
    let project = cx.project()?;
    let id = cx.spec(&project, &args.spec)?.id;
    let way = match (args.up, args.down) {
        (true, _) => Way::Up,
        (_, true) => Way::Down,
        _ => Way::Both,
    };
    let graph = query::trace(&project, &id, way)?;
    cx.ui.begin_page();
    if args.dot {
        cx.ui.out(&graph::dot(&graph));
        return Done::with(graph);
    }
    for (reading, wanted, title) in [
        (Reading::Up, way != Way::Down, "builds on"),
        (Reading::Down, way != Way::Up, "used by"),
    ] {
        if wanted {
            let title = cx.ui.paint(Tone::Dim, title);
            cx.ui.out(&title);
            graph::tree(cx, &graph, &[id.as_str()], reading);
        }
    }
    graph::circles(cx, &graph);
    Done::with(graph)
}
