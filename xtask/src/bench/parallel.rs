//! Many independent specs at once with an agent that takes no time, against a shell loop of the git commands and agents that
//! it takes, and how that grows with their number.

use std::time::Instant;

use anyhow::{Result, ensure};

use super::{
    Bench,
    crowd::{Crowd, INSTANT, script},
};

/// How many are worked at once.
const AT_ONCE: usize = 8;

/// How many specs there are.
const COUNTS: [usize; 3] = [32, 128, 512];

/// The same git commands, one spec after another, each landing on the one before.
const BY_HAND: &str = r#"#!/bin/sh
set -eu
for spec in .chant/specs/*.md; do
    id=$(basename "$spec" .md)
    worktree="$WORKTREES/$id"
    base=$(git rev-parse main)
    git worktree add --quiet -b "chant/$id" "$worktree" "$base"
    (cd "$worktree" && CHANT_SPEC_ID="$id" CHANT_SPEC_FILE="$spec" "$AGENT")
    git -C "$worktree" add --all
    git -C "$worktree" commit --quiet --message "chant($id): by hand"
    tip=$(git rev-parse "chant/$id")
    tree=$(git merge-tree --write-tree "$base" "$tip")
    landed=$(git commit-tree "$tree" -p "$tip" -m "chant($id): landed")
    git update-ref refs/heads/main "$landed" "$base"
    git read-tree -m -u "$base" "$landed"
    git worktree remove --force "$worktree"
    git branch --quiet -D "chant/$id"
done
"#;

/// Times both for each number of specs.
pub(super) fn measure(bench: &Bench) -> Result<()> {
    println!("\nindependent specs, {AT_ONCE} at once, from the command to all landed");
    println!(
        "{:>6} {:>12} {:>12} {:>9} {:>12}",
        "specs", "chant ms", "by hand ms", "x hand", "ms a spec"
    );
    for count in COUNTS {
        let rounds = if count > 100 { 1 } else { bench.runs.min(3) };
        let mut own = Vec::new();
        let mut hand = Vec::new();
        for _ in 0..rounds {
            own.push(by_chant(bench, count)?);
            hand.push(by_hand(bench, count)?);
        }
        let (own, hand) = (median(&mut own), median(&mut hand));
        let each = own / f64::from(u32::try_from(count)?);
        println!(
            "{count:>6} {own:>12.0} {hand:>12.0} {:>9.2} {each:>12.1}",
            own / hand
        );
    }
    Ok(())
}

fn by_chant(bench: &Bench, count: usize) -> Result<f64> {
    let crowd = Crowd::prepare(bench, "parallel", count, INSTANT, |_| Vec::new())?;
    let work = crowd.work(bench, AT_ONCE, &["--quiet"]);
    let begin = Instant::now();
    work.succeed()?;
    let took = begin.elapsed().as_secs_f64() * 1000.0;
    let landed = crowd.landed(bench)?;
    ensure!(landed == count, "{landed} of {count} specs landed");
    Ok(took)
}

fn by_hand(bench: &Bench, count: usize) -> Result<f64> {
    let crowd = Crowd::prepare(bench, "by-hand", count, INSTANT, |_| Vec::new())?;
    let program = crowd.folder.join("by-hand.sh");
    script(&program, BY_HAND)?;
    let case = bench
        .case("by hand", &program, &[], &crowd.repository)
        .with("WORKTREES", crowd.folder.join("worktrees").display())
        .with("AGENT", crowd.agent.display());
    let begin = Instant::now();
    case.succeed()?;
    let took = begin.elapsed().as_secs_f64() * 1000.0;
    let landed = crowd.landed(bench)?;
    ensure!(landed == count, "by hand, {landed} of {count} specs landed");
    Ok(took)
}

/// The middle one.
pub(super) fn median(samples: &mut [f64]) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples.get(samples.len() / 2).copied().unwrap_or(f64::NAN)
}
