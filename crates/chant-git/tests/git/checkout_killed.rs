//! Bringing a checkout along survives being killed: each test makes the state a killed attempt leaves, then repeats it.

use std::fs;

use chant_git::{Brought, Oid, RepoPath, TreeEdit};
use chant_testkit::TestRepo;

use crate::{
    checkout::scene,
    scratch::{land, open, put, remove},
};

/// A checkout whose attempt at `old` → `new` was killed: the note is there, `leave` makes the rest.
fn killed(repo: &TestRepo, edits: &[TreeEdit], leave: impl FnOnce(&Oid, &Oid)) -> (Oid, Oid) {
    let (old, new) = land(repo, edits);
    let note = repo.path().join(".git/chant/bring-along");
    fs::create_dir_all(note.parent().unwrap()).unwrap();
    fs::write(note, format!("{old}\n{new}\n")).unwrap();
    leave(&old, &new);
    (old, new)
}

#[track_caller]
fn completes(repo: &TestRepo, (old, new): &(Oid, Oid), may_replace: &[(RepoPath, Oid)]) {
    let git = open(repo);
    assert_eq!(
        git.would_bring_along(old, new, may_replace).unwrap(),
        Brought::Done
    );
    assert_eq!(
        git.bring_along(old, new, may_replace).unwrap(),
        Brought::Done
    );
    assert_eq!(repo.git(&["status", "--porcelain"]), "");
    assert!(
        !repo.path().join(".git/chant/bring-along").exists(),
        "the note is gone"
    );
}

#[test]
fn before_anything_was_written() {
    let repo = scene();
    let trees = killed(&repo, &[put(&repo, "a", "new\n")], |_, _| {});
    completes(&repo, &trees, &[]);
    assert_eq!(repo.file("a"), "new\n");
}

#[test]
fn between_two_files() {
    let repo = scene();
    let edits = [
        put(&repo, "a", "new\n"),
        put(&repo, "b", "new\n"),
        put(&repo, "new/x", "x\n"),
        remove("dir/c"),
    ];
    let trees = killed(&repo, &edits, |_, _| {
        repo.write("a", "new\n");
        repo.write("new/x", "x\n");
        fs::remove_dir_all(repo.path().join("dir")).unwrap();
    });
    completes(&repo, &trees, &[]);
    assert_eq!(repo.file("b"), "new\n");
}

#[test]
fn in_the_middle_of_a_file() {
    let repo = scene();
    let edits = [
        put(&repo, "a", "a long new text\n"),
        put(&repo, "new", "another\n"),
        put(&repo, "b", "x\n"),
    ];
    let trees = killed(&repo, &edits, |_, _| {
        repo.write("a", "a long n");
        repo.write("new", "");
        fs::remove_file(repo.path().join("b")).unwrap();
    });
    completes(&repo, &trees, &[]);
    assert_eq!(repo.file("a"), "a long new text\n");
    assert_eq!(repo.file("new"), "another\n");
}

#[test]
fn a_half_file_of_the_users_is_the_users() {
    let repo = scene();
    let (old, new) = land(&repo, &[put(&repo, "a", "a long new text\n")]);
    repo.write("a", "a long n");
    let brought = open(&repo).bring_along(&old, &new, &[]).unwrap();
    assert_eq!(
        brought,
        Brought::InTheWay {
            files: vec!["a".to_owned()]
        },
        "no attempt was under way"
    );
    let repo = scene();
    let (old, new) = killed(&repo, &[put(&repo, "a", "a long new text\n")], |_, _| {
        repo.write("a", "mine\n");
    });
    let brought = open(&repo).bring_along(&old, &new, &[]).unwrap();
    assert_eq!(
        brought,
        Brought::InTheWay {
            files: vec!["a".to_owned()]
        }
    );
    assert_eq!(repo.file("a"), "mine\n");
}

#[test]
fn between_index_and_file_of_what_may_be_replaced() {
    let repo = scene();
    repo.write("spec.md", "pending\n");
    let may = [(
        "spec.md".parse().unwrap(),
        open(&repo).hash_object(b"pending\n").unwrap(),
    )];
    for left in [Some("pending\n"), Some("comp"), None] {
        let repo = scene();
        let edits = [
            put(&repo, "spec.md", "completed\n"),
            put(&repo, "a", "new\n"),
        ];
        let trees = killed(&repo, &edits, |_, new| {
            let blob = repo.git(&["rev-parse", &format!("{new}:spec.md")]);
            repo.git(&[
                "update-index",
                "--add",
                "--cacheinfo",
                &format!("100644,{},spec.md", blob.trim()),
            ]);
            if let Some(text) = left {
                repo.write("spec.md", text);
            }
        });
        completes(&repo, &trees, &may);
        assert_eq!(repo.file("spec.md"), "completed\n");
        assert_eq!(repo.file("a"), "new\n");
    }
}

#[test]
fn while_a_file_became_a_folder() {
    let repo = scene();
    let trees = killed(
        &repo,
        &[put(&repo, "a/deep", "x\n"), put(&repo, "b", "new\n")],
        |_, _| {
            fs::remove_file(repo.path().join("a")).unwrap();
            fs::create_dir(repo.path().join("a")).unwrap();
        },
    );
    completes(&repo, &trees, &[]);
    assert_eq!(repo.file("a/deep"), "x\n");
}

#[test]
fn while_a_folder_became_a_file() {
    for left in ["x", "x\n"] {
        let repo = scene();
        let edits = [put(&repo, "dir", "x\n"), put(&repo, "b", "new\n")];
        let trees = killed(&repo, &edits, |_, _| {
            fs::remove_dir_all(repo.path().join("dir")).unwrap();
            repo.write("dir", left);
        });
        completes(&repo, &trees, &[]);
        assert_eq!(repo.file("dir"), "x\n");
    }
}

#[test]
fn after_everything_but_the_note() {
    let repo = scene();
    let trees = killed(&repo, &[put(&repo, "a", "new\n")], |_, _| {
        repo.git(&["reset", "-q", "--hard"]);
    });
    completes(&repo, &trees, &[]);
}

const VICTIM: &str = "CHANT_TEST_VICTIM";

/// Not a test of its own: the process that [`at_each_point_for_real`] kills.
#[test]
fn victim() {
    let Ok(orders) = std::env::var(VICTIM) else {
        return;
    };
    let orders: Vec<&str> = orders.split('\n').collect();
    let git = chant_git::Repo::discover(orders[0].as_ref()).unwrap();
    let may = [("spec.md".parse().unwrap(), orders[3].parse().unwrap())];
    git.bring_along(
        &orders[1].parse().unwrap(),
        &orders[2].parse().unwrap(),
        &may,
    )
    .unwrap();
}

#[test]
fn at_each_point_for_real() {
    for point in ["noted", "settled", "replaced", "merged"] {
        let repo = scene();
        repo.write("spec.md", "pending\n");
        let pending = open(&repo).hash_object(b"pending\n").unwrap();
        let edits = [
            put(&repo, "spec.md", "completed\n"),
            put(&repo, "a", "new\n"),
            remove("b"),
        ];
        let (old, new) = land(&repo, &edits);
        let orders = [
            repo.path().to_str().unwrap(),
            old.as_str(),
            new.as_str(),
            pending.as_str(),
        ]
        .join("\n");
        let killed = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "checkout_killed::victim"])
            .env(VICTIM, orders)
            .env("CHANT_CRASH_AT", format!("bring-along:{point}"))
            .output()
            .unwrap();
        assert_eq!(killed.status.code(), None, "killed at {point}");
        completes(&repo, &(old, new), &[("spec.md".parse().unwrap(), pending)]);
        assert_eq!(repo.file("spec.md"), "completed\n", "{point}");
        assert_eq!(repo.file("a"), "new\n", "{point}");
    }
}
