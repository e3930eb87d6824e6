//! A long queue: how soon the first agent of very many specs with very many dependencies is started.

use std::{
    fs,
    path::Path,
    process::Child,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use std::os::unix::process::ExitStatusExt;

use super::{Bench, crowd::Crowd, parallel::median};

/// How many specs there are, and how many each depends on.
const SPECS: usize = 10_000;
const EDGES: usize = 5;

/// Those without dependencies, so that each of the others has its five.
const FREE: usize = 8;

/// Says that it was started, and is then in nobody's way.
const AGENT: &str = "#!/bin/sh\n: > \"$MARKS/started\"\nexec sleep 600\n";

/// No agent takes so long to be started.
const LIMIT: Duration = Duration::from_mins(1);

/// Times the way from the command to the first agent: where its worktree holds all the specs, because they are in git,
/// and where it holds nothing, so that the rest is seen. Of the first, what git needs for the worktree alone.
pub(super) fn measure(bench: &Bench) -> Result<()> {
    let crowd = Crowd::prepare(bench, "queue", SPECS, AGENT, before)?;
    let edges: usize = (0..SPECS).map(|number| before(number).len()).sum();
    println!("\n{SPECS} specs with {edges} dependencies, from the command to the first agent");
    let index = crowd.repository.join(".git/chant/index");
    bench.chant(&["list"], &crowd.repository).succeed()?;
    let times = bench.runs.min(5);
    several("specs in git", times, || first_agent(bench, &crowd))?;
    several("of that, `git worktree add` alone", times, || {
        worktree(bench, &crowd)
    })?;
    let forget = ["rm", "-r", "--quiet", "--cached", "--", ".chant/specs"];
    bench.git(&forget, &crowd.repository)?;
    let commit = ["commit", "--quiet", "--message", "specs are not in git"];
    bench.git(&commit, &crowd.repository)?;
    several("specs not in git", times, || first_agent(bench, &crowd))?;
    several("the same, index deleted before", times, || {
        let _ = fs::remove_file(&index);
        first_agent(bench, &crowd)
    })
}

fn several(name: &str, times: usize, take: impl Fn() -> Result<f64>) -> Result<()> {
    let mut samples = Vec::new();
    for _ in 0..times {
        samples.push(take()?);
    }
    let middle = median(&mut samples);
    println!(
        "{name:<34} median {middle:.0} ms, least {:.0} ms",
        samples[0]
    );
    Ok(())
}

/// The worktree that the first agent works in, made by hand.
fn worktree(bench: &Bench, crowd: &Crowd) -> Result<f64> {
    let folder = crowd.folder.join("by-hand").display().to_string();
    let begin = Instant::now();
    let add = ["worktree", "add", "--quiet", "--detach", &folder];
    bench.git(&add, &crowd.repository)?;
    let took = begin.elapsed().as_secs_f64() * 1000.0;
    let remove = ["worktree", "remove", "--force", &folder];
    bench.git(&remove, &crowd.repository)?;
    Ok(took)
}

fn before(number: usize) -> Vec<usize> {
    if number < FREE {
        return Vec::new();
    }
    // Spread over all that come earlier, never one twice.
    let mut found: Vec<usize> = (1..=EDGES)
        .map(|edge| number * edge / (EDGES + 1))
        .collect();
    found.dedup();
    found
}

fn first_agent(bench: &Bench, crowd: &Crowd) -> Result<f64> {
    let mark = crowd.marks().join("started");
    if mark.exists() {
        fs::remove_file(&mark)?;
    }
    let begin = Instant::now();
    let mut child = crowd.work(bench, 1, &["--quiet"]).piped()?;
    while !mark.exists() {
        ensure!(begin.elapsed() < LIMIT, "no agent was started");
        ensure!(child.try_wait()?.is_none(), "chant work ended");
        std::thread::sleep(Duration::from_millis(1));
    }
    let took = begin.elapsed().as_secs_f64() * 1000.0;
    stop(&mut child, crowd, bench)?;
    Ok(took)
}

/// Ends everything, and starts from nothing again.
fn stop(child: &mut Child, crowd: &Crowd, bench: &Bench) -> Result<()> {
    child.kill()?;
    ensure!(
        child.wait()?.signal().is_some(),
        "chant work ended by itself"
    );
    super::sleep::until_gone(&bench.chant)?;
    for entry in fs::read_dir(crowd.repository.join(".git/chant"))? {
        let path = entry?.path();
        if path.is_dir() {
            fs::remove_dir_all(path)?;
        } else if !path.ends_with("index") {
            fs::remove_file(path)?;
        }
    }
    let git = Path::new("git");
    let branches = [
        "for-each-ref",
        "--format=%(refname:short)",
        "refs/heads/chant",
    ];
    let worktrees = bench.folder.join("worktrees");
    let _ = fs::remove_dir_all(worktrees);
    bench.git(&["worktree", "prune"], &crowd.repository)?;
    let listed = bench
        .case("git", git, &branches, &crowd.repository)
        .output()?;
    for branch in String::from_utf8_lossy(&listed.stdout).lines() {
        bench.git(&["branch", "--quiet", "-D", branch], &crowd.repository)?;
    }
    Ok(())
}
