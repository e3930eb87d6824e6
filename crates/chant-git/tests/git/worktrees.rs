//! Work trees beside the user's.

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

use chant_testkit::TestRepo;

use crate::scratch::{branch, oid, open};

/// A repository with a branch `chant/001`, and a folder for its work tree.
fn scene() -> (TestRepo, PathBuf) {
    let repo = TestRepo::new();
    repo.git(&["branch", "chant/001"]);
    let folder = repo.worktrees().join("with space");
    (repo, folder)
}

#[test]
fn a_worktree_comes_and_goes() {
    let (repo, folder) = scene();
    let git = open(&repo);
    git.add_worktree(&folder, &branch("chant/001")).unwrap();
    let listed = git.worktrees().unwrap();
    assert_eq!(listed.len(), 2);
    assert_eq!(listed[0].path, repo.path());
    assert_eq!(listed[1].path, folder);
    assert_eq!(listed[1].branch, Some(branch("chant/001")));
    assert_eq!(listed[1].head, Some(oid(&repo, "main")));
    assert!(folder.join("README.md").exists());
    fs::write(folder.join("left over"), "x").unwrap();
    git.remove_worktree(&folder).unwrap();
    assert!(!folder.exists());
    assert_eq!(git.worktrees().unwrap().len(), 1);
    git.remove_worktree(&folder).unwrap();
}

#[test]
fn a_commit_is_checked_out_on_no_branch() {
    let (repo, folder) = scene();
    let git = open(&repo);
    git.add_detached(&folder, &oid(&repo, "main")).unwrap();
    assert_eq!(git.worktrees().unwrap()[1].branch, None);
    assert!(git.at(&folder).head().unwrap().branch().is_none());
}

#[test]
fn removing_works_whatever_has_become_of_it() {
    let (repo, folder) = scene();
    let git = open(&repo);
    let others = repo.worktrees().join("of somebody else");
    git.add_detached(&others, &oid(&repo, "main")).unwrap();
    fs::remove_dir_all(&others).unwrap();
    let again = || git.add_worktree(&folder, &branch("chant/001")).unwrap();

    again();
    fs::remove_dir_all(&folder).unwrap();
    git.remove_worktree(&folder).unwrap();

    again();
    fs::remove_file(folder.join(".git")).unwrap();
    git.remove_worktree(&folder).unwrap();
    assert!(!folder.exists());

    again();
    repo.git(&["worktree", "lock", folder.to_str().unwrap()]);
    assert!(git.worktrees().unwrap()[2].locked);
    git.remove_worktree(&folder).unwrap();

    again();
    fs::create_dir(folder.join("sealed")).unwrap();
    fs::write(folder.join("sealed/file"), "x").unwrap();
    fs::set_permissions(folder.join("sealed"), fs::Permissions::from_mode(0o500)).unwrap();
    git.remove_worktree(&folder).unwrap();
    assert!(!folder.exists());

    let left = git.worktrees().unwrap();
    assert_eq!(left.len(), 2, "the other one's entry stays: {left:?}");
    assert!(left[1].prunable);
}

#[test]
fn the_main_work_tree_is_never_removed() {
    let (repo, _) = scene();
    let git = open(&repo);
    git.remove_worktree(repo.path()).unwrap();
    assert!(repo.path().join("README.md").exists());
}

#[test]
fn failing_hooks_do_not_matter() {
    let (repo, folder) = scene();
    for hook in ["post-checkout", "pre-commit", "reference-transaction"] {
        let path = repo.path().join(".git/hooks").join(hook);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "#!/bin/sh\nexit 1\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let git = open(&repo);
    git.add_worktree(&folder, &branch("chant/001")).unwrap();
    assert!(folder.join("README.md").exists());
    let tree = git.at(&folder).snapshot().unwrap();
    git.commit_tree(&tree, &[], "x").unwrap();
}

#[test]
fn submodules_stay_empty_folders() {
    let inner = TestRepo::new();
    let (repo, folder) = scene();
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
    repo.commit("submodule");
    repo.git(&["config", "submodule.recurse", "true"]);
    repo.git(&["branch", "-f", "chant/001"]);
    let git = open(&repo);
    git.add_worktree(&folder, &branch("chant/001")).unwrap();
    assert_eq!(fs::read_dir(folder.join("sub")).unwrap().count(), 0);
    let there = git.at(&folder);
    let tree = there.snapshot().unwrap();
    assert_eq!(
        tree,
        there.tree_of(&oid(&repo, "main")).unwrap(),
        "an empty one is no change"
    );
    git.remove_worktree(&folder).unwrap();
}

#[test]
fn a_branch_is_told_from_a_tag_of_the_same_name() {
    let (repo, folder) = scene();
    repo.git(&["tag", "chant/001", "main"]);
    repo.write("a", "a");
    repo.commit("later");
    repo.git(&["branch", "-f", "chant/001", "main"]);
    let git = open(&repo);
    git.add_worktree(&folder, &branch("chant/001")).unwrap();
    assert_eq!(
        git.at(&folder).head().unwrap().oid(),
        Some(&oid(&repo, "main"))
    );
    assert!(folder.join("a").exists());
}
