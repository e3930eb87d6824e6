//! What can be in the way of a spec, and how it is said.

use std::fmt;

use crate::approval::Consent;
use crate::members::Standing;
use crate::status::Status;

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
    pub(super) fn names(&self, fits: &dyn Fn(&String) -> bool) -> bool {
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
