//! What has to be done before what, and whether a spec is ready.
//!
//! [`readiness`] is the only definition of ready. It looks other specs up through a function, so that it costs what the
//! spec's own dependencies cost, not a reading of all specs.

mod blocker;
mod circle;
mod readiness;

use std::collections::{HashMap, HashSet};

use petgraph::graphmap::DiGraphMap;
use serde::{Deserialize, Serialize};

use crate::approval::{Approval, Consent};
use crate::frontmatter::Kind;
use crate::status::Status;

pub use blocker::Blocker;
pub use circle::cycles;
pub(crate) use readiness::dependencies;
pub use readiness::{Readiness, readiness};

/// How many members are asked, and how long a circle may be to be named here; longer ones still block.
const SEARCH_LIMIT: usize = 256;

/// What readiness needs to know of a spec.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Node {
    /// The id.
    pub id: String,
    /// What it asks for.
    pub kind: Kind,
    /// Its stored status.
    pub status: Status,
    /// What has to be completed first, as written.
    pub depends_on: Vec<String>,
    /// The members of a driver in order, where its file lists them.
    pub members: Vec<String>,
    /// What the file says about a person's approval.
    pub approval: Option<Approval>,
    /// Whether a person agreed, as far as it still holds.
    pub consent: Consent,
    /// A step that only a person can take.
    pub gate: Option<String>,
    /// Whether it was put away.
    pub archived: bool,
}

/// What a name in `depends_on` stands for.
#[derive(Debug, Clone)]
pub enum Lookup<'a> {
    /// This spec.
    One(&'a Node),
    /// No spec.
    Missing,
    /// Several specs.
    Ambiguous(Vec<String>),
    /// A spec of another repository, of which nothing can be known; why.
    Unknown(String),
}

/// Every unfinished spec that has to be done before `node`, directly or not, in an order in which they can be done.
pub fn unfinished<'a>(node: &Node, lookup: &dyn Fn(&str) -> Lookup<'a>) -> Vec<String> {
    let mut order = Vec::new();
    let mut seen: HashSet<String> = HashSet::from([node.id.clone()]);
    let mut path: Vec<(&str, &[String])> = vec![("", &node.depends_on)];
    while let Some((id, rest)) = path.pop() {
        let Some((name, rest)) = rest.split_first() else {
            order.extend((!id.is_empty()).then(|| id.to_owned()));
            continue;
        };
        path.push((id, rest));
        if let Lookup::One(dependency) = lookup(name)
            && dependency.status.is_open()
            && seen.insert(dependency.id.clone())
        {
            path.push((&dependency.id, &dependency.depends_on));
        }
    }
    order
}

/// Edges from each node to what it depends on, by position; names that are no node's id are left out.
fn edges(nodes: &[Node]) -> DiGraphMap<usize, ()> {
    let positions: HashMap<&str, usize> = nodes
        .iter()
        .enumerate()
        .map(|(i, node)| (node.id.as_str(), i))
        .collect();
    let mut graph = DiGraphMap::new();
    for (from, node) in nodes.iter().enumerate() {
        graph.add_node(from);
        for to in node
            .depends_on
            .iter()
            .filter_map(|name| positions.get(name.as_str()))
        {
            graph.add_edge(from, *to, ());
        }
    }
    graph
}

/// All specs so that each comes after what it depends on; `None` where some wait for each other.
pub fn order(nodes: &[Node]) -> Option<Vec<String>> {
    let sorted = petgraph::algo::toposort(&edges(nodes), None).ok()?;
    Some(
        sorted
            .into_iter()
            .rev()
            .map(|i| nodes[i].id.clone())
            .collect(),
    )
}
