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
