//! Two commands in one clone: they share places and specs, and each tells of what it was asked.

use crate::support::*;

#[test]
fn the_second_joins_the_first() {
    let repo = project("");
    configure(&repo, "    max_concurrent: 2\n", "");
    let all = ["a-1", "a-2", "a-3", "a-4", "b-1", "b-2"];
    for id in all {
        spec(&repo, id, "");
        script(&repo, id, &holding(id));
    }
    repo.commit("specs");
    let first = ["work", "--parallel=4", "a-1", "a-2", "a-3", "a-4"];
    let second = ["work", "--parallel=4", "b-1", "b-2", "a-2", "a-4"];
    let mut one = start(&repo, &first, "one");
    eventually("two to begin", || ledger(&repo).len() == 2);
    let mut two = start(&repo, &second, "two");
    for id in all {
        let_go(&repo, id);
    }
    assert_eq!(ended(&mut one).code(), Some(0), "{}", said(&repo, "one"));
    assert_eq!(ended(&mut two).code(), Some(0), "{}", said(&repo, "two"));
    assert!(
        said(&repo, "one").contains("4 landed"),
        "{}",
        said(&repo, "one")
    );
    assert!(
        said(&repo, "two").contains("4 landed"),
        "{}",
        said(&repo, "two")
    );
    assert_landed(&repo, &all);
    assert!(most_at_once(&repo) <= 2, "{:?}", ledger(&repo));
    assert_nothing_left(&repo);
}

#[test]
fn what_another_command_works_is_waited_for() {
    let repo = project("");
    spec(&repo, "a-1", "");
    spec(&repo, "a-2", "depends_on: [a-1]\n");
    script(&repo, "a-1", &holding("a-1"));
    repo.commit("specs");
    let mut one = start(&repo, &["work", "--parallel=2", "a-1"], "one");
    eventually("it to begin", || has_begun(&repo, "a-1"));
    let mut two = start(&repo, &["work", "--parallel=2", "a-2"], "two");
    let_go(&repo, "a-1");
    assert_eq!(ended(&mut one).code(), Some(0), "{}", said(&repo, "one"));
    assert_eq!(ended(&mut two).code(), Some(0), "{}", said(&repo, "two"));
    assert_landed(&repo, &["a-1", "a-2"]);
}

#[test]
fn what_another_command_landed_is_told_as_that() {
    let repo = project("");
    for id in ["a-1", "a-2"] {
        spec(&repo, id, "labels: [many]\n");
        script(&repo, id, &holding(id));
    }
    repo.commit("specs");
    let mut one = start(&repo, &["work", "a-1"], "one");
    eventually("it to begin", || has_begun(&repo, "a-1"));
    let mut two = start(&repo, &["work", "--parallel=2", "--label", "many"], "two");
    eventually("the other to begin", || has_begun(&repo, "a-2"));
    let_go(&repo, "a-1");
    assert_eq!(ended(&mut one).code(), Some(0), "{}", said(&repo, "one"));
    let_go(&repo, "a-2");
    assert_eq!(ended(&mut two).code(), Some(0), "{}", said(&repo, "two"));
    let told = said(&repo, "two");
    assert!(told.contains("a-1    landed  by another command"), "{told}");
    assert!(told.contains("2 landed"), "{told}");
    let done = chant(&repo, &["work", "--parallel", "a-1"]);
    done.fails(4);
    let way = "make it again: chant work a-1 --again";
    assert!(done.stderr.contains(way), "{}", done.stderr);
}

/// A command without `--parallel` takes the same places, and stands in the queue while there is none.
#[test]
fn a_plain_command_waits_for_its_turn_too() {
    let repo = project("");
    configure(&repo, "    max_concurrent: 2\n", "");
    let all = ["a-1", "a-2", "b-1"];
    for id in all {
        spec(&repo, id, "");
        script(&repo, id, &holding(id));
    }
    repo.commit("specs");
    let mut one = start(&repo, &["work", "--parallel=4", "a-1", "a-2"], "one");
    eventually("two to begin", || ledger(&repo).len() == 2);
    let mut two = start(&repo, &["work", "b-1"], "two");
    eventually("it to wait", || state(&repo, "b-1") == "queued");
    eventually("it to say so", || {
        said(&repo, "two").contains("2 runs are at work of agent shell")
    });
    assert!(!has_begun(&repo, "b-1"));
    for id in all {
        let_go(&repo, id);
    }
    assert_eq!(ended(&mut one).code(), Some(0), "{}", said(&repo, "one"));
    assert_eq!(ended(&mut two).code(), Some(0), "{}", said(&repo, "two"));
    assert_eq!(most_at_once(&repo), 2);
    assert_landed(&repo, &all);
    assert_nothing_left(&repo);
}

#[test]
fn who_waits_for_its_turn_can_be_stopped() {
    let repo = project("");
    spec(&repo, "a-1", "target_files: [src/a.rs]\n");
    spec(&repo, "a-2", "target_files: [./src/a.rs]\n");
    script(&repo, "a-1", &holding("a-1"));
    repo.commit("specs");
    let mut one = start(&repo, &["work", "a-1"], "one");
    eventually("it to begin", || has_begun(&repo, "a-1"));
    let mut two = start(&repo, &["work", "a-2"], "two");
    eventually("the other to wait", || state(&repo, "a-2") == "queued");
    signal(&two, "-INT");
    assert_eq!(ended(&mut two).code(), Some(130), "{}", said(&repo, "two"));
    assert_eq!(state(&repo, "a-2"), "pending");
    let_go(&repo, "a-1");
    assert_eq!(ended(&mut one).code(), Some(0), "{}", said(&repo, "one"));
    assert_landed(&repo, &["a-1"]);
}

/// What would be refused does not wait for a place first.
#[test]
fn a_refusal_does_not_wait() {
    let repo = project("limits: {parallel: 1}\n");
    spec(&repo, "a-1", "");
    spec(&repo, "a-2", "depends_on: [a-1]\n");
    script(&repo, "a-1", &holding("a-1"));
    repo.commit("specs");
    let mut one = start(&repo, &["work", "a-1"], "one");
    eventually("it to begin", || has_begun(&repo, "a-1"));
    chant(&repo, &["work", "a-2"]).fails(4);
    chant(&repo, &["work", "a-1"]).fails(4);
    let_go(&repo, "a-1");
    assert_eq!(ended(&mut one).code(), Some(0), "{}", said(&repo, "one"));
}

#[test]
fn several_in_turn_wait_for_one_that_another_command_works() {
    let repo = project("");
    for id in ["a-1", "a-2"] {
        spec(&repo, id, "");
    }
    script(&repo, "a-1", &holding("a-1"));
    repo.commit("specs");
    let mut one = start(&repo, &["work", "a-1"], "one");
    eventually("it to begin", || has_begun(&repo, "a-1"));
    let mut two = start(&repo, &["work", "a-1", "a-2"], "two");
    eventually("the other to wait", || {
        said(&repo, "two").contains("worked by another command")
    });
    let_go(&repo, "a-1");
    assert_eq!(ended(&mut one).code(), Some(0), "{}", said(&repo, "one"));
    assert_eq!(ended(&mut two).code(), Some(0), "{}", said(&repo, "two"));
    assert_landed(&repo, &["a-1", "a-2"]);
}

#[test]
fn two_commands_share_a_label() {
    let repo = project("");
    let all = ["a-1", "a-2", "a-3"];
    for id in all {
        spec(&repo, id, "labels: [many]\n");
        script(&repo, id, &holding(id));
    }
    repo.commit("specs");
    let mut one = start(&repo, &["work", "--label", "many"], "one");
    eventually("it to begin", || has_begun(&repo, "a-1"));
    let mut two = start(&repo, &["work", "--label", "many"], "two");
    eventually("the other to begin", || has_begun(&repo, "a-2"));
    for id in all {
        let_go(&repo, id);
    }
    assert_eq!(ended(&mut one).code(), Some(0), "{}", said(&repo, "one"));
    assert_eq!(ended(&mut two).code(), Some(0), "{}", said(&repo, "two"));
    assert_landed(&repo, &all);
}
