//! The progress of many runs: what a person wants to see of them at a glance, and what is left to say at the end.
//!
//! [`Board`] knows how things stand and makes lines of it for a given width; it neither writes nor reads a clock. On a
//! terminal [`live`] keeps its lines at the bottom and redraws them; [`show`] chooses between that, lines in a log, and
//! events for a machine. [`summary`] is the text at the end.

mod amount;
mod attend;
mod line;
mod live;
mod row;
mod screen;
mod show;
mod summary;

use std::time::Duration;

use chant_engine::schedule::Event;

use crate::ui::Tone;
pub(crate) use attend::{attend, conclude};
use line::Line;
use row::{Row, Spent};
use show::Show;
pub(crate) use summary::Summary;

/// The least width at which a column is worth its place.
const ROOM_FOR_TOKENS: usize = 72;
const ROOM_FOR_COST: usize = 48;
const ROOM_FOR_TIME: usize = 28;

/// How a run ended, as far as the board tells runs apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// On the main branch.
    Landed,
    /// Its checks passed, and it stays on its branch because that was asked for.
    Finished,
    /// It goes on later, by itself or when a person has done something.
    Waits,
    /// Nobody wants it any more.
    Cancelled,
    /// It did not work out.
    Failed,
}

impl End {
    /// What a run's state means here.
    pub(crate) fn of(state: &str) -> Self {
        match state {
            "completed" => Self::Landed,
            "finished" => Self::Finished,
            "cancelled" => Self::Cancelled,
            "landing" | "parked" | "paused" | "queued" | "pending" => Self::Waits,
            _ => Self::Failed,
        }
    }

    fn tone(self) -> Tone {
        match self {
            Self::Landed | Self::Finished => Tone::Good,
            Self::Waits | Self::Cancelled => Tone::Warning,
            Self::Failed => Tone::Bad,
        }
    }
}

/// A run that is over.
#[derive(Debug, Clone)]
pub(crate) struct Over {
    /// The spec's id.
    pub spec: String,
    /// What became of it.
    pub end: End,
    /// The run's state.
    pub state: String,
    /// Why, in a sentence; empty for a landing.
    pub reason: String,
    /// How long it took.
    pub took: Duration,
    /// What it used.
    pub spent: Spent,
}

/// How many runs stand.
#[derive(Debug, Default)]
pub(crate) struct Board {
    /// By run id, in the order in which they began.
    rows: Vec<(String, Row)>,
    over: Vec<Over>,
    waiting: usize,
    stopping: bool,
}

impl Board {
    /// Takes note of what happened; what is known of a run that is over by that.
    pub(crate) fn take(&mut self, event: &Event, now: Duration) -> Option<Over> {
        match event {
            Event::Started { run, spec, .. } => self.begin(run, spec, now),
            Event::Run { run, what, .. } => {
                if let Some(row) = self.row(run) {
                    row.hear(&what.event);
                }
            }
            Event::Finished { run, .. } => {
                if let Some(row) = self.row(run) {
                    row.finish();
                }
            }
            Event::Landed { spec, .. } => return self.end(spec, "completed", "", now),
            Event::Ended {
                spec,
                state,
                reason,
                ..
            } => return self.end(spec, state, reason, now),
            Event::Standing { ready, waiting, .. } => self.waiting = ready + waiting,
            Event::Stopping { .. } => self.stopping = true,
            Event::Asked { .. }
            | Event::Joined { .. }
            | Event::Waiting(_)
            | Event::Warning { .. } => {}
        }
        None
    }

    /// A run begins or goes on: then what it has used before is not forgotten.
    fn begin(&mut self, run: &str, spec: &str, now: Duration) {
        let earlier = self.over.iter().position(|over| over.spec == spec);
        let before = earlier.map(|at| self.over.remove(at).spent);
        self.rows.retain(|(_, row)| row.spec != spec);
        let row = Row::new(spec, now, before.unwrap_or_default());
        self.rows.push((run.to_owned(), row));
    }

    /// A spec's turn is over. It may be said twice, for a landing is told at once.
    fn end(&mut self, spec: &str, state: &str, reason: &str, now: Duration) -> Option<Over> {
        let row = match self.rows.iter().position(|(_, row)| row.spec == spec) {
            Some(at) => self.rows.remove(at).1,
            None if self.over.iter().any(|over| over.spec == spec) => return None,
            None => Row::new(spec, now, Spent::default()),
        };
        let over = Over {
            end: End::of(state),
            state: state.to_owned(),
            reason: reason.to_owned(),
            took: now.saturating_sub(row.since),
            spent: row.spent(),
            spec: row.spec,
        };
        self.over.push(over.clone());
        Some(over)
    }

    /// What all runs together have used.
    pub(crate) fn spent(&self) -> Spent {
        let rows = self.rows.iter().map(|(_, row)| row.spent());
        let over = self.over.iter().map(|over| over.spent);
        rows.chain(over).fold(Spent::default(), Spent::and)
    }

    fn row(&mut self, run: &str) -> Option<&mut Row> {
        let found = self.rows.iter_mut().find(|(known, _)| known == run);
        found.map(|(_, row)| row)
    }

    /// The lines to show: a line for each run as far as there is room, and one for all.
    pub(crate) fn lines(&self, width: usize, height: usize, now: Duration) -> Vec<Line> {
        let room = height.saturating_sub(2);
        let mut rows: Vec<&Row> = self.rows.iter().map(|(_, row)| row).collect();
        // Those that work are of more interest than those that only wait for their turn.
        rows.sort_by_key(|row| row.finished);
        let hidden = rows.len().saturating_sub(room);
        rows.truncate(room);
        let columns = Columns::of(&rows, width, now);
        let mut lines: Vec<Line> = rows.iter().map(|row| columns.line(row, now)).collect();
        lines.push(self.sum(hidden, width, now));
        lines
    }

    fn sum(&self, hidden: usize, width: usize, now: Duration) -> Line {
        let finished = self.rows.iter().filter(|(_, row)| row.finished).count();
        let ended = |end: End| self.over.iter().filter(|over| over.end == end).count();
        let Spent { tokens, usd } = self.spent();
        let parts = [
            (Some(self.rows.len() - finished), "running"),
            (Some(self.waiting + ended(End::Waits)), "waiting"),
            (some(finished), "landing"),
            (Some(ended(End::Landed)), "landed"),
            (some(ended(End::Finished)), "finished"),
            (some(ended(End::Cancelled)), "cancelled"),
            (some(ended(End::Failed)), "failed"),
            (some(hidden), "not shown"),
        ];
        let mut parts: Vec<String> = parts
            .iter()
            .filter_map(|(count, word)| count.map(|count| format!("{count} {word}")))
            .collect();
        parts.push(amount::elapsed(now));
        parts.extend(usd.map(amount::dollars));
        if tokens > 0 {
            parts.push(format!("{} tokens", amount::tokens(tokens)));
        }
        let mut line = Line::default();
        let text = parts.join(", ");
        let room = width.saturating_sub(1);
        if self.stopping {
            line.push(Tone::Warning, "stopping: ", room);
        }
        line.push(Tone::Strong, &text, room - line.width());
        line
    }
}

fn some(count: usize) -> Option<usize> {
    Some(count).filter(|count| *count > 0)
}

/// Where things stand in the lines of a frame.
struct Columns {
    /// The last column that may be used; a full line would wrap on some terminals.
    end: usize,
    spec: usize,
    time: usize,
    tokens: usize,
    cost: usize,
}

impl Columns {
    fn of(rows: &[&Row], width: usize, now: Duration) -> Self {
        let widest = |shown: &dyn Fn(&Row) -> String| {
            let widths = rows.iter().map(|row| shown(row).len());
            widths.max().unwrap_or(0)
        };
        let given = |least: usize, column: usize| if width < least { 0 } else { column };
        Self {
            end: width.saturating_sub(1),
            spec: widest(&|row| row.spec.clone()).min((width / 3).max(8)),
            time: given(ROOM_FOR_TIME, widest(&|row| time(row, now))),
            tokens: given(ROOM_FOR_TOKENS, widest(&tokens)),
            cost: given(ROOM_FOR_COST, widest(&cost)),
        }
    }

    fn line(&self, row: &Row, now: Duration) -> Line {
        let mut line = Line::default();
        line.push(
            Tone::Strong,
            &short(&row.spec, self.spec),
            self.spec.min(self.end),
        );
        let right = [
            (self.time, time(row, now)),
            (self.tokens, tokens(row)),
            (self.cost, cost(row)),
        ];
        let taken: usize = right.iter().map(|(width, _)| room_of(*width)).sum();
        let doing = (self.spec + 2).min(self.end);
        let until = self.end.saturating_sub(taken).max(doing);
        line.fill_to(doing);
        line.push(Tone::Plain, &row.doing, until - doing);
        let mut column = until;
        for (width, text) in right.iter().filter(|(width, _)| *width > 0) {
            column += room_of(*width);
            if text.is_empty() {
                continue;
            }
            line.fill_to((column - text.len()).min(self.end));
            line.push(Tone::Dim, text, self.end - line.width());
        }
        line
    }
}

/// A column on the right, with the space before it.
fn room_of(width: usize) -> usize {
    if width == 0 { 0 } else { width + 2 }
}

fn time(row: &Row, now: Duration) -> String {
    amount::elapsed(now.saturating_sub(row.since))
}

fn tokens(row: &Row) -> String {
    match row.spent().tokens {
        0 => String::new(),
        count => format!("{} tokens", amount::tokens(count)),
    }
}

fn cost(row: &Row) -> String {
    row.spent().usd.map(amount::dollars).unwrap_or_default()
}

/// An id in so many columns. The end of a dated id tells it from others, the beginning of any other.
fn short(id: &str, room: usize) -> String {
    let dated = id.len() > 4 && id.is_ascii() && id[..4].bytes().all(|byte| byte.is_ascii_digit());
    if dated && id.len() > room && room > 1 {
        return format!("…{}", &id[id.len() + 1 - room..]);
    }
    id.to_owned()
}

#[cfg(test)]
mod tests;
