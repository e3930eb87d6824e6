//! A parked run, as its row remembers it: until when, and why.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::moment::clock_time;

/// That a run waits for a limit to be renewed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parked {
    /// When it goes on.
    #[serde(with = "instant")]
    pub until: Timestamp,
    /// When this waiting began; a run that gets nothing done between two refusals has waited all the time.
    #[serde(with = "instant")]
    pub since: Timestamp,
    /// What the agent's provider said.
    pub why: String,
    /// The agent that was refused.
    pub agent: String,
    /// How often it was refused since then.
    pub times: u32,
    /// When which agent may be used again, of those that refused this run.
    pub renewals: Vec<Renewal>,
    /// The agent that goes on, where it is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with: Option<String>,
}

/// When the limit of an agent is renewed, as far as is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Renewal {
    /// The agent's name.
    pub agent: String,
    /// The moment.
    #[serde(with = "instant")]
    pub at: Timestamp,
}

impl Parked {
    /// Whether its time has come.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.until <= now
    }

    /// `until 14:05, plan limit of agent main (…)`, in the zone of the user.
    pub fn sentence(&self, now: Timestamp, zone: &TimeZone) -> String {
        let (agent, why) = (&self.agent, &self.why);
        match &self.with {
            Some(other) if self.is_due(now) => {
                format!("goes on with agent {other}; limit of agent {agent}: {why}")
            }
            Some(other) => format!(
                "until {}, then with agent {other}; limit of agent {agent}: {why}",
                clock_time(self.until, now, zone)
            ),
            None => format!(
                "until {}, limit of agent {agent}: {why}",
                clock_time(self.until, now, zone)
            ),
        }
    }
}

/// An instant as RFC 3339, like every other time in the journal.
mod instant {
    use jiff::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(moment: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(moment)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}
