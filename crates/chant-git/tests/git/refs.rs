//! Refs move only from where they were expected.

use std::fs;

use chant_git::{Cas, GitError};
use chant_testkit::TestRepo;

use crate::scratch::{branch, oid, open};

/// A repository with two commits: the first, and the second, where `main` is.
fn two_commits() -> (TestRepo, chant_git::Oid, chant_git::Oid) {
    let repo = TestRepo::new();
    let first = oid(&repo, "HEAD");
    repo.write("a", "a");
    repo.commit("second");
    let second = oid(&repo, "HEAD");
    (repo, first, second)
}

#[test]
fn a_ref_is_made_once() {
    let (repo, first, second) = two_commits();
    let git = open(&repo);
    let name = branch("chant/001");
    assert_eq!(git.create_branch(&name, &first).unwrap(), Cas::Done);
    assert_eq!(
        git.create_branch(&name, &first).unwrap(),
        Cas::Done,
        "it is as it was to be"
    );
    let moved = Cas::Moved {
        now: Some(first.clone()),
    };
    assert_eq!(git.create_branch(&name, &second).unwrap(), moved);
    assert_eq!(git.branch_oid(&name).unwrap(), Some(first));
}

#[test]
fn a_ref_moves_from_where_it_was_expected() {
    let (repo, first, second) = two_commits();
    let git = open(&repo);
    let name = "refs/heads/topic";
    repo.git(&["branch", "topic", first.as_str()]);
    assert_eq!(
        git.update_ref(name, &second, Some(&first), "-m").unwrap(),
        Cas::Done
    );
    assert_eq!(
        git.update_ref(name, &second, Some(&first), "again")
            .unwrap(),
        Cas::Done
    );
    let other = git
        .commit_tree(&git.tree_of(&first).unwrap(), &[], "other")
        .unwrap();
    let moved = Cas::Moved {
        now: Some(second.clone()),
    };
    assert_eq!(
        git.update_ref(name, &other, Some(&first), "late").unwrap(),
        moved
    );
    assert_eq!(git.delete_ref(name, &first).unwrap(), moved);
    assert_eq!(git.delete_ref(name, &second).unwrap(), Cas::Done);
    assert_eq!(git.delete_ref(name, &second).unwrap(), Cas::Done);
    let gone = git.update_ref(name, &other, Some(&first), "gone").unwrap();
    assert_eq!(gone, Cas::Moved { now: None });
    assert!(
        repo.git(&["log", "-1", "--format=%gs", "-g", "HEAD"])
            .contains("second")
    );
}

#[test]
fn branches_are_moved_and_deleted_or_an_error_says_where_they_are() {
    let (repo, first, second) = two_commits();
    let git = open(&repo);
    let name = branch("topic");
    git.set_branch(&name, &first, None).unwrap();
    git.set_branch(&name, &second, Some(&first)).unwrap();
    let error = git.delete_branch(&name, &first).unwrap_err();
    assert!(
        matches!(&error, GitError::RefMoved { now: Some(now), .. } if *now == second),
        "{error}"
    );
    git.delete_branch(&name, &second).unwrap();
    git.delete_branch(&name, &second).unwrap();
    repo.git(&["pack-refs", "--all"]);
    git.set_ref("refs/chant/kept/x", &first, "keep").unwrap();
    git.set_ref("refs/chant/kept/x", &second, "keep").unwrap();
    assert_eq!(git.resolve("refs/chant/kept/x").unwrap(), Some(second));
}

#[test]
fn a_lock_that_was_left_long_ago_stands_in_nobodys_way() {
    let (repo, first, second) = two_commits();
    let git = open(&repo);
    for name in ["refs/heads/main.lock", "HEAD.lock", "packed-refs.lock"] {
        let path = repo.path().join(".git").join(name);
        let lock = fs::File::create(&path).unwrap();
        let then = std::time::SystemTime::now() - std::time::Duration::from_mins(1);
        lock.set_modified(then).unwrap();
    }
    let swapped = git.update_ref("refs/heads/main", &first, Some(&second), "x");
    assert_eq!(swapped.unwrap(), Cas::Done);
    repo.git(&["branch", "topic"]);
    git.delete_branch(&branch("topic"), &first).unwrap();
    assert!(!repo.path().join(".git/packed-refs.lock").exists());
    assert!(!repo.path().join(".git/HEAD.lock").exists());
}

#[test]
fn names_that_git_would_misread_never_reach_it() {
    let (repo, first, _) = two_commits();
    let git = open(&repo);
    for name in [
        "HEAD",
        "main",
        "refs/heads/a b",
        "refs/heads/a\0b",
        "refs/../x",
        "--stdin",
    ] {
        let error = git.set_ref(name, &first, "x").unwrap_err();
        assert!(
            matches!(error, GitError::BadName { .. }),
            "{name:?}: {error}"
        );
    }
}

#[test]
fn a_lock_that_a_killed_git_left_is_taken_away() {
    let (repo, first, second) = two_commits();
    let git = open(&repo);
    // One of chant's own names, a moment old; and a branch's, too old to be anybody's.
    for (name, age) in [("refs/chant/kept/001", 0), ("refs/heads/chant/001", 60)] {
        let lock = repo.path().join(".git").join(format!("{name}.lock"));
        git.set_ref(name, &first, "test").unwrap();
        fs::write(&lock, "").unwrap();
        let file = fs::File::options().append(true).open(&lock).unwrap();
        let then = std::time::SystemTime::now() - std::time::Duration::from_secs(age);
        file.set_modified(then).unwrap();
        git.set_ref(name, &second, "test").unwrap();
        assert!(!lock.exists());
        assert_eq!(git.resolve(name).unwrap(), Some(second.clone()));
    }
}
