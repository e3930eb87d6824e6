//! What stands in the way of a landing stays, and so does everything else.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
};

use chant_git::{Brought, GitError, TreeEdit};
use chant_testkit::TestRepo;

use crate::{
    checkout::{assert_status, follows, known, scene},
    scratch::{land, open, put, remove},
};

/// Lands `edits` and expects that the checkout stays exactly as it is because of these files.
#[track_caller]
fn stays(repo: &TestRepo, edits: &[TreeEdit], in_the_way: &[&str]) {
    let (old, new) = land(repo, edits);
    let git = open(repo);
    let index = || repo.git(&["ls-files", "--stage"]);
    let before = (repo.snapshot_files(), index());
    let expected = Brought::InTheWay {
        files: in_the_way.iter().map(|file| (*file).to_owned()).collect(),
    };
    assert_eq!(git.would_bring_along(&old, &new, &[]).unwrap(), expected);
    assert_eq!(git.bring_along(&old, &new, &[]).unwrap(), expected);
    assert_eq!(
        (repo.snapshot_files(), index()),
        before,
        "nothing is touched"
    );
}

#[test]
fn a_changed_file_is_in_the_way() {
    let repo = scene();
    repo.write("a", "mine\n");
    stays(
        &repo,
        &[put(&repo, "a", "new\n"), put(&repo, "b", "new\n")],
        &["a"],
    );
}

#[test]
fn a_staged_change_is_in_the_way() {
    let repo = scene();
    repo.write("a", "mine\n");
    repo.git(&["add", "a"]);
    stays(&repo, &[put(&repo, "a", "new\n")], &["a"]);
}

#[test]
fn a_staged_change_whose_file_was_set_back_is_in_the_way() {
    let repo = scene();
    repo.write("a", "mine\n");
    repo.git(&["add", "a"]);
    repo.write("a", "a\n");
    stays(&repo, &[put(&repo, "a", "new\n")], &["a"]);
}

#[test]
fn a_staged_deletion_is_in_the_way() {
    let repo = scene();
    repo.git(&["rm", "-q", "--cached", "a"]);
    stays(&repo, &[put(&repo, "a", "new\n")], &["a"]);
}

#[test]
fn a_changed_file_that_is_to_go_is_in_the_way() {
    let repo = scene();
    repo.write("a", "mine\n");
    stays(&repo, &[remove("a")], &["a"]);
}

#[test]
fn an_unresolved_merge_is_in_the_way() {
    let repo = scene();
    repo.git(&["switch", "-q", "-c", "side"]);
    repo.write("a", "side\n");
    repo.commit("side");
    repo.git(&["switch", "-q", "main"]);
    repo.write("a", "main\n");
    repo.commit("main");
    let merged = repo
        .command("git")
        .args(["merge", "-q", "side"])
        .output()
        .unwrap();
    assert!(!merged.status.success());
    stays(&repo, &[put(&repo, "a", "new\n")], &["a"]);
}

#[test]
fn an_untracked_file_is_in_the_way_even_an_ignored_one() {
    let repo = scene();
    repo.write("new", "mine\n");
    repo.write("x.ignored", "mine\n");
    stays(
        &repo,
        &[put(&repo, "new", "new\n"), put(&repo, "x.ignored", "new\n")],
        &["new", "x.ignored"],
    );
}

#[test]
fn an_untracked_file_where_a_folder_is_needed() {
    let repo = scene();
    repo.write("new", "mine\n");
    stays(&repo, &[put(&repo, "new/inside", "new\n")], &["new"]);
}

#[test]
fn a_link_where_a_folder_is_needed_is_not_followed() {
    let repo = scene();
    fs::create_dir(repo.home().join("elsewhere")).unwrap();
    symlink(repo.home().join("elsewhere"), repo.path().join("new")).unwrap();
    stays(&repo, &[put(&repo, "new/inside", "new\n")], &["new"]);
    assert_eq!(
        fs::read_dir(repo.home().join("elsewhere")).unwrap().count(),
        0
    );
}

#[test]
fn untracked_files_in_a_folder_where_a_file_is_needed() {
    let repo = scene();
    repo.write("new/mine", "mine\n");
    repo.write("new/deep/x.ignored", "mine\n");
    stays(
        &repo,
        &[put(&repo, "new", "new\n")],
        &["new/deep/x.ignored", "new/mine"],
    );
    let repo = scene();
    fs::create_dir_all(repo.path().join("new/empty")).unwrap();
    follows(&repo, &[put(&repo, "new", "new\n")], &[]);
    assert_eq!(repo.file("new"), "new\n");
}

#[test]
fn folders_become_files_and_files_folders() {
    let repo = scene();
    follows(
        &repo,
        &[
            put(&repo, "dir", "a file now\n"),
            put(&repo, "a/deep", "a folder now\n"),
        ],
        &[],
    );
    assert_eq!(repo.file("dir"), "a file now\n");
    assert_eq!(repo.file("a/deep"), "a folder now\n");
    assert_status(&repo, "");
    let repo = scene();
    repo.write("dir/mine.ignored", "mine\n");
    stays(
        &repo,
        &[put(&repo, "dir", "a file now\n")],
        &["dir/mine.ignored"],
    );
}

#[test]
fn what_may_be_replaced_is_known_by_its_content() {
    let repo = scene();
    repo.write("spec.md", "edited since\n");
    let may = [known(&repo, "spec.md", "pending\n")];
    let (old, new) = land(&repo, &[put(&repo, "spec.md", "completed\n")]);
    let brought = open(&repo).bring_along(&old, &new, &may).unwrap();
    assert_eq!(
        brought,
        Brought::InTheWay {
            files: vec!["spec.md".to_owned()]
        }
    );
    assert_eq!(repo.file("spec.md"), "edited since\n");
}

#[test]
fn a_users_link_and_a_users_executable_bit_are_changes() {
    let repo = scene();
    fs::remove_file(repo.path().join("a")).unwrap();
    symlink("dir/c", repo.path().join("a")).unwrap();
    fs::set_permissions(repo.path().join("b"), fs::Permissions::from_mode(0o755)).unwrap();
    stays(
        &repo,
        &[put(&repo, "a", "new\n"), put(&repo, "b", "new\n")],
        &["a", "b"],
    );
}

#[test]
fn a_linked_worktree_follows_and_the_main_one_stays() {
    let repo = scene();
    repo.git(&["switch", "-q", "-c", "feature"]);
    let linked = repo.home().join("linked");
    repo.git(&["worktree", "add", "-q", linked.to_str().unwrap(), "main"]);
    let (old, new) = land(&repo, &[put(&repo, "a", "new\n")]);
    fs::write(linked.join("b"), "mine\n").unwrap();
    let there = open(&repo).at(&linked);
    assert_eq!(there.bring_along(&old, &new, &[]).unwrap(), Brought::Done);
    assert_eq!(fs::read_to_string(linked.join("a")).unwrap(), "new\n");
    assert_eq!(fs::read_to_string(linked.join("b")).unwrap(), "mine\n");
    assert_eq!(repo.file("a"), "a\n");
}

#[test]
fn an_index_that_another_git_holds_is_waited_for_and_then_named() {
    let repo = scene();
    let (old, new) = land(&repo, &[put(&repo, "a", "new\n")]);
    let lock = repo.path().join(".git/index.lock");
    fs::write(&lock, "").unwrap();
    let git = open(&repo);
    let error = git.bring_along(&old, &new, &[]).unwrap_err();
    assert!(
        matches!(&error, GitError::IndexLocked { path } if *path == lock),
        "{error}"
    );
    assert_eq!(repo.file("a"), "a\n");
    fs::remove_file(&lock).unwrap();
    assert_eq!(git.bring_along(&old, &new, &[]).unwrap(), Brought::Done);
    assert_eq!(repo.file("a"), "new\n");
}

#[test]
fn a_lock_that_a_killed_chant_left_is_its_own() {
    let repo = scene();
    let (old, new) = land(&repo, &[put(&repo, "a", "new\n")]);
    let lock = repo.path().join(".git/index.lock");
    let git = open(&repo);
    // What is there in the middle of it: the lock, with a copy of the index that git held in its turn.
    fs::write(&lock, "chant holds the index\n").unwrap();
    for half in ["chant-index", "chant-index.lock", "chant-index.mark"] {
        fs::write(repo.path().join(".git").join(half), "half").unwrap();
    }
    assert_eq!(git.bring_along(&old, &new, &[]).unwrap(), Brought::Done);
    assert_eq!(repo.file("a"), "new\n");
    assert!(!lock.exists());
    assert_eq!(repo.git(&["status", "--porcelain"]), "");
}
