//! Drivers and their members, at any depth: who belongs to whom, and how a driver stands by that.
//!
//! A member is numbered (`x.2` of the driver `x`, `x.2.1` of `x.2`) or named by the driver's `members:`. A driver is never
//! worked itself. It is done when its members are: a cancelled one does not hold it up, as long as at least one was completed.

use std::collections::{HashMap, HashSet};
use std::fmt;

use crate::frontmatter::Kind;
use crate::graph::Node;
use crate::id;
use crate::status::Status;

/// Which specs are members of which drivers, among all specs of a project.
#[derive(Debug, Default)]
pub struct Family<'a> {
    nodes: HashMap<&'a str, &'a Node>,
    /// Of each driver its members, in the order in which they are worked.
    members: HashMap<&'a str, Vec<&'a str>>,
}

/// How a driver stands by its members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It has no members.
    Empty,
    /// Members are open.
    Open {
        /// Those, in order; of a member that its file names and that does not exist, that name.
        open: Vec<String>,
        /// How many are completed.
        completed: usize,
        /// How many there are.
        total: usize,
        /// Why they will never all be.
        flaw: Option<Flaw>,
    },
    /// Every member was cancelled, so nothing was done.
    Cancelled,
    /// Every member is over, and at least one was completed.
    Done {
        /// The completed ones, in order.
        completed: Vec<String>,
        /// The cancelled ones.
        cancelled: Vec<String>,
    },
}

/// What keeps the members of a driver from ever being done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flaw {
    /// Its `members` names these, which do not exist.
    Missing(Vec<String>),
    /// It is a member of itself: the way down from it to it.
    Circle(Vec<String>),
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(names) if names.len() == 1 => {
                write!(f, "{} does not exist", names[0])
            }
            Self::Missing(names) => write!(f, "{} do not exist", names.join(", ")),
            Self::Circle(way) => write!(f, "it is a member of itself: {}", way.join(" → ")),
        }
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("is a driver without members"),
            Self::Open {
                completed,
                total,
                flaw,
                ..
            } => {
                write!(f, "waits for its members: {completed} of {total} completed")?;
                flaw.as_ref()
                    .map_or(Ok(()), |flaw| write!(f, ", but {flaw}"))
            }
            Self::Cancelled => f.write_str("is a driver whose members were all cancelled"),
            Self::Done { completed, .. } => write!(
                f,
                "waits to be completed: its members are done ({})",
                completed.len()
            ),
        }
    }
}

impl<'a> Family<'a> {
    /// Works out who belongs to whom. Ids that two specs share belong to neither.
    pub fn of(nodes: impl Iterator<Item = &'a Node> + Clone) -> Self {
        let drivers: HashMap<&str, &Node> = nodes
            .clone()
            .filter(|node| node.kind == Kind::Driver)
            .map(|node| (node.id.as_str(), node))
            .collect();
        if drivers.is_empty() {
            return Self::default();
        }
        let mut numbered: HashMap<&str, Vec<(u32, &str)>> = HashMap::new();
        for node in nodes.clone() {
            if let Some((driver, number)) = id::member(&node.id)
                && let Some(driver) = drivers.get(driver)
                && !driver.members.contains(&node.id)
            {
                let members = numbered.entry(&driver.id).or_default();
                members.push((number, &node.id));
            }
        }
        let members = drivers.values().map(|driver| {
            let mut numbered = numbered.remove(driver.id.as_str()).unwrap_or_default();
            numbered.sort_unstable();
            let listed = driver.members.iter().map(String::as_str);
            let all = listed.chain(numbered.into_iter().map(|(_, id)| id));
            (driver.id.as_str(), distinct(all))
        });
        Self {
            members: members.collect(),
            nodes: nodes.map(|node| (node.id.as_str(), node)).collect(),
        }
    }

    /// The members of a driver, in the order in which they are worked; none of any other spec.
    pub fn members(&self, driver: &str) -> &[&'a str] {
        self.members.get(driver).map_or(&[], Vec::as_slice)
    }

    /// Every driver.
    pub fn drivers(&self) -> impl Iterator<Item = &'a Node> {
        self.members.keys().filter_map(|id| self.node(id))
    }

    /// The spec of this id.
    pub fn node(&self, id: &str) -> Option<&'a Node> {
        self.nodes.get(id).copied()
    }

    /// What there is to work below a driver, at any depth, in order: every member that is no driver itself.
    pub fn leaves(&self, driver: &str) -> Vec<&'a str> {
        let mut leaves = Vec::new();
        let mut seen = HashSet::from([driver]);
        let mut next: Vec<&'a str> = self.members(driver).iter().rev().copied().collect();
        while let Some(id) = next.pop() {
            if !seen.insert(id) {
                continue;
            }
            match self.members.get(id) {
                Some(members) => next.extend(members.iter().rev()),
                None if self.nodes.contains_key(id) => leaves.push(id),
                None => {}
            }
        }
        leaves
    }

    /// What keeps the members of a driver from ever being done, if anything does.
    pub fn flaw(&self, driver: &str) -> Option<Flaw> {
        let missing = |id: &&&str| !self.nodes.contains_key(**id);
        let missing: Vec<String> = self
            .members(driver)
            .iter()
            .filter(missing)
            .map(|id| (*id).to_owned())
            .collect();
        if !missing.is_empty() {
            return Some(Flaw::Missing(missing));
        }
        let mut seen = HashSet::new();
        let mut ways = vec![vec![driver]];
        while let Some(way) = ways.pop() {
            let last = way.last().copied().unwrap_or(driver);
            for id in self.members(last) {
                let longer: Vec<&str> = way.iter().copied().chain([*id]).collect();
                if *id == driver {
                    let way = longer.into_iter().map(str::to_owned);
                    return Some(Flaw::Circle(way.collect()));
                }
                if seen.insert(*id) && self.members.contains_key(id) {
                    ways.push(longer);
                }
            }
        }
        None
    }

    /// How a driver stands. Those in `done` count as completed, whatever their files say.
    pub fn standing(&self, driver: &str, done: &HashSet<&str>) -> Standing {
        let members = self.members(driver);
        if members.is_empty() {
            return Standing::Empty;
        }
        let (mut open, mut completed, mut cancelled) = (Vec::new(), Vec::new(), Vec::new());
        for id in members {
            match self.node(id).map(|node| &node.status) {
                Some(Status::Completed) => completed.push((*id).to_owned()),
                Some(_) if done.contains(id) => completed.push((*id).to_owned()),
                Some(Status::Cancelled) => cancelled.push((*id).to_owned()),
                _ => open.push((*id).to_owned()),
            }
        }
        match (open.is_empty(), completed.is_empty()) {
            (false, _) => Standing::Open {
                open,
                completed: completed.len(),
                total: members.len(),
                flaw: self.flaw(driver),
            },
            (true, true) => Standing::Cancelled,
            (true, false) => Standing::Done {
                completed,
                cancelled,
            },
        }
    }

    /// The drivers that are done and not completed yet, each after those below it: with one its own driver may be done.
    pub fn finished(&self) -> Vec<(&'a Node, Standing)> {
        let mut open: Vec<&'a Node> = self
            .drivers()
            .filter(|node| node.status.is_workable() && !node.archived)
            .collect();
        open.sort_by(|a, b| a.id.cmp(&b.id));
        let mut done = HashSet::new();
        let mut finished = Vec::new();
        loop {
            let next = open.iter().position(|driver| {
                matches!(self.standing(&driver.id, &done), Standing::Done { .. })
            });
            let Some(next) = next else {
                return finished;
            };
            let driver = open.remove(next);
            finished.push((driver, self.standing(&driver.id, &done)));
            done.insert(driver.id.as_str());
        }
    }
}

fn distinct<'a>(ids: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = HashSet::new();
    ids.filter(|id| seen.insert(*id)).collect()
}
