//! The one object for a spec, and the order specs are shown in.

use std::cmp::Ordering;

use chant_spec::graph::Node;
use chant_spec::status::State;
use chant_spec::{Blocker, Consent, Objects};
use serde::Serialize;

use crate::agents::Choice;
use crate::index::{Entry, Finding, Summary};

/// A spec, as every listing and every machine is told.
#[derive(Debug, Clone, Serialize)]
pub struct Spec {
    /// The id.
    pub id: String,
    /// The title; empty where it has none.
    pub title: String,
    /// What it asks for.
    #[serde(rename = "type")]
    pub kind: String,
    /// How it stands: what run state says, else what its file says.
    #[serde(rename = "status")]
    pub state: State,
    /// Why it stands so, in one sentence; where there is something to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Pending, with nothing in the way.
    pub ready: bool,
    /// Nothing is in the way of working it: it is ready, or was tried before and may be tried again.
    #[serde(skip)]
    pub may_be_worked: bool,
    /// What is in the way, each as a fragment of a sentence.
    pub blocked_by: Vec<String>,
    /// The same for the engine's own decisions.
    #[serde(skip)]
    pub(crate) blockers: Vec<Blocker>,
    /// Whether only a person passes it.
    #[serde(skip)]
    pub is_gate: bool,
    /// What a person said; where one is asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval: Option<Approved>,
    /// Free words to select by.
    pub labels: Vec<String>,
    /// What has to be completed first.
    pub depends_on: Vec<String>,
    /// Inputs.
    pub informed_by: Vec<String>,
    /// The files it is about.
    pub target_files: Vec<String>,
    /// Its acceptance criteria, counted.
    pub criteria: Criteria,
    /// Completed, and made from something that is another thing at the main branch's tip. `show` and `list --stale` find
    /// it out; any other listing says what was last found out for this tip and these spec files, and else `false`.
    pub stale: bool,
    /// Its file, from the project's root.
    pub path: String,
    /// Whether it was put away.
    pub archived: bool,
    /// The prompt it asks for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
    /// The model it asks for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The agent it asks for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// The agent that its next run would be given to, and why; where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chosen: Option<Choice>,
    /// What the scheduler starts first: higher before lower.
    #[serde(skip_serializing_if = "is_normal")]
    pub priority: i32,
    /// The members of a driver, where its file lists them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<String>,
    /// When it was completed, as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<String>,
    /// The end that a reproduction came to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// The run that `status` comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// Why its file can not be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Finding>,
}

/// What a person said of a spec, as far as it still holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Approved {
    /// Whether it has to be asked for.
    pub required: bool,
    /// `pending`, `approved`, `rejected` or `lapsed`.
    pub status: &'static str,
    /// Whether it was given for something that has changed since.
    pub lapsed: bool,
    /// Who said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// Why, where it was rejected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How it stands, as a fragment of a sentence.
    pub says: String,
    /// Whether there is a signature. `chant show` says whose.
    pub signed: bool,
    /// What was approved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub objects: Option<Objects>,
}

impl Approved {
    /// What is known of a spec; `None` where nobody is asked.
    pub(super) fn of(node: &Node, state: State) -> Option<Self> {
        let is_gate = node.gate.is_some();
        let over = matches!(state, State::Completed | State::Cancelled);
        let mut consent = match (&node.consent, is_gate) {
            (Consent::NotAsked, true) => Consent::Awaited,
            (consent, _) => consent.clone(),
        };
        // The landing was of what was approved; what is done to the file later concerns nobody's work.
        let file = node.approval.clone().unwrap_or_default();
        if over && !is_gate && file.says_approved() {
            consent = Consent::Granted {
                by: file.by.clone().unwrap_or_else(|| "somebody".to_owned()),
                at: file.at.clone().unwrap_or_else(|| "some time".to_owned()),
            };
        }
        let status = consent.word()?;
        Some(Self {
            required: file.required || is_gate,
            status,
            lapsed: matches!(consent, Consent::Lapsed { .. }),
            says: consent.to_string(),
            signed: file.signature().is_some(),
            by: file.by,
            at: file.at,
            reason: file.reason,
            objects: file.objects,
        })
    }
}

/// Acceptance criteria, counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Criteria {
    /// All.
    pub total: u32,
    /// Ticked.
    pub checked: u32,
}

/// How a spec stands: what takes other specs and runs to know.
#[derive(Debug)]
pub(super) struct Verdict {
    pub state: State,
    pub reason: Option<String>,
    pub ready: bool,
    pub may_be_worked: bool,
    pub blocked_by: Vec<Blocker>,
    pub run: Option<String>,
    /// A gate that was passed by an approval that does not hold any more.
    pub lapsed_gate: bool,
}

impl Verdict {
    /// `ready` or `blocked` in place of `pending`.
    pub(super) fn standing(&self) -> State {
        standing(self.state, self.ready)
    }
}

fn standing(state: State, ready: bool) -> State {
    match state {
        State::Pending if ready => State::Ready,
        State::Pending => State::Blocked,
        state => state,
    }
}

impl Spec {
    /// The spec of an entry, of which it is known how it stands.
    pub(super) fn new(entry: Entry, verdict: Verdict) -> Self {
        let (summary, error) = match entry.content {
            Ok(summary) => (summary, None),
            Err(finding) => (Summary::default(), Some(finding)),
        };
        let node = entry.node;
        let approval = Approved::of(&node, verdict.state);
        Self {
            id: node.id,
            title: summary.title.unwrap_or_default(),
            kind: node.kind.as_str().to_owned(),
            state: verdict.state,
            reason: verdict.reason,
            ready: verdict.ready,
            may_be_worked: verdict.may_be_worked,
            is_gate: node.gate.is_some(),
            approval,
            blocked_by: verdict.blocked_by.iter().map(ToString::to_string).collect(),
            blockers: verdict.blocked_by,
            labels: summary.labels,
            depends_on: node.depends_on,
            informed_by: summary.informed_by,
            target_files: summary.target_files,
            criteria: Criteria {
                total: summary.criteria,
                checked: summary.checked,
            },
            stale: false,
            path: entry.path,
            archived: node.archived,
            prompt: summary.prompt,
            model: summary.model,
            agent: summary.agent,
            chosen: None,
            priority: summary.priority,
            members: node.members,
            completed_at: summary.completed_at,
            outcome: summary.outcome,
            run: verdict.run,
            error,
        }
    }

    /// Whether it is pending and something is in the way.
    pub fn is_blocked(&self) -> bool {
        self.state == State::Pending && !self.ready
    }

    /// A gate that was passed, by an approval that does not hold, or that nobody gave.
    pub fn needs_approval_again(&self) -> bool {
        let granted = |approval: &Approved| approval.status == "approved";
        self.is_gate
            && self.state == State::Completed
            && !self.archived
            && !self.approval.as_ref().is_some_and(granted)
    }

    /// The one word for how it stands: `ready` or `blocked` in place of `pending`, `stale` in place of `completed`.
    pub fn standing(&self) -> State {
        match standing(self.state, self.ready) {
            State::Completed if self.stale => State::Stale,
            state => state,
        }
    }

    /// Where it is shown: what can be begun first, what is over last.
    pub(super) fn rank(&self) -> u8 {
        match self.standing() {
            _ if self.error.is_some() => 3,
            State::Ready => 0,
            State::Queued | State::InProgress | State::Verifying | State::Landing => 1,
            State::Paused
            | State::Parked
            | State::Conflict
            | State::Failed
            | State::NeedsAttention => 2,
            State::Pending | State::Blocked | State::Stale => 4,
            State::Completed => 5,
            State::Cancelled => 6,
        }
    }
}

/// What need not be said.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_normal(priority: &i32) -> bool {
    *priority == 0
}

/// Compares ids as people count: `x.2` before `x.10`.
pub fn natural_order(a: &str, b: &str) -> Ordering {
    let mut parts = (a.split('.'), b.split('.'));
    loop {
        let order = match (parts.0.next(), parts.1.next()) {
            (None, None) => return a.cmp(b),
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(a), Some(b)) => match (a.parse::<u64>(), b.parse::<u64>()) {
                (Ok(a), Ok(b)) => a.cmp(&b),
                _ => a.cmp(b),
            },
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_counted() {
        let mut ids = ["x.10", "x.2", "x", "w", "x.2.1", "001-b", "01-a"];
        ids.sort_by(|a, b| natural_order(a, b));
        assert_eq!(ids, ["001-b", "01-a", "w", "x", "x.2", "x.2.1", "x.10"]);
    }
}
