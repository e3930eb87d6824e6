//! chant is killed at every step, before and after; the next `chant work` lands the spec exactly once.

use crate::support::*;

const STEPS: [&str; 10] = [
    "worktree",
    "provision",
    "agent",
    "collect",
    "judge",
    "verify",
    "land",
    "checkout",
    "record",
    "clean",
];

#[track_caller]
fn survives(point: &str) {
    let repo = with_agent(HONEST);
    repo.write("notes.txt", "one\n");
    repo.commit("notes");
    repo.write("notes.txt", "uncommitted\n");
    repo.write(SPEC, &spec("verify:\n  - grep -q hello greeting.txt\n"));
    let killed = repo.chant_with(|command| {
        command.args(["work", ID]).env("CHANT_CRASH_AT", point);
    });
    assert_eq!(killed.code, None, "killed at {point}: {}", killed.stderr);
    assert_eq!(repo.file("notes.txt"), "uncommitted\n");
    // Every command in between explains, and breaks nothing.
    repo.chant(&["list"]).ok();
    repo.chant(&["status"]).ok();
    repo.chant(&["diagnose"]).ok();
    work(&repo).ok();
    assert_landed_once(&repo);
    assert_eq!(repo.file("notes.txt"), "uncommitted\n");
    assert_eq!(repo.git(&["diff", "--cached", "--name-only"]).trim(), "");
}

#[test]
fn before_each_step() {
    for step in STEPS {
        survives(&format!("{step}:before"));
    }
}

#[test]
fn after_each_step() {
    for step in STEPS {
        survives(&format!("{step}:after"));
    }
}

#[test]
fn between_the_commit_and_the_branch() {
    survives("land:committed");
}

/// As git leaves it that was killed while it made a worktree: the folder leads to an entry that has no HEAD yet.
#[test]
fn a_worktree_whose_making_was_killed_is_made_again() {
    let repo = with_agent(HONEST);
    let killed = repo.chant_with(|command| {
        command
            .args(["work", ID])
            .env("CHANT_CRASH_AT", "worktree:after");
    });
    assert_eq!(killed.code, None, "{}", killed.stderr);
    let entry = repo.path().join(".git/worktrees").join(ID);
    std::fs::rename(entry.join("HEAD"), entry.join("HEAD.lock")).unwrap();
    std::fs::write(entry.join("locked"), "initializing").unwrap();
    std::fs::remove_file(entry.join("index")).unwrap();
    let folder = std::fs::read_to_string(entry.join("gitdir")).unwrap();
    let folder = std::path::Path::new(folder.trim()).parent().unwrap();
    for file in std::fs::read_dir(folder).unwrap().flatten() {
        if file.file_name() != ".git" {
            let _ = std::fs::remove_dir_all(file.path());
            let _ = std::fs::remove_file(file.path());
        }
    }
    work(&repo).ok();
    assert_landed_once(&repo);
}
