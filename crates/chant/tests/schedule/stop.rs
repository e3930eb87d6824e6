//! Many runs, stopped from outside: by Ctrl-C, by SIGKILL. The same command goes on.

use chant_testkit::TestRepo;

use crate::support::*;

/// Three specs, of which the first two are at work and wait.
fn two_of_three() -> TestRepo {
    let repo = project("");
    for id in ["a-1", "a-2", "a-3"] {
        spec(&repo, id, "labels: [many]\n");
        script(&repo, id, &holding(id));
    }
    repo.commit("specs");
    repo
}

const WORK: [&str; 4] = ["work", "--parallel=2", "--label", "many"];

#[test]
fn one_interrupt_finishes_what_runs() {
    let repo = two_of_three();
    let mut child = start(&repo, &WORK, "work");
    eventually("two to begin", || ledger(&repo).len() == 2);
    signal(&child, "-INT");
    eventually("it to be said", || said(&repo, "work").contains("stopping"));
    for id in ["a-1", "a-2", "a-3"] {
        let_go(&repo, id);
    }
    assert_eq!(
        ended(&mut child).code(),
        Some(130),
        "{}",
        said(&repo, "work")
    );
    assert_landed(&repo, &["a-1", "a-2"]);
    assert!(!has_begun(&repo, "a-3"));
    chant(&repo, &WORK).ok();
    assert_landed(&repo, &["a-1", "a-2", "a-3"]);
    assert_nothing_left(&repo);
}

#[test]
fn two_interrupts_stop_what_runs_and_keep_it() {
    let repo = two_of_three();
    let mut child = start(&repo, &WORK, "work");
    eventually("two to begin", || ledger(&repo).len() == 2);
    signal(&child, "-INT");
    eventually("it to be said", || said(&repo, "work").contains("stopping"));
    signal(&child, "-INT");
    assert_eq!(
        ended(&mut child).code(),
        Some(130),
        "{}",
        said(&repo, "work")
    );
    assert_landed(&repo, &[]);
    assert_eq!(state(&repo, "a-1"), "paused");
    assert_eq!(state(&repo, "a-2"), "paused");
    for id in ["a-1", "a-2", "a-3"] {
        let_go(&repo, id);
    }
    chant(&repo, &WORK).ok();
    assert_landed(&repo, &["a-1", "a-2", "a-3"]);
    assert_nothing_left(&repo);
}

#[test]
fn after_a_kill_the_same_command_goes_on() {
    let repo = two_of_three();
    let mut child = start(&repo, &WORK, "work");
    eventually("two to begin", || ledger(&repo).len() == 2);
    signal(&child, "-KILL");
    assert_eq!(ended(&mut child).code(), None);
    for id in ["a-1", "a-2", "a-3"] {
        let_go(&repo, id);
    }
    chant(&repo, &WORK).ok();
    assert_landed(&repo, &["a-1", "a-2", "a-3"]);
    assert_nothing_left(&repo);
    let askers = std::fs::read_dir(state_dir(&repo).join("askers")).unwrap();
    assert!(askers.count() <= 1, "only the killed one's lock is left");
}

/// Its result could not get its ref: neither half may take it for the other's.
#[test]
fn a_run_whose_result_could_not_be_stored_goes_on() {
    let repo = project("");
    spec(&repo, "a-1", "labels: [many]\n");
    repo.commit("specs");
    let words = ["work", "--parallel=2", "--label", "many"];
    // A ref of the folder's name leaves no room for the refs in it.
    repo.git(&["update-ref", "refs/chant/runs", "HEAD"]);
    let mut child = start(&repo, &words, "first");
    assert_eq!(
        ended(&mut child).code(),
        Some(1),
        "{}",
        said(&repo, "first")
    );
    assert_eq!(state(&repo, "a-1"), "paused");
    repo.git(&["update-ref", "-d", "refs/chant/runs"]);
    let mut child = start(&repo, &words, "again");
    let status = ended(&mut child);
    assert!(status.success(), "{}", said(&repo, "again"));
    assert_landed(&repo, &["a-1"]);
    assert_nothing_left(&repo);
}

/// A run that is begun again after a kill does not wait for the files that its first attempt held.
#[test]
fn a_killed_run_with_declared_files_is_begun_again() {
    let repo = project("");
    spec(&repo, "a-1", "labels: [many]\ntarget_files: [a-1.txt]\n");
    let kills_once = "if [ ! -e \"$HOME/killed\" ]; then touch \"$HOME/killed\"; pkill -KILL -f \"run-one --spec=a-1 --run=$CHANT_RUN_ID\"; sleep 60; fi\n";
    script(&repo, "a-1", kills_once);
    repo.commit("specs");
    let mut child = start(&repo, &["work", "--parallel=2", "--label", "many"], "work");
    assert!(ended(&mut child).success(), "{}", said(&repo, "work"));
    assert!(repo.home().join("killed").exists());
    assert_landed(&repo, &["a-1"]);
    assert_nothing_left(&repo);
}

/// Ctrl-C is answered although a failure has stopped the rest already, and means what it means everywhere.
#[test]
fn after_a_fast_failure_interrupts_are_still_heard() {
    let repo = two_of_three();
    script(&repo, "a-1", "exit 3\n");
    let mut child = start(
        &repo,
        &["work", "--parallel=2", "--fail-fast", "--label", "many"],
        "work",
    );
    eventually("what the failure does to be said", || {
        said(&repo, "work").contains("a-1 failed: nothing more begins")
    });
    eventually("the other to be at work", || has_begun(&repo, "a-2"));
    signal(&child, "-INT");
    eventually("it to be answered", || {
        said(&repo, "work").contains("once more to interrupt it")
    });
    signal(&child, "-INT");
    let code = ended(&mut child).code();
    let said = said(&repo, "work");
    assert_eq!(code, Some(130), "{said}");
    assert!(
        said.contains("a-3: was not begun, because a-1 failed"),
        "{said}"
    );
    assert_eq!(state(&repo, "a-2"), "paused");
}
