//! Specs that wait for those of another repository, among many that are worked at once.

use chant_testkit::TestRepo;

use crate::support::*;

/// Two repositories, of which `here` knows `web` by name.
fn two() -> (TestRepo, TestRepo) {
    let web = project("");
    let here = project(&format!(
        "repos: [{{name: web, path: {}}}]\n",
        web.path().display()
    ));
    (here, web)
}

#[test]
fn what_another_repository_has_completed_holds_nobody() {
    let (here, web) = two();
    spec(&web, "w1", "");
    spec(&here, "a", "depends_on: [\"web:w1\"]\n");
    spec(&here, "b", "depends_on: [a]\n");
    let waits = here.chant(&["work", "--parallel=2"]);
    waits.fails(4);
    assert!(
        waits
            .stdout
            .contains("a: depends on web:w1, which is pending"),
        "{}",
        waits.stdout
    );
    assert_eq!(ledger(&here), [""; 0]);
    web.chant(&["work", "w1"]).ok();
    here.chant(&["work", "--parallel=2"]).ok();
    assert_eq!(ledger(&here), ["begins a", "ends a", "begins b", "ends b"]);
}

/// It lands while this command still has something else to do.
#[test]
fn what_another_repository_completes_meanwhile_is_seen() {
    let (here, web) = two();
    spec(&web, "w1", "");
    spec(&here, "a", "depends_on: [\"web:w1\"]\n");
    spec(&here, "c", "");
    script(&here, "c", &holding("c"));
    let mut working = start(&here, &["work", "--chain", "a", "c"], "chain");
    eventually("c to begin", || has_begun(&here, "c"));
    web.chant(&["work", "w1"]).ok();
    let_go(&here, "c");
    assert!(
        working.wait().unwrap().success(),
        "{}",
        said(&here, "chain")
    );
    assert!(ledger(&here).contains(&"ends a".to_owned()));
}
