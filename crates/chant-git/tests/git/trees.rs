//! Objects, trees, what differs between them, and trees made without the user's index.

use std::{fs, os::unix::fs::symlink};

use chant_git::ChangeStatus;
use chant_testkit::TestRepo;

use crate::scratch::{oid, open, put, put_as, remove};

/// Names that a careless format would break on.
const NAMES: [&str; 6] = [
    "with space",
    "ümlaut/日本",
    "new\nline",
    "tab\there",
    "-dash",
    "quote\"'\\",
];

#[test]
fn blobs_come_back_as_they_went() {
    let repo = TestRepo::new();
    let git = open(&repo);
    let long = vec![b'x'; 100_000];
    let contents: [&[u8]; 4] = [b"", b"text\n", b"\0\xff\n\nblob 3\n", &long];
    let oids: Vec<_> = contents
        .iter()
        .map(|bytes| git.hash_object(bytes).unwrap())
        .collect();
    for (oid, content) in oids.iter().zip(contents) {
        assert_eq!(git.blob(oid).unwrap(), content);
    }
    assert_eq!(git.blobs(&oids).unwrap(), contents);
    assert!(git.blobs(&["0".repeat(40).parse().unwrap()]).is_err());
}

#[test]
fn files_are_found_whatever_they_are_called() {
    let repo = TestRepo::new();
    let git = open(&repo);
    let edits: Vec<_> = NAMES.iter().map(|name| put(&repo, name, name)).collect();
    let tree = git.write_tree(None, &edits).unwrap();
    for name in NAMES {
        let entry = git.read_file(&tree, name).unwrap().unwrap();
        assert!(entry.is_file());
        assert_eq!(git.blob(&entry.oid).unwrap(), name.as_bytes());
    }
    assert!(git.read_file(&tree, "ümlaut").unwrap().unwrap().is_tree());
    assert!(git.read_file(&tree, "ümlaut/").unwrap().unwrap().is_tree());
    for nothing in ["missing", "*", ":/", "", "with", "a\0b", "../x"] {
        assert!(
            git.read_file(&tree, nothing).ok().flatten().is_none(),
            "{nothing:?}"
        );
    }
    let listed = git.ls_tree(&tree, &[], true).unwrap();
    assert_eq!(listed.len(), NAMES.len());
}

#[test]
fn what_is_stored_after_the_first_question_is_found_too() {
    let repo = TestRepo::new();
    let git = open(&repo);
    let first = oid(&repo, "HEAD");
    assert!(git.read_file(&first, "README.md").unwrap().is_some());
    repo.write("a\nb/one.txt", "1");
    repo.write("c/d/two.txt", "2");
    repo.commit("more");
    let second = oid(&repo, "HEAD");
    for path in ["a\nb/one.txt", "c/d/two.txt", "c/d"] {
        assert!(git.read_file(&first, path).unwrap().is_none(), "{path:?}");
        assert!(git.read_file(&second, path).unwrap().is_some(), "{path:?}");
    }
    assert_eq!(git.parent_of(&second).unwrap(), Some(first.clone()));
    assert_eq!(git.parent_of(&first).unwrap(), None);
    git.rest();
    assert_eq!(git.tree_of(&second).unwrap(), oid(&repo, "HEAD^{tree}"));
    let nothing = "1".repeat(40).parse().unwrap();
    assert!(git.read_file(&nothing, "README.md").is_err());
    assert!(git.tree_of(&nothing).is_err());
}

#[test]
fn a_diff_names_every_kind_of_change() {
    let repo = TestRepo::new();
    let git = open(&repo);
    let before = [
        put(&repo, "gone", "1"),
        put(&repo, "same", "1"),
        put(&repo, "changed", "1"),
        put(&repo, "link", "1"),
        put(&repo, "run", "1"),
    ];
    let before = git.write_tree(None, &before).unwrap();
    let edits = [
        remove("gone"),
        put(&repo, "changed", "2"),
        put_as(&repo, "link", "120000", "1"),
        put_as(&repo, "run", "100755", "1"),
        put(&repo, "new\nline", "1"),
    ];
    let after = git.write_tree(Some(&before), &edits).unwrap();
    let changes = git.diff(&before, &after).unwrap();
    let found: Vec<_> = changes
        .iter()
        .map(|change| (change.path.as_str(), change.status))
        .collect();
    let expected = [
        ("changed", ChangeStatus::Modified),
        ("gone", ChangeStatus::Deleted),
        ("link", ChangeStatus::TypeChanged),
        ("new\nline", ChangeStatus::Added),
        ("run", ChangeStatus::Modified),
    ];
    assert_eq!(found, expected);
    assert_eq!(changes[4].new.as_ref().unwrap().0, "100755");
    assert!(git.diff(&after, &after).unwrap().is_empty());
}

#[test]
fn a_tree_is_made_without_the_users_index() {
    let repo = TestRepo::new();
    repo.write("staged", "staged");
    repo.git(&["add", "staged"]);
    let before = fs::read(repo.path().join(".git/index")).unwrap();
    let git = open(&repo);
    let base = git.tree_of(&oid(&repo, "HEAD")).unwrap();
    assert_eq!(git.write_tree(Some(&base), &[]).unwrap(), base);
    let tree = git
        .write_tree(
            Some(&base),
            &[put(&repo, "README.md/inside", "x"), remove("missing")],
        )
        .unwrap();
    let listed = git.ls_tree(&tree, &[], true).unwrap();
    assert_eq!(listed.len(), 1, "a file gives way to a folder: {listed:?}");
    assert_eq!(listed[0].path, "README.md/inside");
    assert_eq!(fs::read(repo.path().join(".git/index")).unwrap(), before);
    let left = fs::read_dir(repo.path().join(".git/chant/tmp"))
        .unwrap()
        .count();
    assert_eq!(left, 0, "nothing is left behind");
}

#[test]
fn a_snapshot_is_what_add_all_would_give() {
    let repo = TestRepo::new();
    repo.write(".gitignore", "ignored\n");
    repo.write("kept", "1");
    repo.write("gone", "1");
    repo.commit("base");
    repo.write("kept", "2");
    repo.write("ignored", "secret");
    repo.write("new file", "3");
    repo.write("staged", "4");
    repo.git(&["add", "staged"]);
    fs::remove_file(repo.path().join("gone")).unwrap();
    symlink("kept", repo.path().join("link")).unwrap();
    let (index, status) = (
        repo.path().join(".git/index"),
        repo.git(&["status", "--porcelain"]),
    );
    let before = fs::read(&index).unwrap();
    let git = open(&repo);
    let tree = git.snapshot().unwrap();
    let listed = git.ls_tree(&tree, &[], true).unwrap();
    let listed: Vec<&str> = listed.iter().map(|entry| entry.path.as_str()).collect();
    assert_eq!(
        listed,
        [
            ".gitignore",
            "README.md",
            "kept",
            "link",
            "new file",
            "staged"
        ]
    );
    assert_eq!(fs::read(&index).unwrap(), before);
    assert_eq!(repo.git(&["status", "--porcelain"]), status);
    repo.git(&["add", "-A"]);
    assert_eq!(repo.git(&["write-tree"]).trim(), tree.as_str());
}

#[test]
fn a_snapshot_of_an_empty_repository() {
    let repo = TestRepo::empty();
    repo.write("first", "1");
    let git = open(&repo);
    let tree = git.snapshot().unwrap();
    assert!(git.read_file(&tree, "first").unwrap().is_some());
}

#[test]
fn a_snapshot_copes_with_a_repository_in_the_way() {
    let repo = TestRepo::new();
    repo.git(&["init", "-q", "nested"]);
    repo.write("nested/file", "x");
    repo.write("new", "x");
    let git = open(&repo);
    let tree = git.snapshot().unwrap();
    assert!(git.read_file(&tree, "new").unwrap().is_some());
    assert_eq!(git.read_file(&tree, "nested").unwrap(), None);
    let author = ["-c", "user.name=Tess", "-c", "user.email=t@example.com"];
    let nested = [
        &["-C", "nested"],
        &author[..],
        &["commit", "-q", "--allow-empty", "-m", "x"],
    ];
    repo.git(&nested.concat());
    let tree = git.snapshot().unwrap();
    assert_eq!(
        git.read_file(&tree, "nested").unwrap().unwrap().mode,
        "160000"
    );
}

#[test]
fn dirty_files_are_listed() {
    let repo = TestRepo::new();
    let git = open(&repo);
    assert!(git.is_dirty(&[]).unwrap().is_empty());
    repo.write("new file", "x");
    repo.write("README.md", "changed");
    repo.write("*", "a name like a pattern");
    assert_eq!(git.is_dirty(&[]).unwrap(), ["README.md", "*", "new file"]);
    assert_eq!(git.is_dirty(&["README.md"]).unwrap(), ["README.md"]);
    assert_eq!(git.is_dirty(&["*"]).unwrap(), ["*"], "a path is no pattern");
    assert!(git.is_tracked("README.md", &oid(&repo, "HEAD")).unwrap());
    assert!(!git.is_tracked("new file", &oid(&repo, "HEAD")).unwrap());
}

#[test]
fn settings_are_read() {
    let repo = TestRepo::new();
    repo.git(&["config", "chant.test", "a\nb"]);
    let git = open(&repo);
    assert_eq!(
        git.config_get("chant.test").unwrap().as_deref(),
        Some("a\nb")
    );
    assert_eq!(git.config_get("chant.missing").unwrap(), None);
}

#[test]
fn a_sha256_repository_works() {
    let repo = TestRepo::folder_only();
    repo.git(&[
        "init",
        "-q",
        "--object-format=sha256",
        "--initial-branch=main",
    ]);
    repo.git(&["config", "user.name", "Tess Ter"]);
    repo.git(&["config", "user.email", "tess@example.com"]);
    repo.write("a", "1");
    repo.write("b", "1");
    repo.commit("first");
    let git = open(&repo);
    let head = oid(&repo, "HEAD");
    assert_eq!(head.as_str().len(), 64);
    let (old, new) = crate::scratch::land(
        &repo,
        &[put(&repo, "a", "2"), remove("b"), put(&repo, "c", "3")],
    );
    repo.write("c", "3");
    assert_eq!(
        git.bring_along(&old, &new, &[]).unwrap(),
        chant_git::Brought::Done
    );
    assert_eq!(repo.file("a"), "2");
    assert_eq!(repo.git(&["status", "--porcelain"]), "");
}

/// Git tells an index from a file that was changed in the same second by the index's own time, so a copy needs it.
#[test]
fn a_change_in_the_second_of_the_index_is_seen() {
    let repo = TestRepo::new();
    repo.git(&["config", "core.trustctime", "false"]);
    let then = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_700_000_000);
    let touch = |path: &str| {
        let file = std::fs::File::options()
            .append(true)
            .open(repo.path().join(path));
        file.unwrap().set_modified(then).unwrap();
    };
    repo.write("a", "one\n");
    touch("a");
    repo.commit("one");
    touch(".git/index");
    repo.write("a", "two\n");
    touch("a");
    let git = open(&repo);
    let tree = git.snapshot().unwrap();
    let entry = git.read_file(&tree, "a").unwrap().unwrap();
    assert_eq!(git.blob(&entry.oid).unwrap(), b"two\n");
}
