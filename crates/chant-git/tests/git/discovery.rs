//! Which repository a folder belongs to.

use std::fs;

use chant_git::{GitError, Repo};
use chant_testkit::TestRepo;

use crate::scratch::open;

#[test]
fn from_a_subfolder_and_from_inside_git_itself() {
    let repo = TestRepo::new();
    fs::create_dir_all(repo.path().join("deep/er")).unwrap();
    for place in ["", "deep/er", ".git", ".git/objects"] {
        let found = Repo::discover(&repo.path().join(place)).unwrap();
        assert_eq!(found.root(), repo.path(), "{place}");
        assert_eq!(found.git_dir(), repo.path().join(".git"));
        assert_eq!(found.common_dir(), found.git_dir());
    }
}

#[test]
fn from_a_linked_worktree() {
    let repo = TestRepo::new();
    let linked = repo.home().join("linked tree");
    repo.git(&[
        "worktree",
        "add",
        "-q",
        "-b",
        "linked",
        linked.to_str().unwrap(),
    ]);
    let found = Repo::discover(&linked).unwrap();
    assert_eq!(found.root(), linked);
    assert_eq!(found.common_dir(), repo.path().join(".git"));
    assert!(
        found
            .git_dir()
            .starts_with(repo.path().join(".git/worktrees"))
    );
    assert_eq!(found, open(&repo).at(&linked));
    assert_eq!(open(&repo), found.at(repo.path()));
}

#[test]
fn from_a_submodule_its_own() {
    let inner = TestRepo::new();
    let repo = TestRepo::new();
    let source = inner.path().to_str().unwrap();
    repo.git(&[
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "--quiet",
        "add",
        source,
        "sub",
    ]);
    let found = Repo::discover(&repo.path().join("sub")).unwrap();
    assert_eq!(found.root(), repo.path().join("sub"));
    assert_eq!(found.git_dir(), repo.path().join(".git/modules/sub"));
    assert_eq!(found.common_dir(), found.git_dir());
}

#[test]
fn nowhere_is_said() {
    let folder = TestRepo::folder_only();
    let error = Repo::discover(folder.path()).unwrap_err();
    assert!(matches!(error, GitError::NotARepository { .. }), "{error}");
    let error = Repo::discover(&folder.path().join("missing")).unwrap_err();
    assert!(matches!(error, GitError::NotARepository { .. }), "{error}");
}

#[test]
fn bare_repositories_are_refused() {
    let folder = TestRepo::folder_only();
    folder.git(&["init", "-q", "--bare", "bare"]);
    for place in ["bare", "bare/refs"] {
        let error = Repo::discover(&folder.path().join(place)).unwrap_err();
        assert!(matches!(error, GitError::Bare { .. }), "{place}: {error}");
    }
    let repo = TestRepo::new();
    repo.git(&["config", "core.bare", "true"]);
    let error = Repo::discover(repo.path()).unwrap_err();
    assert!(matches!(error, GitError::Bare { .. }), "{error}");
}

#[test]
fn a_worktree_of_a_bare_repository_will_do() {
    let repo = TestRepo::new();
    repo.git(&["clone", "-q", "--bare", ".", "../bare"]);
    repo.git(&[
        "-C",
        "../bare",
        "worktree",
        "add",
        "-q",
        "../linked",
        "main",
    ]);
    let linked = repo.path().with_file_name("linked");
    let found = Repo::discover(&linked).unwrap();
    assert_eq!(found.root(), linked);
    let listed = found.worktrees().unwrap();
    assert_eq!(listed.len(), 1, "the bare one is no work tree: {listed:?}");
}

#[test]
fn a_damaged_git_file_is_named() {
    let folder = TestRepo::folder_only();
    for content in ["gitdir: /nowhere/at/all\n", "something else\n"] {
        folder.write(".git", content);
        let error = Repo::discover(folder.path()).unwrap_err();
        assert!(matches!(error, GitError::Damaged { .. }), "{error}");
    }
}

#[test]
fn this_git_is_new_enough() {
    let version = open(&TestRepo::new()).check_version().unwrap();
    assert!(version.major >= 2);
}
