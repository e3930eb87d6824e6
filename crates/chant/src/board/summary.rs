//! What is said when all runs are over: plain text that can be pasted into a chat.

use std::time::Duration;

use serde::Serialize;

use super::row::Spent;
use super::{Board, End, amount};
use crate::ui::one_line;

/// How it ended, for people and for machines.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Summary {
    /// The ids of what is on the main branch now, in the order in which it landed.
    pub landed: Vec<String>,
    /// What is ready on its branch, because nothing was to be merged.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub finished: Vec<String>,
    /// What did not work out, and why.
    pub failed: Vec<Standing>,
    /// What waits, and for what.
    pub waiting: Vec<Standing>,
    /// In seconds.
    pub elapsed: u64,
    /// Tokens in and out.
    pub tokens: u64,
    /// US dollars, where the agents say.
    pub cost_usd: Option<f64>,
    /// The main branch.
    pub main_branch: String,
    /// Its commit at the beginning.
    pub before: Option<String>,
    /// Its commit at the end.
    pub after: Option<String>,
}

/// A spec and what is to be said of it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Standing {
    /// The spec's id.
    pub id: String,
    /// Its state.
    pub status: String,
    /// One sentence.
    pub reason: String,
}

/// The main branch, from when to when.
#[derive(Debug, Clone, Default)]
pub(crate) struct Main {
    /// Its name.
    pub branch: String,
    /// Its commit at the beginning.
    pub before: Option<String>,
    /// Its commit at the end.
    pub after: Option<String>,
}

impl Summary {
    /// What the board knows, and those that have not begun.
    pub(crate) fn of(board: &Board, rest: Vec<Standing>, elapsed: Duration, main: Main) -> Self {
        let Spent { tokens, usd } = board.spent();
        let mut summary = Self {
            elapsed: elapsed.as_secs(),
            tokens,
            cost_usd: usd,
            main_branch: main.branch,
            before: main.before,
            after: main.after,
            ..Self::default()
        };
        for over in board.over() {
            let standing = Standing {
                id: over.spec.clone(),
                status: over.state.clone(),
                reason: over.reason.clone(),
            };
            match over.end {
                End::Landed => summary.landed.push(standing.id),
                End::Finished => summary.finished.push(standing.id),
                End::Waits => summary.waiting.push(standing),
                End::Failed => summary.failed.push(standing),
            }
        }
        summary.waiting.extend(rest);
        summary
    }

    /// As lines.
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut lines = vec![self.counts()];
        if let (Some(before), Some(after)) = (&self.before, &self.after)
            && before != after
        {
            let branch = one_line(&self.main_branch);
            lines.push(format!("{branch} {}..{}", brief(before), brief(after)));
        }
        for (word, all) in [("failed", &self.failed), ("waiting", &self.waiting)] {
            if !all.is_empty() {
                lines.push(format!("{word}:"));
                lines.extend(all.iter().map(Standing::line));
            }
        }
        lines
    }

    fn counts(&self) -> String {
        let mut counts = vec![format!("{} landed", self.landed.len())];
        let rest = [
            (self.finished.len(), "finished"),
            (self.failed.len(), "failed"),
            (self.waiting.len(), "waiting"),
        ];
        let rest = rest.iter().filter(|(count, _)| *count > 0);
        counts.extend(rest.map(|(count, word)| format!("{count} {word}")));
        let mut spent = vec![amount::elapsed(Duration::from_secs(self.elapsed))];
        if self.tokens > 0 {
            spent.push(format!("{} tokens", amount::tokens(self.tokens)));
        }
        spent.extend(self.cost_usd.map(amount::dollars));
        format!("{} in {}", counts.join(", "), spent.join(", "))
    }
}

impl Standing {
    fn line(&self) -> String {
        let reason = one_line(&self.reason);
        let status = self.status.replace('_', " ");
        match (status.as_str(), reason.is_empty()) {
            (_, true) => format!("  {}: {status}", one_line(&self.id)),
            ("failed" | "waiting" | "blocked", _) => format!("  {}: {reason}", one_line(&self.id)),
            _ => format!("  {}: {status}: {reason}", one_line(&self.id)),
        }
    }
}

fn brief(oid: &str) -> &str {
    oid.get(..10).unwrap_or(oid)
}
