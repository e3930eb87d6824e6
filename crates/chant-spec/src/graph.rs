//! What has to be done before what, and whether a spec is ready.
//!
//! [`readiness`] is the only definition of ready. It looks other specs up through a function, so that it costs what the
//! spec's own dependencies cost, not a reading of all specs.

use std::collections::{HashMap, HashSet};
use std::fmt;

use petgraph::graphmap::DiGraphMap;
use serde::{Deserialize, Serialize};

use crate::approval::{Approval, Consent};
use crate::frontmatter::Kind;
use crate::id;
use crate::members::Standing;
use crate::status::Status;

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

/// One thing that is in the way of a spec.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Blocker {
    /// A dependency that is not completed.
    Dependency {
        /// Its id.
        id: String,
        /// How it stands.
        status: Status,
    },
    /// A dependency that was cancelled and so will never be completed.
    Cancelled {
        /// Its id.
        id: String,
    },
    /// A dependency that does not exist.
    Missing {
        /// As written.
        id: String,
    },
    /// A dependency in another repository, of which nothing can be known.
    Unknown {
        /// As written.
        id: String,
        /// Why.
        why: String,
    },
    /// A dependency whose name fits several specs.
    Ambiguous {
        /// As written.
        id: String,
        /// What it fits.
        candidates: Vec<String>,
    },
    /// It waits for itself, along these specs.
    Cycle(Vec<String>),
    /// A person has to agree and has not.
    Approval(Consent),
    /// A dependency that is a gate, completed without an approval that holds.
    OpenGate {
        /// Its id.
        id: String,
        /// How the approval stands.
        consent: Consent,
    },
    /// A dependency that a person rejected.
    RejectedDependency {
        /// Its id.
        id: String,
        /// How.
        consent: Consent,
    },
    /// A member of the same driver that a person rejected: the others are held.
    HeldBy {
        /// Its id.
        id: String,
        /// How.
        consent: Consent,
    },
    /// An earlier member of the same driver that is not done.
    Member {
        /// Its id.
        id: String,
        /// How it stands.
        status: Status,
    },
    /// Something is in the way of the driver that it belongs to.
    Driver {
        /// The driver's id.
        id: String,
        /// What.
        why: Box<Blocker>,
    },
    /// It is a driver: what it needs is done by its members.
    Members(Standing),
    /// Only a person can take this step.
    Gate {
        /// The gate's name.
        gate: String,
    },
    /// Its own status rules work out.
    Status(Status),
}

impl Blocker {
    /// Whether it is about a dependency whose id fits.
    fn names(&self, fits: &dyn Fn(&String) -> bool) -> bool {
        match self {
            Self::Dependency { id, .. }
            | Self::Cancelled { id }
            | Self::Missing { id }
            | Self::OpenGate { id, .. } => fits(id),
            _ => false,
        }
    }
}

fn in_words(status: &Status) -> String {
    status.as_str().replace('_', " ")
}

impl fmt::Display for Blocker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dependency { id, status } => {
                write!(f, "depends on {id}, which is {}", in_words(status))
            }
            Self::Cancelled { id } => write!(f, "depends on {id}, which was cancelled"),
            Self::Missing { id } => write!(f, "depends on {id}, which does not exist"),
            Self::Unknown { id, why } => write!(f, "depends on {id}, but {why}"),
            Self::Ambiguous { id, candidates } => {
                write!(
                    f,
                    "depends on {id}, which could be {}",
                    candidates.join(" or ")
                )
            }
            Self::Cycle(ids) => write!(f, "waits for itself: {}", ids.join(" → ")),
            Self::Approval(consent) => write!(f, "{consent}"),
            Self::OpenGate { id, consent } => match consent {
                Consent::Lapsed { .. } | Consent::Unsigned { .. } => {
                    write!(f, "depends on {id}, a gate: {consent}")
                }
                _ => write!(f, "depends on {id}, a gate that nobody approved on record"),
            },
            Self::RejectedDependency { id, consent } => {
                write!(f, "depends on {id}, which {consent}")
            }
            Self::HeldBy { id, consent } => write!(f, "is held, because {id} {consent}"),
            Self::Member { id, status } => {
                write!(f, "comes after {id}, which is {}", in_words(status))
            }
            Self::Driver { id, why } => write!(f, "belongs to {id}, which {why}"),
            Self::Members(standing) => write!(f, "{standing}"),
            Self::Gate { gate } => write!(f, "waits at a gate for a person ({gate})"),
            Self::Status(status @ Status::Unknown(_)) => {
                write!(f, "has the unknown status {status}")
            }
            Self::Status(status) => write!(f, "is {status}"),
        }
    }
}

/// Whether a spec is ready, and what is in the way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Readiness {
    /// Pending with nothing in the way.
    pub ready: bool,
    /// Everything that is in the way.
    pub blocked_by: Vec<Blocker>,
}

impl Readiness {
    /// Whether it may be worked now: ready, or to be tried again with nothing in the way.
    pub fn may_be_worked(&self) -> bool {
        self.blocked_by.is_empty()
    }
}

/// Whether `node` is ready, and what is in the way.
pub fn readiness<'a>(node: &Node, lookup: &dyn Fn(&str) -> Lookup<'a>) -> Readiness {
    if !node.status.is_workable() {
        return Readiness {
            ready: false,
            blocked_by: vec![Blocker::Status(node.status.clone())],
        };
    }
    let mut blocked_by = dependencies(node, lookup);
    if blocked_by
        .iter()
        .any(|blocker| matches!(blocker, Blocker::Dependency { .. }))
    {
        blocked_by.extend(cycle_through(node, lookup).map(Blocker::Cycle));
    }
    blocked_by.extend(earlier_member(node, lookup));
    blocked_by.extend(held_with_driver(node, lookup));
    blocked_by.extend(person(node));
    Readiness {
        ready: node.status.is_pending() && blocked_by.is_empty(),
        blocked_by,
    }
}

/// The dependencies that are in the way.
pub(crate) fn dependencies<'a>(node: &Node, lookup: &dyn Fn(&str) -> Lookup<'a>) -> Vec<Blocker> {
    let blocker = |name: &String| match lookup(name) {
        Lookup::Missing => Some(Blocker::Missing { id: name.clone() }),
        Lookup::Unknown(why) => Some(Blocker::Unknown {
            id: name.clone(),
            why,
        }),
        Lookup::Ambiguous(candidates) => Some(Blocker::Ambiguous {
            id: name.clone(),
            candidates,
        }),
        Lookup::One(found) => match &found.status {
            Status::Completed if is_passed(found) => None,
            Status::Completed => Some(Blocker::OpenGate {
                id: found.id.clone(),
                consent: found.consent.clone(),
            }),
            Status::Cancelled => Some(Blocker::Cancelled {
                id: found.id.clone(),
            }),
            status => Some(Blocker::Dependency {
                id: found.id.clone(),
                status: status.clone(),
            }),
        },
    };
    node.depends_on.iter().filter_map(blocker).collect()
}

/// How many members are asked, and how long a circle may be to be named here; longer ones still block.
const SEARCH_LIMIT: usize = 256;

/// The first earlier member of the same driver that is not done. A member that says what it depends on follows that
/// instead, and a cancelled member holds up nobody.
fn earlier_member<'a>(node: &Node, lookup: &dyn Fn(&str) -> Lookup<'a>) -> Option<Blocker> {
    let (driver_id, number) = id::member(&node.id).filter(|_| node.depends_on.is_empty())?;
    let Lookup::One(driver) = lookup(driver_id) else {
        return None;
    };
    if driver.id != driver_id {
        return None;
    }
    let listed = driver.members.iter().position(|member| *member == node.id);
    let earlier: Vec<String> = match listed {
        Some(position) => driver.members[..position].to_vec(),
        None => (1..number)
            .take(SEARCH_LIMIT)
            .map(|n| format!("{driver_id}.{n}"))
            .collect(),
    };
    earlier.iter().find_map(|name| match lookup(name) {
        Lookup::One(member) if member.id == *name && member.status.is_open() => {
            Some(Blocker::Member {
                id: member.id.clone(),
                status: member.status.clone(),
            })
        }
        _ => None,
    })
}

/// What holds a driver holds its members, at any depth: what it depends on, what comes before it, an approval that is asked.
/// A driver that depends on its own members means what is so anyway.
fn held_with_driver<'a>(node: &Node, lookup: &dyn Fn(&str) -> Lookup<'a>) -> Option<Blocker> {
    let mut below = node.id.as_str();
    while let Some((id, _)) = id::member(below) {
        let Lookup::One(driver) = lookup(id) else {
            return None;
        };
        if driver.id != id || driver.kind != Kind::Driver {
            return None;
        }
        let own = |id: &String| {
            driver.members.contains(id)
                || id
                    .strip_prefix(driver.id.as_str())
                    .is_some_and(|rest| rest.starts_with('.'))
        };
        let why = dependencies(driver, lookup)
            .into_iter()
            .find(|blocker| !blocker.names(&own))
            .or_else(|| earlier_member(driver, lookup))
            .or_else(|| asked(driver));
        if let Some(why) = why {
            return Some(Blocker::Driver {
                id: driver.id.clone(),
                why: Box::new(why),
            });
        }
        below = &driver.id;
    }
    None
}

/// The approval that a driver waits for. What a rejection does to others is a setting.
fn asked(driver: &Node) -> Option<Blocker> {
    let required = driver.approval.as_ref().is_some_and(|asked| asked.required);
    let settled = matches!(
        driver.consent,
        Consent::Granted { .. } | Consent::NotAsked | Consent::Rejected { .. }
    );
    (required && !settled && driver.gate.is_none())
        .then(|| Blocker::Approval(driver.consent.clone()))
}

/// Whether a completed spec frees what depends on it: a gate only by an approval that holds. What was put away is past.
fn is_passed(node: &Node) -> bool {
    node.gate.is_none() || node.archived || node.consent.is_granted()
}

/// What a person has to do first. A gate is never worked, whatever was approved.
fn person(node: &Node) -> Option<Blocker> {
    if let Some(gate) = &node.gate
        && !matches!(node.consent, Consent::Rejected { .. })
    {
        return Some(Blocker::Gate { gate: gate.clone() });
    }
    let required = node.approval.as_ref().is_some_and(|asked| asked.required);
    let in_the_way = match node.consent {
        Consent::Granted { .. } | Consent::NotAsked => false,
        Consent::Awaited | Consent::Rejected { .. } => true,
        Consent::Unrecorded { .. } | Consent::Lapsed { .. } | Consent::Unsigned { .. } => required,
    };
    in_the_way.then(|| Blocker::Approval(node.consent.clone()))
}

/// The circle of unfinished dependencies that leads from `node` back to it: first and last are its own id.
fn cycle_through<'a>(node: &Node, lookup: &dyn Fn(&str) -> Lookup<'a>) -> Option<Vec<String>> {
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
