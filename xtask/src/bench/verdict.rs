//! From the end of the agent's process to the verdict on its work, for a spec without checks: what it left is made a commit, and
//! judged.

use std::fs;

use anyhow::{Context, Result, ensure};

use super::{
    Bench,
    crowd::{Crowd, INSTANT},
    parallel::median,
};

/// How many runs, one after the other.
const COUNT: usize = 20;

/// Compares what the agent's last command said of the time with the times of the run's events.
pub(super) fn measure(bench: &Bench) -> Result<()> {
    let agent =
        format!("{INSTANT}date +%S.%N > out-ended\nmv out-ended \"out-$CHANT_SPEC_ID.txt\"\n");
    let crowd = Crowd::prepare(bench, "verdict", COUNT, &agent, |_| Vec::new())?;
    crowd.work(bench, 1, &["--quiet"]).succeed()?;
    let mut rows: [Vec<f64>; 3] = Default::default();
    for run in fs::read_dir(crowd.repository.join(".git/chant/runs"))? {
        let events = fs::read_to_string(run?.path().join("events.jsonl"))?;
        let spec = field(&events, "spec").context("an event without its spec")?;
        let ended = fs::read_to_string(crowd.repository.join(format!("out-{spec}.txt")))?;
        let ended: f64 = ended.trim().parse()?;
        for (row, step) in rows.iter_mut().zip(["collect", "judge", "verify"]) {
            let at = begun(&events, step).with_context(|| format!("no step {step}"))?;
            // Both are seconds of a minute.
            row.push((at - ended).rem_euclid(60.0) * 1000.0);
        }
    }
    ensure!(rows[2].len() == COUNT, "{} of {COUNT} runs", rows[2].len());
    println!("\nfrom the end of the agent's process, {COUNT} runs");
    println!("{:<36} {:>10} {:>10}", "", "median ms", "most ms");
    let names = [
        "its tree is gone, and it is known",
        "its work is one tree",
        "the verdict",
    ];
    for (name, row) in names.iter().zip(&mut rows) {
        let middle = median(row);
        let most = row.last().copied().unwrap_or(f64::NAN);
        println!("{name:<36} {middle:>10.1} {most:>10.1}");
    }
    Ok(())
}

/// The second of the minute in which a step began.
fn begun(events: &str, step: &str) -> Option<f64> {
    let name = format!(r#""event":"step","name":"{step}""#);
    let line = events.lines().find(|line| line.contains(&name))?;
    let at = field(line, "at")?;
    at.trim_end_matches('Z').rsplit(':').next()?.parse().ok()
}

fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(&format!(r#""{name}":""#))?;
    rest.split('"').next()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_second_of_a_step_is_read() {
        let events = "{\"at\":\"2026-01-01T10:20:30.5Z\",\"event\":\"step\",\"name\":\"judge\"}\n";
        assert_eq!(super::begun(events, "judge"), Some(30.5));
        assert_eq!(super::begun(events, "verify"), None);
    }
}
