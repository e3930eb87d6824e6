//! How long a finished run waits until it is on the main branch, where many finish at once.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader},
    time::Instant,
};

use anyhow::{Context, Result, ensure};

use super::{
    Bench,
    crowd::{Crowd, INSTANT},
    parallel::median,
};

/// How many finish.
const COUNT: usize = 32;

/// Reads the events of `chant work --json`: from `finished` to `landed`.
pub(super) fn measure(bench: &Bench) -> Result<()> {
    println!("\n{COUNT} runs from finished to on the main branch, with checks of no time");
    println!(
        "{:>10} {:>10} {:>10} {:>10}",
        "at once", "median ms", "95 % ms", "most ms"
    );
    for at_once in [8, COUNT] {
        let mut waits = waits(bench, at_once)?;
        let middle = median(&mut waits);
        let nearly = waits[waits.len() * 95 / 100];
        let most = waits.last().copied().unwrap_or(f64::NAN);
        println!("{at_once:>10} {middle:>10.0} {nearly:>10.0} {most:>10.0}");
    }
    queue_of_finished(bench)
}

/// All of them finished before the first lands.
fn queue_of_finished(bench: &Bench) -> Result<()> {
    let crowd = Crowd::prepare(bench, "latency", COUNT, INSTANT, |_| Vec::new())?;
    crowd.work(bench, 8, &["--no-merge", "--quiet"]).succeed()?;
    let merge = bench.chant(&["--no-input", "merge", "--all", "-q"], &crowd.repository);
    let begin = Instant::now();
    merge.succeed()?;
    let took = begin.elapsed().as_secs_f64() * 1000.0;
    let landed = crowd.landed(bench)?;
    ensure!(landed == COUNT, "{landed} of {COUNT} landed");
    println!("chant merge --all of {COUNT} finished runs: {took:.0} ms");
    Ok(())
}

fn waits(bench: &Bench, at_once: usize) -> Result<Vec<f64>> {
    let crowd = Crowd::prepare(bench, "latency", COUNT, INSTANT, |_| Vec::new())?;
    let mut child = crowd.work(bench, at_once, &["--json"]).piped()?;
    let output = child.stdout.take().context("no output")?;
    let mut finished: HashMap<String, Instant> = HashMap::new();
    let mut waits = Vec::new();
    for line in BufReader::new(output).lines() {
        let line = line?;
        if line.starts_with(r#"{"event":"finished""#) {
            finished.insert(spec(&line).to_owned(), Instant::now());
        } else if line.starts_with(r#"{"event":"landed""#)
            && let Some(begin) = finished.get(spec(&line))
        {
            waits.push(begin.elapsed().as_secs_f64() * 1000.0);
        }
    }
    ensure!(child.wait()?.success(), "chant work failed");
    ensure!(
        waits.len() == COUNT,
        "{} of {COUNT} landings were told",
        waits.len()
    );
    Ok(waits)
}

/// The spec that an event is about.
fn spec(line: &str) -> &str {
    let value = line.split_once(r#""spec":""#).map_or("", |(_, rest)| rest);
    value.split_once('"').map_or("", |(spec, _)| spec)
}

#[cfg(test)]
mod tests {
    #[test]
    fn an_event_says_which_spec() {
        let line = r#"{"event":"finished","run":"01","spec":"spec-00001"}"#;
        assert_eq!(super::spec(line), "spec-00001");
        assert_eq!(super::spec("{}"), "");
    }
}
