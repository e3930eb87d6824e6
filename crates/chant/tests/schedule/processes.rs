//! How many processes of git chant starts for a spec: each takes as long as much of chant's own work, and they add up with every
//! question that is asked again. Who needs more says why here.

use std::os::unix::fs::PermissionsExt;

use chant_testkit::{TestRepo, path};

use super::support::{project, spec};

const SPECS: [&str; 4] = ["one", "two", "three", "four"];

/// What a command that works many asks, whatever their number.
const COMMAND: usize = 4;

/// A run, until it is finished: its objects twice, its branch made and moved, its worktree, what the agent left (added, written,
/// committed), and the ref of its result. Where the prompt or the spec is not in git yet, storing it.
const RUN: usize = 11;

/// Landing what is finished, however many: its objects, those that are made and whether they are all there, who commits, the main
/// branch, its checkout looked at and brought along, the notes, and the refs that go.
const LANDING: usize = 14;

/// `chant merge` looks for what a person has done in the worktree of a run that waits.
const LOOKED: usize = 2;

/// Runs chant, and says what git was asked by it.
fn asked(repo: &TestRepo, args: &[&str]) -> Vec<String> {
    let front = repo.home().join("front");
    let calls = repo.home().join("calls");
    let usual = path::without_agents(&repo.home());
    let git = std::env::split_paths(&usual)
        .map(|folder| folder.join("git"))
        .find(|git| git.is_file())
        .unwrap();
    std::fs::create_dir_all(&front).unwrap();
    let (calls_shown, git) = (calls.display(), git.display());
    let text = format!("#!/bin/sh\necho \"$*\" >> '{calls_shown}'\nexec '{git}' \"$@\"\n");
    std::fs::write(front.join("git"), text).unwrap();
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(front.join("git"), mode).unwrap();
    std::fs::write(&calls, "").unwrap();
    let folders = std::iter::once(front).chain(std::env::split_paths(&usual));
    let path = std::env::join_paths(folders).unwrap();
    repo.chant_with(|command| {
        command.args(args).env("PATH", path);
    })
    .ok();
    let calls = std::fs::read_to_string(calls).unwrap();
    calls.lines().map(str::to_owned).collect()
}

#[test]
fn a_spec_costs_no_more_processes_of_git_than_it_needs() {
    let repo = project("");
    for id in SPECS {
        spec(&repo, id, "");
    }
    repo.commit("specs");
    let work = [&["work", "--parallel=2", "--no-merge"], &SPECS[..]].concat();
    let calls = asked(&repo, &work);
    let most = COMMAND + RUN * SPECS.len();
    assert!(calls.len() <= most, "{} of {most}: {calls:#?}", calls.len());
    let calls = asked(&repo, &["merge", "--all"]);
    let most = LANDING + LOOKED * SPECS.len();
    assert!(calls.len() <= most, "{} of {most}: {calls:#?}", calls.len());
    for id in SPECS {
        let landed = repo.git(&["show", &format!("main:{id}.txt")]);
        assert_eq!(landed.trim(), id);
    }
}
