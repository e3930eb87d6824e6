//! A verb that runs agents or checks, attended from the terminal: Ctrl-C reaches it, and its progress is shown.

use std::sync::mpsc;

use chant_agent::{AgentEvent, Answer, Control};
use chant_engine::event::Event;
use chant_engine::run::Surroundings;
use chant_engine::run::queue::Attendance;
use chant_engine::{Code, Error, Result};
use chant_os::signal::Interrupts;
use chant_os::tree::Guard;

use crate::cli::Context;
use crate::progress::{self, Line, Weight};
use crate::ui::{Tone, Ui, one_line};

/// The user's wish to stop, passed on to whatever runs.
pub(crate) struct Stop {
    control: mpsc::Receiver<Control>,
    answers: mpsc::Sender<Control>,
}

impl Stop {
    /// The first signal asks, the second kills.
    pub(crate) fn install() -> Result<Self> {
        let failed = |error: std::io::Error| {
            Error::new(
                Code::Internal,
                format!("failed to listen for signals: {error}"),
            )
        };
        let interrupts = Interrupts::install().map_err(failed)?;
        let (sender, control) = mpsc::channel();
        let answers = sender.clone();
        std::thread::Builder::new()
            .name("signals".to_owned())
            .spawn(move || {
                let mut wish = Control::Stop;
                while interrupts.receiver().recv().is_ok() && sender.send(wish).is_ok() {
                    wish = Control::Kill;
                }
            })
            .map_err(failed)?;
        Ok(Self { control, answers })
    }

    /// Where it arrives.
    pub(crate) fn control(&self) -> &mpsc::Receiver<Control> {
        &self.control
    }
}

/// Runs a verb with its progress shown.
pub(crate) fn attended<T>(
    cx: &mut Context,
    stop: &Stop,
    verb: impl FnOnce(Surroundings<'_>) -> Result<T>,
) -> Result<T> {
    attended_by(cx, stop, show, verb)
}

/// The same, with `tell` to show what happens.
pub(crate) fn attended_by<T>(
    cx: &mut Context,
    stop: &Stop,
    mut tell: impl FnMut(&mut Ui, &Event),
    verb: impl FnOnce(Surroundings<'_>) -> Result<T>,
) -> Result<T> {
    let guard = guard()?;
    let ui = &mut cx.ui;
    let mut sink = |event: &Event| {
        tell(ui, event);
        if let Event::Agent(AgentEvent::PermissionRequest { tool, input, .. }) = event {
            // Whoever has asked listens until the end.
            let _ = stop.answers.send(ask(tool, input));
        }
    };
    verb(Surroundings {
        control: &stop.control,
        sink: &mut sink,
        guard,
    })
}

/// The same for a verb that tells of several runs; `name` says which spec a run is of, where that has to be said.
pub(crate) fn attended_runs<T>(
    cx: &mut Context,
    stop: &Stop,
    name: &dyn Fn(&str) -> Option<String>,
    verb: impl FnOnce(Attendance<'_>) -> Result<T>,
) -> Result<T> {
    let guard = guard()?;
    let ui = &mut cx.ui;
    let mut tell = |run: &str, event: &Event| {
        let name = name(run);
        for mut line in progress::lines(event) {
            if let Some(name) = name.as_deref().filter(|name| !line.text.starts_with(name)) {
                line.text = format!("{name}: {}", line.text);
            }
            show_line(ui, &line);
        }
    };
    verb(Attendance {
        control: &stop.control,
        tell: &mut tell,
        guard,
        hands_back: false,
    })
}

/// Asks the person at the terminal. Without an answer it is no; Ctrl-C stops the run, as everywhere.
fn ask(tool: &str, input: &str) -> Control {
    const ANSWERS: [(&str, Answer); 3] = [
        ("no", Answer::No),
        ("yes, this once", Answer::Yes),
        ("yes, and this tool for the rest of the run", Answer::Always),
    ];
    let question = one_line(&format!("May the agent use {tool}? {input}"));
    let words = ANSWERS.iter().map(|(word, _)| *word).collect();
    match inquire::Select::new(&question, words).raw_prompt() {
        Ok(chosen) => Control::Answer(ANSWERS[chosen.index].1),
        Err(inquire::InquireError::OperationInterrupted) => Control::Stop,
        Err(_) => Control::Answer(Answer::No),
    }
}

fn guard() -> Result<Guard> {
    Guard::this_program(crate::GUARD).map_err(|error| {
        Error::new(
            Code::Internal,
            format!("failed to find this program: {error}"),
        )
    })
}

/// Shows one event.
pub(crate) fn show(ui: &mut Ui, event: &Event) {
    for line in progress::lines(event) {
        show_line(ui, &line);
    }
}

fn show_line(ui: &mut Ui, line: &Line) {
    let tone = match line.weight {
        Weight::Normal => Tone::Dim,
        Weight::Good => Tone::Good,
        Weight::Bad => Tone::Bad,
        Weight::Warning => Tone::Warning,
        Weight::Detail if ui.is_verbose() => Tone::Dim,
        Weight::Detail => return,
    };
    ui.status(tone, line.word, &line.text);
}
