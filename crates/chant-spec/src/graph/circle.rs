//! Specs that wait for themselves.

use std::collections::{HashMap, HashSet};

use super::{Lookup, Node, SEARCH_LIMIT, edges};

/// The circle of unfinished dependencies that leads from `node` back to it: first and last are its own id.
pub(super) fn circle_through<'a>(
    node: &Node,
    lookup: &dyn Fn(&str) -> Lookup<'a>,
) -> Option<Vec<String>> {
    let open = |name: &str| match lookup(name) {
        Lookup::One(dependency) if dependency.status.is_open() => Lookup::One(dependency),
        _ => Lookup::Missing,
    };
    shortest_circle(node, &open, SEARCH_LIMIT)
}

/// The shortest way from `node` back to it that passes at most `limit` others.
fn shortest_circle<'a>(
    node: &Node,
    lookup: &dyn Fn(&str) -> Lookup<'a>,
    limit: usize,
) -> Option<Vec<String>> {
    // Breadth first, so that the shortest circle is named. Each found spec remembers who led to it.
    let mut found: Vec<(&'a Node, Option<usize>)> = Vec::new();
    let mut seen: HashSet<&str> = HashSet::new();
    let mut next = 0;
    let mut from: Option<usize> = None;
    let mut names = &node.depends_on;
    loop {
        for name in names {
            let Lookup::One(dependency) = lookup(name) else {
                continue;
            };
            if dependency.id == node.id {
                return Some(circle(&node.id, &found, from));
            }
            if found.len() < limit && seen.insert(&dependency.id) {
                found.push((dependency, from));
            }
        }
        let (dependency, _) = found.get(next)?;
        names = &dependency.depends_on;
        from = Some(next);
        next += 1;
    }
}

fn circle(id: &str, found: &[(&Node, Option<usize>)], last: Option<usize>) -> Vec<String> {
    let mut path = vec![id.to_owned()];
    let mut at = last;
    while let Some(index) = at {
        let (node, from) = found[index];
        path.push(node.id.clone());
        at = from;
    }
    path.push(id.to_owned());
    path.reverse();
    path
}

/// A circle for each group of specs that wait for each other, first and last the same id. `depends_on` must hold full
/// ids.
pub fn cycles(nodes: &[Node]) -> Vec<Vec<String>> {
    // Kosaraju's algorithm, since Tarjan's recurses in petgraph, and a chain of specs can be long.
    let graph = edges(nodes);
    let groups = petgraph::algo::kosaraju_scc(&graph);
    let circular = |group: &Vec<usize>| group.len() > 1 || graph.contains_edge(group[0], group[0]);
    let by_id: HashMap<&str, &Node> = nodes.iter().map(|node| (node.id.as_str(), node)).collect();
    let mut found: Vec<Vec<String>> = groups
        .iter()
        .filter(|group| circular(group))
        .filter_map(|group| {
            let first = group
                .iter()
                .map(|&i| &nodes[i])
                .min_by(|a, b| a.id.cmp(&b.id))?;
            let within: HashSet<&str> = group.iter().map(|&i| nodes[i].id.as_str()).collect();
            let lookup = |name: &str| match by_id.get(name).filter(|_| within.contains(name)) {
                Some(node) => Lookup::One(node),
                None => Lookup::Missing,
            };
            shortest_circle(first, &lookup, group.len())
        })
        .collect();
    found.sort();
    found
}
