//! `chant log`

use std::time::Duration;

use chant_engine::event::Stamped;
use chant_engine::journal::Follower;
use chant_engine::verbs::log;
use chant_engine::{Code, Error, Result};

use crate::cli::{Context, Done};
use crate::progress::{self, Weight};
use crate::ui::{Tone, harmless, one_line};

/// How often a followed run is looked at.
const POLL: Duration = Duration::from_millis(100);

/// The most of a transcript that is shown.
const LARGEST_TRANSCRIPT: u64 = 128 << 20;

/// Show what happened in a spec's runs
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  chant log 001\n  chant log -f 001\n  chant log 001 --run 1 --raw"
)]
pub(crate) struct Args {
    /// The spec, by id, path, or a part of the id
    #[arg(value_name = "SPEC")]
    spec: String,
    /// Keep showing what is added while the spec is worked
    #[arg(short, long)]
    follow: bool,
    /// The attempt, as a number; the last where not given
    #[arg(long, value_name = "ATTEMPT")]
    run: Option<u32>,
    /// The agent's own output instead of the events
    #[arg(long, conflicts_with = "follow")]
    raw: bool,
}

pub(crate) fn run(cx: &mut Context, args: &Args) -> Result<Done> {
    let project = cx.project()?;
    let found = cx.spec(&project, &args.spec)?;
    let runs = log::runs(&project, &found.id)?;
    let run = match args.run {
        None => runs.last(),
        Some(attempt) => runs.iter().find(|run| run.attempt == attempt),
    }
    .ok_or_else(|| {
        Error::new(
            Code::RunNotFound,
            format!("{} has no attempt {}", found.id, args.run.unwrap_or(1)),
        )
        .hint(format!("it has {} to look at", runs.len()))
    })?;
    if args.raw {
        let text =
            chant_os::file::read_regular(&log::transcript(&project, &run.id), LARGEST_TRANSCRIPT)?;
        let text = String::from_utf8_lossy(&text);
        cx.ui.begin_page();
        cx.ui.out(&harmless(text.trim_end()));
        return Done::with(serde_json::json!({"run": run.id, "transcript": text}));
    }
    let mut follower = Follower::new(&project, &run.id);
    let mut all = Vec::new();
    if !args.follow {
        cx.ui.begin_page();
    }
    loop {
        // Asked before reading, so that what is written just before the end is not missed.
        let live = args.follow && log::is_live(&project, &found.id);
        let events = follower.new_events()?;
        let caught_up = events.is_empty();
        for event in &events {
            show(cx, event);
        }
        if cx.ui.is_json() {
            all.extend(events);
        }
        if cx.ui.is_closed() || (caught_up && !live) {
            break;
        }
        cx.ui.pass_on();
        if caught_up {
            std::thread::sleep(POLL);
        }
    }
    Done::with(
        serde_json::json!({"run": run.id, "attempt": run.attempt, "status": run.state.name(), "reason": run.reason, "events": all}),
    )
}

fn show(cx: &mut Context, stamped: &Stamped) {
    for line in progress::lines(&stamped.event) {
        let tone = match line.weight {
            Weight::Detail if !cx.ui.is_verbose() => continue,
            Weight::Detail | Weight::Normal => Tone::Dim,
            Weight::Good => Tone::Good,
            Weight::Bad => Tone::Bad,
            Weight::Warning => Tone::Warning,
        };
        let at = stamped.at.get(11..19).unwrap_or_default();
        let word = cx.ui.paint(tone, &format!("{:>8}", line.word));
        cx.ui.out(&format!("{at} {word}  {}", one_line(&line.text)));
    }
}
