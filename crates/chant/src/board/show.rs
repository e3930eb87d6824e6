//! How the progress of many runs reaches whoever looks: the board on a terminal, lines in a log, events for a machine, or
//! nothing at all.

use std::collections::HashMap;
use std::time::Duration;

use chant_engine::event::Event as RunEvent;
use chant_engine::schedule::{Event, Stop};
use chant_os::clock::Stopwatch;

use super::live::Live;
use super::{Board, End, Over, amount};
use crate::progress::{self, Weight};
use crate::ui::{Tone, Ui};

/// The progress of many runs, on its way to whoever looks.
#[derive(Debug)]
pub(crate) struct Show {
    way: Way,
    watch: Stopwatch,
    /// Of each spec that waits for a moment, why, as it was told: the end tells it once more.
    waits: HashMap<String, Vec<String>>,
}

#[derive(Debug)]
enum Way {
    /// The lines at the bottom of a terminal.
    Live(Live),
    /// A line for each thing that a person would follow.
    Plain(Board),
    /// Each event as a line of JSON.
    Json(Board),
    /// Nothing.
    Quiet(Board),
}

/// A line about a spec.
#[derive(Debug)]
struct Said<'a> {
    tone: Tone,
    spec: &'a str,
    word: &'a str,
    text: String,
}

impl Show {
    /// Begins, in the way that fits where the output goes.
    pub(crate) fn open(ui: &Ui) -> Self {
        let watch = Stopwatch::start();
        let board = Board::default();
        let way = if ui.is_json() {
            Way::Json(board)
        } else if ui.is_quiet() {
            Way::Quiet(board)
        } else if ui.is_verbose() {
            // Every detail of several runs at once is a log, not a board.
            Way::Plain(board)
        } else {
            Live::open(board, watch, ui.error_color()).map_or_else(Way::Plain, Way::Live)
        };
        Self {
            way,
            watch,
            waits: HashMap::new(),
        }
    }

    /// Something happened.
    pub(crate) fn hear(&mut self, ui: &mut Ui, event: &Event) {
        if let Way::Json(_) = self.way {
            ui.event(event);
        }
        let now = self.watch.elapsed();
        let over = self.change(|board| board.take(event, now));
        if self.was_told(event) {
            return;
        }
        match &self.way {
            Way::Live(live) => {
                for said in about(event, over.as_ref()) {
                    if is_news(event) {
                        live.say(ui.line_about(said.spec, said.tone, said.word, &said.text));
                    }
                }
            }
            Way::Plain(_) => {
                for said in about(event, over.as_ref()) {
                    ui.about(said.spec, said.tone, said.word, &said.text);
                }
                if ui.is_verbose() {
                    for said in details(event) {
                        ui.about(said.spec, said.tone, said.word, &said.text);
                    }
                }
            }
            Way::Json(_) | Way::Quiet(_) => {}
        }
    }

    fn was_told(&mut self, event: &Event) -> bool {
        let Event::Waiting(waiting) = event else {
            return false;
        };
        let why = waiting.blocked_by.clone();
        waiting.until.is_some() && self.waits.insert(waiting.id.clone(), why.clone()) == Some(why)
    }

    fn change<T>(&mut self, change: impl FnOnce(&mut Board) -> T) -> T {
        match &mut self.way {
            Way::Live(live) => live.change(change),
            Way::Plain(board) | Way::Json(board) | Way::Quiet(board) => change(board),
        }
    }

    /// Takes it off the screen; how long it took.
    pub(crate) fn close(self) -> Duration {
        if let Way::Live(live) = self.way {
            live.close();
        }
        self.watch.elapsed()
    }
}

/// Whether an event is worth a line that stays, above a board that shows what is going on.
fn is_news(event: &Event) -> bool {
    match event {
        Event::Landed { .. }
        | Event::Ended { .. }
        | Event::Warning { .. }
        | Event::Stopping { .. } => true,
        Event::Run { what, .. } => matches!(
            what.event,
            RunEvent::Warning { .. } | RunEvent::Concern { .. }
        ),
        _ => false,
    }
}

/// What a person follows; `over` is what the board knows of a run that the event ended.
fn about<'a>(event: &'a Event, over: Option<&Over>) -> Vec<Said<'a>> {
    match event {
        Event::Started {
            spec, title, agent, ..
        } => vec![Said::new(
            Tone::Dim,
            spec,
            "begins",
            format!("{title} (agent {agent})"),
        )],
        Event::Run { spec, what, .. } => lines_of(spec, &what.event, false),
        Event::Landed {
            spec,
            branch,
            commit,
            ..
        } => {
            let at = commit.as_deref().map_or_else(
                || "nothing to commit".to_owned(),
                |commit| format!("on {branch} as {}", commit.get(..10).unwrap_or(commit)),
            );
            let text = format!("{at}{}", over.map(used).unwrap_or_default());
            vec![Said::new(Tone::Good, spec, "landed", text)]
        }
        Event::Ended { spec, .. } => over.map(|over| ended(spec, over)).into_iter().collect(),
        // Until then nothing else may be said for hours.
        Event::Waiting(waiting) if waiting.until.is_some() => {
            let why = waiting.blocked_by.join("; ");
            vec![Said::new(Tone::Warning, &waiting.id, "waits", why)]
        }
        Event::Stopping { how, failed } => {
            let text = stopping(*how, failed.as_deref());
            vec![Said::new(Tone::Warning, "", "stopping", text)]
        }
        Event::Warning { text } => vec![Said::new(Tone::Warning, "", "warning", text.clone())],
        _ => Vec::new(),
    }
}

/// The rest of it.
fn details(event: &Event) -> Vec<Said<'_>> {
    match event {
        Event::Run { spec, what, .. } => lines_of(spec, &what.event, true),
        Event::Finished { spec, .. } => vec![Said::new(
            Tone::Dim,
            spec,
            "finished",
            "waits for its turn to land".to_owned(),
        )],
        Event::Waiting(waiting) if waiting.until.is_none() => vec![Said::new(
            Tone::Dim,
            &waiting.id,
            "waits",
            waiting.blocked_by.join("; "),
        )],
        _ => Vec::new(),
    }
}

/// A run's own lines. What its agent says and does is a detail here: several speak at once.
fn lines_of<'a>(spec: &'a str, event: &RunEvent, detail: bool) -> Vec<Said<'a>> {
    if matches!(
        event,
        RunEvent::RunStarted { .. } | RunEvent::Landed { .. } | RunEvent::Ended { .. }
    ) {
        return Vec::new();
    }
    let of_agent = matches!(event, RunEvent::Agent(_));
    let lines = progress::lines(event).into_iter();
    lines
        .filter(|line| (line.weight == Weight::Detail || of_agent) == detail)
        .map(|line| {
            let tone = match line.weight {
                Weight::Normal | Weight::Detail => Tone::Dim,
                Weight::Good => Tone::Good,
                Weight::Bad => Tone::Bad,
                Weight::Warning => Tone::Warning,
            };
            Said::new(tone, spec, line.word, line.text)
        })
        .collect()
}

fn ended<'a>(spec: &'a str, over: &Over) -> Said<'a> {
    let word = match over.end {
        End::Landed => "landed",
        End::Finished => "finished",
        End::Waits => "waits",
        End::Cancelled => "cancelled",
        End::Failed => "failed",
    };
    let state = over.state.replace('_', " ");
    let text = match (over.reason.as_str(), state == word) {
        // A landing of this command is told when it happens.
        ("", _) if over.end == End::Landed => "by another command".to_owned(),
        ("", true) => String::new(),
        ("", false) => state,
        (reason, true) => reason.to_owned(),
        (reason, false) => format!("{state}: {reason}"),
    };
    let text = format!("{text}{}", used(over));
    Said::new(over.end.tone(), spec, word, text)
}

/// ` (1m10s, 12.3k tokens, $0.50)`
fn used(over: &Over) -> String {
    let mut parts = vec![amount::elapsed(over.took)];
    if over.spent.tokens > 0 {
        parts.push(format!("{} tokens", amount::tokens(over.spent.tokens)));
    }
    parts.extend(over.spent.usd.map(amount::dollars));
    format!(" ({})", parts.join(", "))
}

fn stopping(how: Stop, failed: Option<&str>) -> String {
    if let Some(failed) = failed {
        return format!("{failed} failed: nothing more begins; what runs is finished and landed");
    }
    let text = match how {
        Stop::Finish => "what runs is finished and landed; once more to interrupt it",
        Stop::Interrupt => "what runs is interrupted, and goes on when it is asked for again",
        Stop::Kill => "at once",
    };
    text.to_owned()
}

impl<'a> Said<'a> {
    fn new(tone: Tone, spec: &'a str, word: &'a str, text: String) -> Self {
        Self {
            tone,
            spec,
            word,
            text,
        }
    }
}
