//! The end: why what is left did not come to its turn.

use chant_spec::State;

use super::event::{Event, Summary, Waiting};
use super::supervise::Supervisor;
use super::task::Stage;
use crate::error::Result;
use crate::query::Stand;

impl Supervisor<'_> {
    /// Nothing can go on: what is left is told, and nothing is asked for any more.
    pub(super) fn end(mut self) -> Result<Summary> {
        let left: Vec<usize> = (0..self.tasks.len())
            .filter(|&at| self.tasks[at].stage != Stage::Over)
            .collect();
        if !left.is_empty() {
            let ids: Vec<&str> = left
                .iter()
                .map(|&at| self.tasks[at].spec.as_str())
                .collect();
            let stands = self.roll.stand(&ids);
            for (&at, stand) in left.iter().zip(stands) {
                let waiting = self.why(at, stand);
                self.summary.waiting.push(waiting);
            }
        }
        for waiting in self.summary.waiting.clone() {
            self.tell(&Event::Waiting(waiting));
        }
        if self.ask.once
            && left
                .iter()
                .any(|&at| matches!(self.tasks[at].stage, Stage::Parked(_)))
        {
            // Others may depend on it.
            for at in left {
                let spec = self.tasks[at].spec.clone();
                self.asker.leave(&spec);
            }
        }
        // A short command may end before it has looked at the files a second time.
        self.read_roll()?;
        let meant = self.ask.select(&self.roll).map(|now| now.specs);
        let later = meant.unwrap_or_default().into_iter();
        self.summary.later = later
            .filter(|spec| !self.by_spec.contains_key(spec))
            .collect();
        self.summary.stopped = self.stopping.is_some() && !self.failed_fast;
        self.asker.end(&mut self.journal)?;
        Ok(self.summary)
    }

    /// Why a task did not come to its turn.
    fn why(&self, at: usize, stand: Option<Stand>) -> Waiting {
        let task = &self.tasks[at];
        let (mut until, mut blocked_by) = (None, Vec::new());
        match (task.stage, stand) {
            (_, None) => blocked_by.push("its file is gone".to_owned()),
            (Stage::Parked(time), _) => {
                until = Some(time.to_string());
                blocked_by.clone_from(&task.told);
            }
            (Stage::Elsewhere, _) => blocked_by.push("is worked by another command".to_owned()),
            (_, Some(stand)) if !stand.blocked_by.is_empty() => blocked_by = stand.blocked_by,
            (_, Some(stand)) if !stand.may_be_worked => {
                blocked_by.push(in_words(&stand));
            }
            _ if self.failed_fast => {
                blocked_by.push("was not begun, because another failed".to_owned());
            }
            _ if self.stopping.is_some() => blocked_by.push("was not begun".to_owned()),
            _ => blocked_by.push(format!(
                "was not begun: {} results wait for a person (limits.waiting_for_person)",
                self.for_person.unwrap_or(0)
            )),
        }
        Waiting {
            id: task.spec.clone(),
            blocked_by,
            until,
        }
    }
}

/// How a spec stands that may not be worked, as a fragment of a sentence.
fn in_words(stand: &Stand) -> String {
    let state = match stand.state {
        State::NeedsAttention => "needs attention".to_owned(),
        state => format!("is {}", state.as_str().replace('_', " ")),
    };
    match stand.reason.as_str() {
        "" => state,
        reason => format!("{state}: {reason}"),
    }
}
