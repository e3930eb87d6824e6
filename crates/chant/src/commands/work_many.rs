//! `chant work` of many specs at once, or of a chain in its order: the scheduler's part of the command.

use std::num::NonZeroUsize;
use std::sync::mpsc::{self, Receiver};

use chant_engine::schedule::{self, Ask, Local, Outside, Stop};
use chant_engine::{Code, Error, Project, Result};
use chant_os::signal::{Interrupts, Signal};
use chant_os::tree::Guard;

use crate::board::{self, Summary};
use crate::cli::{Context, Done};

/// How many at once; none where the settings say.
#[derive(Debug, Clone, Copy)]
struct Places(Option<NonZeroUsize>);

fn places(text: &str) -> std::result::Result<Places, String> {
    if text.is_empty() {
        return Ok(Places(None));
    }
    let number = text.parse().map(|number| Places(Some(number)));
    number.map_err(|_| "it must be a whole number above 0".to_owned())
}

/// How many at once, and what a failure does to the rest.
#[derive(Debug, clap::Args)]
pub(crate) struct Many {
    /// Several specs at once, each as soon as nothing is in its way; without a number, `limits.parallel` of the settings
    #[arg(
        long,
        value_name = "N",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "",
        value_parser = places,
        conflicts_with_all = ["stale", "record"]
    )]
    parallel: Option<Places>,
    /// One after another, each as soon as what it depends on has landed; goes on with the rest after a failure
    #[arg(long, conflicts_with_all = ["parallel", "stale", "record"])]
    chain: bool,
    /// Start nothing more after the first failure
    #[arg(long, conflicts_with = "stale")]
    fail_fast: bool,
    /// Leave what is finished on its branch; `chant merge` lands it
    #[arg(long, conflicts_with_all = ["stale", "record"])]
    no_merge: bool,
}

impl Many {
    /// Whether the scheduler is asked for.
    pub(crate) fn is_asked(&self) -> bool {
        self.parallel.is_some() || self.chain || self.fail_fast || self.no_merge
    }

    /// Whether a name is rather the number of a `--parallel N`, which takes its number with a `=`: no sequence of an id is
    /// so short.
    pub(crate) fn may_mean(&self, name: &str) -> bool {
        let is_short = name.len() < 3 && !name.starts_with('0');
        matches!(self.parallel, Some(Places(None))) && is_short && places(name).is_ok()
    }

    /// Adds it to what is asked for.
    pub(crate) fn complete(&self, project: &Project, ask: Ask) -> Ask {
        let places = project.config().schedule.parallel.get();
        let (parallel, places) = match self.parallel {
            // One after another, whatever others do meanwhile.
            None => (1, places),
            Some(Places(number)) => {
                let number = number.map_or(places, NonZeroUsize::get);
                (number, number)
            }
        };
        Ask {
            everything: ask.specs.is_empty() && ask.label.is_none(),
            parallel,
            places,
            fail_fast: self.fail_fast,
            no_merge: self.no_merge,
            ..ask
        }
    }
}

/// Works what is asked for, with its progress shown, and says what came of it.
pub(crate) fn run(cx: &mut Context, project: &Project, ask: &Ask) -> Result<Done> {
    let summary = work(cx, project, ask)?;
    board::conclude(cx, summary)
}

/// Works what is asked for, with its progress shown.
pub(crate) fn work(cx: &mut Context, project: &Project, ask: &Ask) -> Result<Summary> {
    let control = listen()?;
    let program = std::env::current_exe().map_err(|error| failed("find this program", &error))?;
    let guard =
        Guard::this_program(crate::GUARD).map_err(|error| failed("find this program", &error))?;
    board::attend(cx, project, |sink| {
        let mut local = Local::new(project, program);
        let outside = Outside {
            executor: &mut local,
            control: &control,
            sink,
            guard,
        };
        schedule::work(project, ask, outside)
    })
}

/// Ctrl-C lets what runs finish, again interrupts it, and once more ends it. Whoever asks by another signal can not
/// wait so long.
fn listen() -> Result<Receiver<Stop>> {
    let interrupts = Interrupts::install().map_err(|error| failed("listen for signals", &error))?;
    let (sender, control) = mpsc::channel();
    std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            let mut last = None;
            while let Ok(signal) = interrupts.receiver().recv() {
                let wish = match (last, signal) {
                    (None, Signal::Interrupt) => Stop::Finish,
                    (None | Some(Stop::Finish), _) => Stop::Interrupt,
                    (Some(_), _) => Stop::Kill,
                };
                last = Some(wish);
                if sender.send(wish).is_err() {
                    break;
                }
            }
        })
        .map_err(|error| failed("listen for signals", &error))?;
    Ok(control)
}

fn failed(what: &str, error: &std::io::Error) -> Error {
    Error::new(Code::Internal, format!("failed to {what}: {error}"))
}
