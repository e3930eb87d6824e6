//! The journal of a clone is deleted, cut short or damaged; the next command makes it again and goes on.

use std::path::PathBuf;

use chant_testkit::{Output, TestRepo};

use crate::support::*;

fn journal(repo: &TestRepo) -> PathBuf {
    repo.path().join(".git/chant/journal.db")
}

fn killed_at(repo: &TestRepo, point: &str) {
    let killed = repo.chant_with(|command| {
        command.args(["work", ID]).env("CHANT_CRASH_AT", point);
    });
    killed.signalled();
}

/// Deletes the journal with what `SQLite` keeps beside it.
fn delete(repo: &TestRepo) {
    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{suffix}", journal(repo).display()));
    }
}

fn broken_ones(repo: &TestRepo) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(repo.path().join(".git/chant"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name.contains(".broken-"))
        .collect();
    names.sort();
    names
}

#[track_caller]
fn says(output: &Output, what: &str) {
    assert!(output.stderr.contains(what), "{}", output.stderr);
}

#[test]
fn a_run_goes_on_where_it_was_when_the_journal_is_deleted() {
    let repo = with_agent(HONEST);
    killed_at(&repo, "judge:before");
    delete(&repo);
    set_agent(&repo, "exit 9");
    let listed = repo.chant(&["status"]);
    says(listed.ok(), "the journal was gone and has been made again");
    says(&listed, "1 runs were found again");
    assert_eq!(state(&repo), "paused");
    // The agent has done its work and is not asked again.
    work(&repo).ok();
    assert_landed_once(&repo);
}

#[test]
fn what_was_found_is_said_once() {
    let repo = with_agent(HONEST);
    killed_at(&repo, "judge:before");
    delete(&repo);
    says(repo.chant(&["list"]).ok(), "the journal was gone");
    assert_eq!(repo.chant(&["list"]).ok().stderr, "");
}

/// The most dangerous moment: the main branch has moved, and nobody has written that down.
#[test]
fn what_has_landed_does_not_land_again_when_the_journal_is_deleted() {
    for point in [
        "land:after",
        "checkout:before",
        "checkout:after",
        "record:after",
    ] {
        let repo = with_agent(HONEST);
        killed_at(&repo, point);
        delete(&repo);
        set_agent(&repo, "exit 9");
        work(&repo).ok();
        assert_landed_once(&repo);
    }
}

/// The run's own copy may be as old as the step before: then only the trailer tells.
#[test]
fn a_landing_is_known_by_its_trailer() {
    let repo = with_agent(HONEST);
    killed_at(&repo, "land:before");
    let run = only_run(&repo);
    let before = std::fs::read(&run).unwrap();
    killed_at(&repo, "land:after");
    std::fs::write(&run, before).unwrap();
    delete(&repo);
    set_agent(&repo, "exit 9");
    let worked = work(&repo);
    says(worked.ok(), "001-greeting had landed as");
    assert_landed_once(&repo);
}

/// The copy of the one run there is.
fn only_run(repo: &TestRepo) -> PathBuf {
    let runs = std::fs::read_dir(repo.path().join(".git/chant/runs")).unwrap();
    let folders: Vec<PathBuf> = runs.map(|entry| entry.unwrap().path()).collect();
    assert_eq!(folders.len(), 1);
    folders[0].join("run.json")
}

#[test]
fn a_damaged_journal_is_kept_aside() {
    let damages: [fn(&mut Vec<u8>); 4] = [
        |bytes| bytes.truncate(bytes.len() / 2),
        |bytes| bytes.truncate(10),
        |bytes| bytes.fill(b'x'),
        // Not to be seen in its first lines.
        |bytes| bytes[100..].fill(0xff),
    ];
    for damage in damages {
        let repo = with_agent(HONEST);
        killed_at(&repo, "judge:before");
        // What is still beside the database goes into it.
        repo.chant(&["list"]).ok();
        let mut bytes = std::fs::read(journal(&repo)).unwrap();
        damage(&mut bytes);
        delete(&repo);
        std::fs::write(journal(&repo), &bytes).unwrap();
        set_agent(&repo, "exit 9");
        let worked = work(&repo);
        says(
            worked.ok(),
            "the journal was damaged and has been made again",
        );
        assert_landed_once(&repo);
        let kept = broken_ones(&repo);
        assert_eq!(kept.len(), 1, "{kept:?}");
        let kept = repo.path().join(".git/chant").join(&kept[0]);
        assert_eq!(std::fs::read(kept).unwrap(), bytes);
    }
}

#[test]
fn an_emptied_journal_is_filled_again() {
    let repo = with_agent(HONEST);
    killed_at(&repo, "judge:before");
    delete(&repo);
    std::fs::write(journal(&repo), "").unwrap();
    set_agent(&repo, "exit 9");
    says(work(&repo).ok(), "the journal was gone");
    assert_landed_once(&repo);
}

/// A command that runs on keeps writing: what it has found out is in the new journal.
#[test]
fn a_journal_deleted_under_a_run_is_made_again_by_it() {
    let repo = with_agent(&format!(
        "rm -f {}*\n{HONEST}",
        "\"$(git rev-parse --git-common-dir)\"/chant/journal.db"
    ));
    work(&repo).ok();
    says(repo.chant(&["status"]).ok(), "the journal was gone");
    assert_landed_once(&repo);
}

#[test]
fn a_failed_attempt_is_remembered() {
    let repo = with_agent("echo no; exit 3");
    work(&repo).fails(1);
    delete(&repo);
    assert_eq!(state(&repo), "failed");
    set_agent(&repo, &format!("test \"$CHANT_ATTEMPT\" = 2\n{HONEST}"));
    work(&repo).ok();
    assert_landed_once(&repo);
}

/// Without folders there is only git, and git has what landed.
#[test]
fn without_runs_and_journal_git_still_knows_what_landed() {
    let repo = with_agent(HONEST);
    work(&repo).ok();
    std::fs::remove_dir_all(repo.path().join(".git/chant")).unwrap();
    assert_landed_once(&repo);
    work(&repo).fails(4);
}

/// A run of which the folder has nothing but its events cannot go on, and says so; its work stays.
#[test]
fn a_run_without_its_copy_is_a_failed_attempt() {
    let repo = with_agent(HONEST);
    killed_at(&repo, "judge:before");
    std::fs::remove_file(only_run(&repo)).unwrap();
    delete(&repo);
    assert_eq!(state(&repo), "failed");
    let shown = repo.chant(&["show", ID]);
    assert!(
        shown.stdout.contains("chant/001-greeting"),
        "{}",
        shown.stdout
    );
    let tip = repo.git(&["rev-parse", "chant/001-greeting"]);
    work(&repo).ok();
    assert_landed_once(&repo);
    let kept = repo.git(&["for-each-ref", "--format=%(objectname)", "refs/chant/kept"]);
    assert!(kept.contains(tip.trim()), "{kept}");
}
