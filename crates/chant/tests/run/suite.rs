//! The suite of the settings: a change to the code leaves it as good as it was.

use chant_testkit::TestRepo;

use crate::support::*;

/// A repository whose settings have this suite, with a file that it may look at.
fn with_suite(command: &str) -> TestRepo {
    let repo = with_agent(HONEST);
    repo.write(
        ".chant/config.md",
        &format!("---\nproject: {{name: sample}}\nchecks: [{command:?}]\n---\n"),
    );
    repo.write("library.txt", "works\n");
    repo.commit("a project with a suite");
    repo.chant(&["trust"]).ok();
    repo
}

#[test]
fn a_change_that_breaks_the_suite_does_not_land() {
    let repo = with_suite("grep works library.txt");
    set_agent(&repo, &format!("echo broken > library.txt\n{HONEST}"));
    let output = work(&repo);
    let said = &output.fails(1).stderr;
    assert!(
        said.contains("the suite passed before and fails now: grep works library.txt: exit 1"),
        "{said}"
    );
    assert_eq!(state(&repo), "failed");
    assert_eq!(repo.git(&["show", "main:library.txt"]), "works\n");
}

#[test]
fn a_change_that_keeps_the_suite_lands_with_it_on_record() {
    let repo = with_suite("grep works library.txt");
    work(&repo).ok();
    assert_landed_once(&repo);
    let trailers = "--format=%(trailers:key=Chant-Check,valueonly)";
    let checks = repo.git(&["log", "-1", trailers, "main"]);
    assert_eq!(checks.trim(), "passes (cold): grep works library.txt");
}

#[test]
fn a_suite_that_failed_before_tells_nothing_and_is_said_so() {
    let repo = with_suite("grep perfect library.txt");
    let output = work(&repo);
    let said = &output.ok().stderr;
    assert!(
        said.contains("the suite tells nothing: grep perfect library.txt fails, as it did before"),
        "{said}"
    );
    assert_landed_once(&repo);
}

#[test]
fn a_reproduction_may_make_the_suite_fail() {
    let repo = with_suite("test ! -e greeting.txt");
    repo.write(SPEC, &spec("").replace("type: code", "type: task"));
    work(&repo).ok();
    assert_landed_once(&repo);
}
