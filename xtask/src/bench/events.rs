//! What one event of an agent's costs chant, from the line it was printed in to the event that is stored and shown: the
//! difference between a long transcript and a short one, divided by the events between them.

use std::{fs, time::Instant};

use anyhow::{Context, Result, ensure};

use super::{
    Bench,
    parallel::median,
    talker::{Talker, Tongue},
};

/// Lines of the two transcripts.
pub(super) const FEW: usize = 20_000;
pub(super) const MANY: usize = 200_000;

/// Times each kind of agent.
pub(super) fn measure(bench: &Bench) -> Result<()> {
    println!("\none event, from its line to stored and shown");
    println!(
        "{:<8} {:>12} {:>12} {:>12} {:>12}",
        "", "events", "bytes each", "ms", "us an event"
    );
    for tongue in Tongue::ALL {
        let few = talk(bench, tongue, FEW)?;
        let many = talk(bench, tongue, MANY)?;
        #[expect(clippy::cast_precision_loss, reason = "shown with few digits")]
        let (events, bytes) = (
            (many.events - few.events) as f64,
            (many.bytes - few.bytes) as f64,
        );
        println!(
            "{:<8} {:>12} {:>12.0} {:>12.0} {:>12.1}",
            tongue.kind(),
            many.events,
            bytes / events,
            many.milliseconds,
            (many.milliseconds - few.milliseconds) * 1000.0 / events
        );
    }
    Ok(())
}

struct Talked {
    milliseconds: f64,
    events: usize,
    bytes: usize,
}

fn talk(bench: &Bench, tongue: Tongue, lines: usize) -> Result<Talked> {
    let mut took = Vec::new();
    let mut told = String::new();
    for _ in 0..bench.runs.min(3) {
        let talker = Talker::prepare(bench, tongue, lines)?;
        let work = talker.work(bench);
        let begin = Instant::now();
        work.succeed()?;
        took.push(begin.elapsed().as_secs_f64() * 1000.0);
        told = fs::read_to_string(talker.events().context("there is no run")?)?;
    }
    let events = told.lines().count();
    ensure!(events > lines / 2, "{events} events of {lines} lines");
    Ok(Talked {
        milliseconds: median(&mut took),
        events,
        bytes: told.len(),
    })
}
