//! A person in an agent's place, as a run's row remembers it.

use serde::{Deserialize, Serialize};

use super::{RunRecord, Step, Wish};

/// The kind of an "agent" that is a person, in the record of a landing.
pub(crate) const PERSON: &str = "person";

/// What stands where the version of an agent would.
const BY_HAND: &str = "by hand";

/// A person who goes on with a run by hand, and whom they relieved.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Takeover {
    /// The person.
    pub by: String,
    /// When, RFC 3339.
    pub at: String,
    /// The agent before.
    pub agent: String,
    /// Its kind.
    pub agent_kind: String,
    /// Its version.
    pub agent_version: Option<String>,
    /// Its model.
    pub model: Option<String>,
    /// Why what the person left could not be accepted, the last time it was offered.
    pub refused: Option<String>,
}

impl Takeover {
    pub(crate) fn of(run: &RunRecord, wish: &Wish) -> Self {
        let facts = &run.facts;
        Self {
            by: wish.by.clone(),
            at: wish.at.clone(),
            agent: facts.agent.clone(),
            agent_kind: facts.agent_kind.clone(),
            agent_version: facts.agent_version.clone(),
            model: facts.model.clone(),
            refused: None,
        }
    }

    /// The agent has the run again, with what the person did.
    pub(crate) fn give_back(self, run: &mut RunRecord) {
        let facts = &mut run.facts;
        facts.agent = self.agent;
        facts.agent_kind = self.agent_kind;
        facts.agent_version = self.agent_version;
        facts.model = self.model;
        facts.round += 1;
        run.step = Step::Agent;
    }

    /// What lands now is the person's.
    pub(crate) fn sign(&self, run: &mut RunRecord) {
        let facts = &mut run.facts;
        facts.agent.clone_from(&self.by);
        PERSON.clone_into(&mut facts.agent_kind);
        facts.agent_version = Some(BY_HAND.to_owned());
        facts.model = None;
    }
}
