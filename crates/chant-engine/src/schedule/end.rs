//! The end: why what is left did not come to its turn.

use chant_spec::State;

use super::event::{Event, Stop, Summary, Waiting};
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
        self.summary.stopped = match self.stopping {
            Some(Stop::Finish) => self.failed_fast.is_none(),
            how => how.is_some(),
        };
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
            _ => blocked_by.push(self.not_begun()),
        }
        Waiting {
            id: task.spec.clone(),
            blocked_by,
            until,
        }
    }

    /// Why what could have begun did not.
    fn not_begun(&self) -> String {
        if let Some(failed) = &self.failed_fast {
            return format!("was not begun, because {failed} failed");
        }
        if self.stopping.is_some() {
            return "was not begun".to_owned();
        }
        let results = match self.for_person {
            Some(1) => "1 result waits".to_owned(),
            count => format!("{} results wait", count.unwrap_or(0)),
        };
        format!(
            "was not begun: {results} for a person, see chant status (limits.waiting_for_person)"
        )
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
