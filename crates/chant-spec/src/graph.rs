//! What has to be done before what, and whether a spec is ready.
//!
//! [`readiness`] is the only definition of ready. It looks other specs up through a function, so that it costs what the
//! spec's own dependencies cost, not a reading of all specs.

use std::fmt;

use crate::frontmatter::{Approval, Kind};
use crate::status::Status;

/// What readiness needs to know of a spec.
#[derive(Debug, Clone, Default)]
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
    /// Whether a person has to agree.
    pub approval: Option<Approval>,
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
    Approval {
        /// What the file says: `pending`, `rejected`, …
        status: Option<String>,
        /// Who said so.
        by: Option<String>,
    },
    /// An earlier member of the same driver that is not done.
    Member {
        /// Its id.
        id: String,
        /// How it stands.
        status: Status,
    },
    /// Only a person can take this step.
    Gate {
        /// The gate's name.
        gate: String,
    },
    /// Its own status rules work out.
    Status(Status),
}

impl fmt::Display for Blocker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dependency { id, status } => write!(f, "depends on {id}, which is {status}"),
            Self::Cancelled { id } => write!(f, "depends on {id}, which was cancelled"),
            Self::Missing { id } => write!(f, "depends on {id}, which does not exist"),
            Self::Ambiguous { id, candidates } => {
                write!(
                    f,
                    "depends on {id}, which could be {}",
                    candidates.join(" or ")
                )
            }
            Self::Cycle(ids) => write!(f, "waits for itself: {}", ids.join(" → ")),
            Self::Approval {
                status: Some(status),
                by: Some(by),
            } if status == "rejected" => {
                write!(f, "was rejected by {by}")
            }
            Self::Approval {
                status: Some(status),
                ..
            } if status == "rejected" => f.write_str("was rejected"),
            Self::Approval { .. } => f.write_str("waits for approval"),
            Self::Member { id, status } => write!(f, "comes after {id}, which is {status}"),
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
pub fn readiness<'a>(_node: &Node, _lookup: &dyn Fn(&str) -> Lookup<'a>) -> Readiness {
    Readiness::default()
}

/// All circles of specs that wait for each other.
pub fn cycles(_nodes: &[Node]) -> Vec<Vec<String>> {
    Vec::new()
}
