//! What is said when all runs are over: plain text that can be pasted into a chat, and the same as a document.

use std::time::Duration;

use chant_engine::run::Report;
use chant_engine::schedule;
use chant_engine::ways;
use serde::Serialize;

use super::row::Spent;
use super::{End, amount};
use crate::ui::one_line;

/// How it ended, for people and for machines.
#[derive(Debug, Serialize)]
pub(crate) struct Summary {
    /// What came of everything that was asked for.
    #[serde(flatten)]
    outcome: schedule::Summary,
    /// In seconds.
    elapsed: u64,
    /// Tokens in and out.
    tokens: u64,
    /// US dollars, where the agents say.
    cost_usd: Option<f64>,
    /// The main branch.
    main: Main,
}

/// The main branch, from when to when.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Main {
    /// Its name.
    pub branch: String,
    /// Its commit at the beginning.
    pub before: Option<String>,
    /// Its commit at the end.
    pub after: Option<String>,
}

/// A spec and what is to be said of it.
struct Standing<'a> {
    id: &'a str,
    end: End,
    status: &'a str,
    reason: String,
}

impl Summary {
    /// The outcome, with what it took.
    pub(crate) fn of(outcome: schedule::Summary, elapsed: Duration, main: Main) -> Self {
        let used = outcome.runs.iter().map(|run| Spent {
            tokens: run.input_tokens + run.output_tokens,
            usd: run.cost_usd,
        });
        let Spent { tokens, usd } = used.fold(Spent::default(), Spent::and);
        Self {
            outcome,
            elapsed: elapsed.as_secs(),
            tokens,
            cost_usd: usd,
            main,
        }
    }

    /// As lines.
    pub(crate) fn lines(&self) -> Vec<String> {
        let all = self.standing();
        let mut lines = vec![self.counts(&all)];
        if let (Some(before), Some(after)) = (&self.main.before, &self.main.after)
            && before != after
        {
            let branch = one_line(&self.main.branch);
            lines.push(format!("{branch} {}..{}", brief(before), brief(after)));
        }
        let listed = [
            ("failed", End::Failed),
            ("waiting", End::Waits),
            ("cancelled", End::Cancelled),
        ];
        for (word, end) in listed {
            let some = all.iter().filter(|standing| standing.end == end);
            let some: Vec<String> = some.map(Standing::line).collect();
            if !some.is_empty() {
                lines.push(format!("{word}:"));
                lines.extend(some);
            }
        }
        if !self.outcome.later.is_empty() {
            let later = one_line(&self.outcome.later.join(", "));
            lines.push("new since, and not asked for; the same command begins it:".to_owned());
            lines.push(format!("  {later}"));
        }
        lines
    }

    /// The specs that ended so.
    pub(crate) fn ids(&self, end: End) -> Vec<String> {
        let all = self.standing().into_iter();
        all.filter(|standing| standing.end == end)
            .map(|standing| one_line(standing.id))
            .collect()
    }

    /// The runs of this command.
    pub(crate) fn runs(&self) -> &[Report] {
        &self.outcome.runs
    }

    /// Whether a person stopped it.
    pub(crate) fn is_stopped(&self) -> bool {
        self.outcome.stopped
    }

    /// Whether nothing was worked, here or elsewhere.
    pub(crate) fn is_idle(&self) -> bool {
        self.outcome.runs.is_empty() && self.outcome.elsewhere.is_empty()
    }

    /// A result that is finished and waits for something in its way.
    pub(crate) fn in_the_way(&self) -> Option<String> {
        let all = self.standing().into_iter();
        let mut stuck = all.filter(|spec| spec.status == "landing");
        stuck.next().map(|spec| one_line(spec.id))
    }

    /// A run that was stopped on its way, and waits to be told to go on; and whether its budget is why.
    pub(crate) fn paused(&self) -> Option<(String, bool)> {
        let all = self.standing().into_iter();
        let mut paused = all.filter(|spec| spec.status == "paused");
        let id = paused.next()?.id;
        let mut runs = self.outcome.runs.iter().filter(|run| run.id == id);
        let by_budget = runs.any(|run| run.budget_spent.is_some());
        Some((one_line(id), by_budget))
    }

    /// Why a spec stands as it does.
    pub(crate) fn reason_of(&self, id: &str) -> String {
        let all = self.standing().into_iter();
        let mut named = all.filter(|spec| spec.id == id);
        named
            .next()
            .map_or_else(String::new, |spec| one_line(&spec.reason))
    }

    /// What to do about a spec that was refused, or whose run waits for a person.
    pub(crate) fn hint_for(&self, id: &str) -> Option<String> {
        let refused = self.outcome.refused.iter().find(|spec| spec.id == id);
        let hint = refused.and_then(|spec| spec.hint.clone());
        let run = self.outcome.runs.iter().rfind(|run| run.id == id);
        let ways = run.map(|run| &run.go_on).filter(|ways| !ways.is_empty());
        hint.or_else(|| ways.map(|ways| one_line(&ways::in_a_line(ways))))
    }

    /// Each spec once, as it stands at the end.
    fn standing(&self) -> Vec<Standing<'_>> {
        let runs = self.outcome.runs.iter().map(|run| Standing {
            id: &run.id,
            end: End::of(run.status),
            status: run.status,
            reason: run.reason.clone(),
        });
        let elsewhere = self.outcome.elsewhere.iter().map(|spec| Standing {
            id: &spec.id,
            end: End::of(&spec.status),
            status: &spec.status,
            reason: spec.reason.clone(),
        });
        let refused = self.outcome.refused.iter().map(|spec| Standing {
            id: &spec.id,
            end: End::Failed,
            status: "failed",
            reason: spec.reason.clone(),
        });
        let waiting = self.outcome.waiting.iter().map(|spec| Standing {
            id: &spec.id,
            end: End::Waits,
            status: "waiting",
            reason: spec.blocked_by.join("; "),
        });
        let mut all: Vec<Standing<'_>> = Vec::new();
        for standing in runs.chain(elsewhere).chain(refused).chain(waiting) {
            // The last word about a spec is the one that counts.
            all.retain(|known| known.id != standing.id);
            all.push(standing);
        }
        all
    }

    fn counts(&self, all: &[Standing<'_>]) -> String {
        let count = |end: End| all.iter().filter(|standing| standing.end == end).count();
        let mut counts = vec![format!("{} landed", count(End::Landed))];
        let rest = [
            (count(End::Finished), "finished"),
            (count(End::Failed), "failed"),
            (count(End::Waits), "waiting"),
            (count(End::Cancelled), "cancelled"),
        ];
        let rest = rest.iter().filter(|(count, _)| *count > 0);
        counts.extend(rest.map(|(count, word)| format!("{count} {word}")));
        let mut took = vec![amount::elapsed(Duration::from_secs(self.elapsed))];
        if self.tokens > 0 {
            took.push(format!("{} tokens", amount::tokens(self.tokens)));
        }
        took.extend(self.cost_usd.map(amount::dollars));
        let stopped = if self.outcome.stopped {
            " (stopped)"
        } else {
            ""
        };
        format!("{} in {}{stopped}", counts.join(", "), took.join(", "))
    }
}

impl Standing<'_> {
    fn line(&self) -> String {
        let (id, reason) = (one_line(self.id), one_line(&self.reason));
        let status = self.status.replace('_', " ");
        match (status.as_str(), reason.is_empty()) {
            (_, true) => format!("  {id}: {status}"),
            ("failed" | "waiting" | "cancelled", _) => format!("  {id}: {reason}"),
            _ => format!("  {id}: {status}: {reason}"),
        }
    }
}

fn brief(oid: &str) -> &str {
    oid.get(..10).unwrap_or(oid)
}
