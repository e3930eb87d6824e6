//! The user's checkout follows its branch, and what the user has in it stays.

use std::{fs, os::unix::fs::PermissionsExt};

use chant_git::{Brought, Oid, RepoPath, TreeEdit};
use chant_testkit::TestRepo;

use crate::scratch::{land, oid, open, put, put_as, remove};

/// `a`, `b`, `dir/c` and an ignore list, all committed.
pub(crate) fn scene() -> TestRepo {
    let repo = TestRepo::new();
    repo.write("a", "a\n");
    repo.write("b", "b\n");
    repo.write("dir/c", "c\n");
    repo.write(".gitignore", "*.ignored\n");
    repo.commit("scene");
    repo
}

/// Lands `edits` and brings the checkout along: asked first, done, repeated.
#[track_caller]
pub(crate) fn follows(repo: &TestRepo, edits: &[TreeEdit], may_replace: &[(RepoPath, Oid)]) {
    let (old, new) = land(repo, edits);
    let git = open(repo);
    let before = (
        repo.snapshot_files(),
        fs::read(git.git_dir().join("index")).unwrap(),
    );
    assert_eq!(
        git.would_bring_along(&old, &new, may_replace).unwrap(),
        Brought::Done
    );
    let after = (
        repo.snapshot_files(),
        fs::read(git.git_dir().join("index")).unwrap(),
    );
    assert_eq!(after, before, "asking touches nothing");
    assert_eq!(
        git.bring_along(&old, &new, may_replace).unwrap(),
        Brought::Done
    );
    let done = (repo.snapshot_files(), repo.git(&["status", "--porcelain"]));
    assert_eq!(
        git.bring_along(&old, &new, may_replace).unwrap(),
        Brought::Done,
        "again"
    );
    assert_eq!(
        (repo.snapshot_files(), repo.git(&["status", "--porcelain"])),
        done
    );
}

pub(crate) fn known(repo: &TestRepo, path: &str, text: &str) -> (RepoPath, Oid) {
    (
        path.parse().unwrap(),
        open(repo).hash_object(text.as_bytes()).unwrap(),
    )
}

#[track_caller]
pub(crate) fn assert_status(repo: &TestRepo, expected: &str) {
    assert_eq!(repo.git(&["status", "--porcelain"]), expected);
}

#[test]
fn a_clean_checkout_follows() {
    let repo = scene();
    follows(
        &repo,
        &[
            put(&repo, "a", "new\n"),
            put(&repo, "new dir/ü\n", "x"),
            remove("b"),
        ],
        &[],
    );
    assert_eq!(repo.file("a"), "new\n");
    assert_eq!(repo.file("new dir/ü\n"), "x");
    assert!(!repo.path().join("b").exists());
    assert_status(&repo, "");
}

#[test]
fn unrelated_changes_survive() {
    let repo = scene();
    repo.write("b", "unstaged\n");
    repo.write("dir/c", "staged\n");
    repo.write("staged new", "staged\n");
    repo.git(&["add", "dir/c", "staged new"]);
    repo.write("dir/c", "staged, then changed\n");
    repo.write("untracked", "untracked\n");
    repo.write("x.ignored", "ignored\n");
    follows(
        &repo,
        &[put(&repo, "a", "new\n"), put(&repo, "dir/d", "d\n")],
        &[],
    );
    assert_eq!(repo.file("a"), "new\n");
    assert_status(&repo, " M b\nMM dir/c\nA  \"staged new\"\n?? untracked\n");
    assert_eq!(repo.git(&["show", ":dir/c"]), "staged\n");
    assert_eq!(repo.file("dir/c"), "staged, then changed\n");
    assert_eq!(repo.file("x.ignored"), "ignored\n");
}

#[test]
fn an_untracked_file_that_is_the_new_one_is_taken_over() {
    let repo = scene();
    repo.write("new", "same\n");
    repo.write("a", "same\n");
    follows(
        &repo,
        &[
            put(&repo, "new", "same\n"),
            put(&repo, "a", "same\n"),
            put(&repo, "b", "b2\n"),
        ],
        &[],
    );
    assert_status(&repo, "");
}

#[test]
fn what_may_be_replaced_is_replaced() {
    let repo = scene();
    repo.write(".chant/specs/001 ü.md", "pending\n");
    repo.write("a", "brought\n");
    let may = [
        known(&repo, ".chant/specs/001 ü.md", "pending\n"),
        known(&repo, "a", "brought\n"),
    ];
    follows(
        &repo,
        &[
            put(&repo, ".chant/specs/001 ü.md", "completed\n"),
            put(&repo, "a", "new\n"),
            remove("b"),
        ],
        &may,
    );
    assert_eq!(repo.file(".chant/specs/001 ü.md"), "completed\n");
    assert_eq!(repo.file("a"), "new\n");
    assert_status(&repo, "");
}

#[test]
fn what_may_be_replaced_may_be_staged() {
    let repo = scene();
    repo.write("spec.md", "pending\n");
    repo.git(&["add", "spec.md"]);
    let may = [known(&repo, "spec.md", "pending\n")];
    follows(&repo, &[put(&repo, "spec.md", "completed\n")], &may);
    assert_eq!(repo.file("spec.md"), "completed\n");
    assert_status(&repo, "");
}

#[test]
fn a_deleted_file_comes_back_where_it_was_changed() {
    let repo = scene();
    fs::remove_file(repo.path().join("a")).unwrap();
    fs::remove_file(repo.path().join("b")).unwrap();
    fs::remove_file(repo.path().join("dir/c")).unwrap();
    follows(&repo, &[put(&repo, "a", "new\n"), remove("b")], &[]);
    assert_eq!(repo.file("a"), "new\n");
    assert_status(&repo, " D dir/c\n");
}

#[test]
fn links_and_executable_files_arrive_as_such() {
    let repo = scene();
    follows(
        &repo,
        &[
            put_as(&repo, "a", "120000", "dir/c"),
            put_as(&repo, "b", "100755", "b\n"),
        ],
        &[],
    );
    assert_eq!(
        fs::read_link(repo.path().join("a")).unwrap().to_str(),
        Some("dir/c")
    );
    assert_ne!(
        fs::metadata(repo.path().join("b"))
            .unwrap()
            .permissions()
            .mode()
            & 0o100,
        0
    );
    follows(
        &repo,
        &[put_as(&repo, "a", "120000", "b"), put(&repo, "b", "b\n")],
        &[],
    );
    assert_eq!(
        fs::metadata(repo.path().join("b"))
            .unwrap()
            .permissions()
            .mode()
            & 0o100,
        0
    );
    assert_status(&repo, "");
}

#[test]
fn a_file_written_again_with_the_same_content_is_no_change() {
    let repo = scene();
    let path = repo.path().join("a");
    let file = fs::File::options().write(true).open(&path).unwrap();
    file.set_modified(std::time::UNIX_EPOCH).unwrap();
    follows(&repo, &[put(&repo, "a", "new\n")], &[]);
    assert_eq!(repo.file("a"), "new\n");
}

#[test]
fn line_ends_are_no_change() {
    let repo = scene();
    repo.git(&["config", "core.autocrlf", "true"]);
    repo.write("a", "a\r\n");
    repo.write("new", "new\r\n");
    follows(
        &repo,
        &[put(&repo, "a", "two\nlines\n"), put(&repo, "new", "new\n")],
        &[],
    );
    assert_eq!(repo.file("a"), "two\r\nlines\r\n");
    assert_status(&repo, "");
}

#[test]
fn names_that_are_not_text_are_passed_through() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt};
    let repo = scene();
    let name = OsStr::from_bytes(b"latin-\xfc");
    let old = oid(&repo, "main");
    fs::write(repo.path().join(name), "1\n").unwrap();
    repo.commit("latin");
    let new = oid(&repo, "main");
    repo.git(&["reset", "-q", "--hard", old.as_str()]);
    let git = open(&repo);
    fs::write(repo.path().join(name), "mine\n").unwrap();
    let brought = git.bring_along(&old, &new, &[]).unwrap();
    assert_eq!(
        brought,
        Brought::InTheWay {
            files: vec!["latin-\u{fffd}".to_owned()]
        }
    );
    fs::remove_file(repo.path().join(name)).unwrap();
    assert_eq!(git.bring_along(&old, &new, &[]).unwrap(), Brought::Done);
    assert_eq!(fs::read(repo.path().join(name)).unwrap(), b"1\n");
}

#[test]
fn submodules_are_left_to_the_user() {
    let inner = TestRepo::new();
    let repo = scene();
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
    inner.write("later", "x");
    inner.commit("later");
    repo.write("sub/mine", "mine\n");
    let later = TreeEdit::put("sub".parse().unwrap(), "160000", oid(&inner, "HEAD"));
    follows(&repo, &[later, put(&repo, "a", "new\n")], &[]);
    assert_eq!(repo.file("a"), "new\n");
    assert_eq!(repo.file("sub/mine"), "mine\n");
    assert!(!repo.path().join("sub/later").exists());
    let second = TreeEdit::put("another".parse().unwrap(), "160000", oid(&inner, "HEAD"));
    follows(&repo, &[second], &[]);
}

#[test]
fn a_sparse_checkout_stays_sparse() {
    let repo = scene();
    repo.write("other/d", "d\n");
    repo.commit("more");
    repo.git(&["sparse-checkout", "set", "--cone", "dir"]);
    assert!(!repo.path().join("other").exists());
    follows(
        &repo,
        &[put(&repo, "other/d", "new\n"), put(&repo, "dir/c", "new\n")],
        &[],
    );
    assert_eq!(repo.file("dir/c"), "new\n");
    assert!(!repo.path().join("other").exists());
    assert_status(&repo, "");
}

#[test]
fn what_the_user_does_afterwards_is_not_undone_by_a_repetition() {
    let repo = scene();
    repo.write("spec.md", "pending\n");
    let may = [known(&repo, "spec.md", "pending\n")];
    let (old, new) = land(
        &repo,
        &[
            put(&repo, "a", "new\n"),
            put(&repo, "new", "new\n"),
            put(&repo, "spec.md", "completed\n"),
            remove("b"),
        ],
    );
    let git = open(&repo);
    assert_eq!(git.bring_along(&old, &new, &may).unwrap(), Brought::Done);
    repo.write("a", "mine\n");
    repo.write("b", "mine again\n");
    repo.write("spec.md", "pending\n");
    fs::remove_file(repo.path().join("new")).unwrap();
    let before = repo.snapshot_files();
    assert_eq!(git.bring_along(&old, &new, &may).unwrap(), Brought::Done);
    assert_eq!(repo.snapshot_files(), before);
}

#[test]
fn thousands_of_files_follow() {
    let repo = scene();
    let edits: Vec<TreeEdit> = (0..3000)
        .map(|number| number.to_string())
        .map(|name| {
            let blob = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391".parse().unwrap();
            TreeEdit::put(format!("many/{name}").parse().unwrap(), "100644", blob)
        })
        .collect();
    open(&repo).hash_object(b"").unwrap();
    repo.write("many/mine", "mine\n");
    follows(&repo, &edits, &[]);
    assert_eq!(repo.snapshot_files().len(), 3000 + 6);
}
