//! Drivers with their members below them, at any depth.

use std::collections::{HashMap, HashSet};

use chant_spec::graph::Node;
use chant_spec::members::{Family, Standing};
use chant_spec::{Blocker, Kind, SpecId, State};
use serde::Serialize;

use super::list::{Filter, list};
use super::spec::Spec;
use crate::error::Result;
use crate::project::Project;

/// A spec at its place in the tree. A row stands below its driver's, and before everything that is not below that.
#[derive(Debug, Clone, Serialize)]
pub struct Branch {
    /// How many drivers it is below.
    pub depth: usize,
    /// The driver that it stands below.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub driver: Option<String>,
    /// Of a driver that is open, how many of its members are completed, and how many there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress: Option<Progress>,
    /// The one object for a spec.
    #[serde(flatten)]
    pub spec: Spec,
}

/// How far a driver's members are.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Progress {
    /// How many are completed.
    pub completed: usize,
    /// How many there are.
    pub total: usize,
}

impl Branch {
    /// A spec that stands below no driver.
    fn root(spec: Spec) -> Self {
        let done = spec.blockers.iter().find_map(|blocker| match blocker {
            Blocker::Members(Standing::Open {
                completed, total, ..
            }) => Some(Progress {
                completed: *completed,
                total: *total,
            }),
            _ => None,
        });
        Self {
            depth: 0,
            driver: None,
            progress: done,
            spec,
        }
    }

    fn is_driver(&self) -> bool {
        Kind::parse(&self.spec.kind) == Kind::Driver
    }
}

/// Puts every spec below the driver it is a member of, where that is among them; the others stay in their order.
pub fn arranged(specs: Vec<Spec>) -> Vec<Branch> {
    let nodes: Vec<Node> = specs
        .iter()
        .map(|spec| Node {
            id: spec.id.clone(),
            kind: Kind::parse(&spec.kind),
            members: spec.members.clone(),
            ..Node::default()
        })
        .collect();
    let family = Family::of(nodes.iter());
    let members: HashSet<&str> = family
        .drivers()
        .flat_map(|driver| family.members(&driver.id).iter().copied())
        .collect();
    let roots = nodes.iter().map(|node| node.id.as_str());
    let (tops, below): (Vec<&str>, Vec<&str>) = roots.partition(|id| !members.contains(id));
    // Drivers that list each other are below no top; each of them still is shown.
    let mut next: Vec<(usize, Option<&str>, &str)> = tops
        .into_iter()
        .chain(below)
        .map(|id| (0, None, id))
        .rev()
        .collect();
    let mut specs: HashMap<String, Spec> = specs
        .into_iter()
        .map(|spec| (spec.id.clone(), spec))
        .collect();
    let mut tree = Vec::with_capacity(specs.len());
    while let Some((depth, driver, id)) = next.pop() {
        let Some(spec) = specs.remove(id) else {
            continue;
        };
        tree.push(Branch {
            depth,
            driver: driver.map(str::to_owned),
            ..Branch::root(spec)
        });
        let members = family.members(id).iter().rev();
        next.extend(members.map(|member| (depth + 1, Some(id), *member)));
    }
    tree
}

/// The drivers that are not over, with everything below them. Nothing is listed where there is none.
pub(super) fn open_drivers(tree: Vec<Branch>) -> Vec<Branch> {
    let mut open = false;
    let mut wanted = Vec::new();
    for branch in tree {
        if branch.depth == 0 {
            let over = matches!(
                branch.spec.standing(),
                State::Completed | State::Stale | State::Cancelled
            );
            open = branch.is_driver() && !over;
        }
        if open {
            wanted.push(branch);
        }
    }
    wanted
}

/// Everything below a driver.
pub(super) fn below(project: &Project, driver: &SpecId) -> Result<Vec<Branch>> {
    let tree = arranged(list(project, &Filter::default())?);
    let Some(at) = tree
        .iter()
        .position(|branch| branch.spec.id == driver.as_str())
    else {
        return Ok(Vec::new());
    };
    let top = tree[at].depth;
    Ok(tree
        .into_iter()
        .skip(at + 1)
        .take_while(|branch| branch.depth > top)
        .map(|branch| Branch {
            depth: branch.depth - top - 1,
            ..branch
        })
        .collect())
}
