//! Whether a spec is ready, and what is in its way: its dependencies, its place in a driver, a person.

use super::circle::circle_through;
use super::{Blocker, Lookup, Node, SEARCH_LIMIT};
use crate::approval::Consent;
use crate::frontmatter::Kind;
use crate::id;
use crate::status::Status;

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
        blocked_by.extend(circle_through(node, lookup).map(Blocker::Cycle));
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
