//! What is checked out, and which branch is the main one.

use chant_git::{GitError, Head};
use chant_testkit::TestRepo;

use crate::scratch::{branch, oid, open};

#[test]
fn head_is_a_branch_a_commit_or_unborn() {
    let repo = TestRepo::empty();
    assert_eq!(open(&repo).head().unwrap(), Head::Unborn(branch("main")));
    repo.write("a", "a");
    repo.commit("first");
    let tip = oid(&repo, "HEAD");
    let on_main = Head::Branch(branch("main"), Some(tip.clone()));
    assert_eq!(open(&repo).head().unwrap(), on_main);
    repo.git(&["pack-refs", "--all"]);
    assert_eq!(open(&repo).head().unwrap(), on_main, "packed");
    repo.git(&["switch", "-q", "--detach"]);
    assert_eq!(open(&repo).head().unwrap(), Head::Detached(tip));
}

#[test]
fn names_are_resolved_or_not() {
    let repo = TestRepo::new();
    let git = open(&repo);
    let head = oid(&repo, "HEAD");
    assert_eq!(git.resolve("HEAD").unwrap(), Some(head.clone()));
    for nothing in ["nowhere", "--all", "-h", "HEAD~7", "a\0b", "", "@{u}"] {
        assert_eq!(git.resolve(nothing).unwrap(), None, "{nothing:?}");
    }
    assert_eq!(git.parent_of(&head).unwrap(), None);
    repo.write("b", "b");
    repo.commit("second");
    let second = oid(&repo, "HEAD");
    assert_eq!(git.parent_of(&second).unwrap(), Some(head.clone()));
    assert!(git.is_ancestor(&head, &second).unwrap());
    assert!(!git.is_ancestor(&second, &head).unwrap());
    assert_eq!(git.branch_oid(&branch("main")).unwrap(), Some(second));
    assert_eq!(git.branch_oid(&branch("other")).unwrap(), None);
}

/// Builds branches by `prepare` and expects this main branch.
#[track_caller]
fn check(prepare: &[&[&str]], configured: Option<&str>, expected: &str) {
    let repo = TestRepo::new();
    for args in prepare {
        repo.git(args);
    }
    let found = open(&repo).main_branch(configured);
    let found = found.map_or_else(|error| error.to_string(), |name| name.to_string());
    assert_eq!(found, expected, "{prepare:?}");
}

#[test]
fn the_main_branch_is_found() {
    check(&[], None, "main");
    check(&[&["branch", "-m", "trunk"]], None, "trunk");
    check(
        &[
            &["branch", "-m", "master"],
            &["switch", "-q", "-c", "feature"],
        ],
        None,
        "master",
    );
    check(
        &[
            &["branch", "master"],
            &["branch", "trunk"],
            &["switch", "-q", "trunk"],
        ],
        None,
        "main",
    );
    check(&[&["branch", "-m", "development"]], None, "development");
    check(
        &[
            &["branch", "-m", "develop"],
            &["switch", "-q", "-c", "topic"],
        ],
        None,
        "topic",
    );
    check(&[&["branch", "-m", "Main"]], None, "Main");
    check(
        &[&["branch", "-m", "sole"], &["switch", "-q", "--detach"]],
        None,
        "sole",
    );
}

#[test]
fn the_main_branch_that_the_settings_name_comes_first() {
    check(&[&["branch", "develop"]], Some("develop"), "develop");
    let missing = "there is no branch develop, neither here nor at origin: correct `defaults.main_branch` in .chant/config.md";
    check(&[], Some("develop"), missing);
    check(
        &[&["update-ref", "refs/remotes/origin/develop", "HEAD"]],
        Some("develop"),
        "develop",
    );
}

#[test]
fn the_main_branch_may_be_the_one_that_is_checked_out() {
    let fix: &[&str] = &["switch", "-q", "-c", "fix/issue-1234"];
    check(&[fix], Some("HEAD"), "fix/issue-1234");
    let none = "no branch is checked out, and `defaults.main_branch` is HEAD: switch to the branch that results land on, for example: git switch main";
    check(&[&["switch", "-q", "--detach"]], Some("HEAD"), none);
}

#[test]
fn the_main_branch_is_what_origin_says() {
    let origin: &[&str] = &["update-ref", "refs/remotes/origin/develop", "HEAD"];
    let head: &[&str] = &[
        "symbolic-ref",
        "refs/remotes/origin/HEAD",
        "refs/remotes/origin/develop",
    ];
    check(&[origin, head], None, "develop");
    // What it names does not exist: it is no help.
    check(&[head], None, "main");
    let repo = TestRepo::new();
    repo.git(origin);
    repo.git(head);
    let start = open(&repo).start_point(&branch("develop")).unwrap();
    assert_eq!(
        start,
        Some(oid(&repo, "HEAD")),
        "work can begin at origin's"
    );
}

#[test]
fn a_main_branch_that_nothing_tells_is_asked_for() {
    let repo = TestRepo::new();
    repo.git(&["branch", "-m", "one"]);
    repo.git(&["branch", "two"]);
    repo.git(&["switch", "-q", "--detach"]);
    let error = open(&repo).main_branch(None).unwrap_err();
    assert!(
        matches!(error, GitError::MainBranchUnknown { .. }),
        "{error}"
    );
    assert!(error.to_string().contains("one, two"), "{error}");
}

#[test]
fn an_empty_repository_has_a_main_branch_without_a_commit() {
    let repo = TestRepo::empty();
    let git = open(&repo);
    let main = git.main_branch(None).unwrap();
    assert_eq!(main, branch("main"));
    assert_eq!(git.start_point(&main).unwrap(), None);
}
