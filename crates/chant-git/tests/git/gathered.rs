//! Objects that are held back and stored together.

use chant_git::{Oid, Repo, RepoPath, TreeEdit, object_id};
use chant_testkit::TestRepo;

use crate::scratch::{oid, open};

fn edit(git: &Repo, path: &str, content: &str) -> TreeEdit {
    let blob = git.hash_object(content.as_bytes()).unwrap();
    TreeEdit::put(path.parse::<RepoPath>().unwrap(), "100644", blob)
}

/// Commits one on top of the other, each with another file in a folder.
fn commits(git: &Repo, onto: &Oid, count: usize) -> Vec<Oid> {
    let mut made: Vec<Oid> = Vec::new();
    for number in 0..count {
        let on = made.last().unwrap_or(onto).clone();
        let content = format!("{number}\n");
        let half = git
            .write_tree(Some(&on), &[edit(git, "half", &content)])
            .unwrap();
        let path = format!("folder/{number}");
        let edits = [
            edit(git, &path, &content),
            TreeEdit::remove("half".parse().unwrap()),
        ];
        let tree = git.write_tree(Some(&half), &edits).unwrap();
        made.push(
            git.commit_tree(&tree, &[on], &format!("number {number}"))
                .unwrap(),
        );
    }
    made
}

fn is_stored(repo: &TestRepo, oid: &Oid) -> bool {
    let names = repo.git(&[
        "cat-file",
        "--batch-all-objects",
        "--batch-check=%(objectname)",
    ]);
    names.lines().any(|name| name == oid.as_str())
}

fn repository(format: &str) -> TestRepo {
    let repo = TestRepo::folder_only();
    repo.git(&[
        "init",
        "-q",
        &format!("--object-format={format}"),
        "--initial-branch=main",
    ]);
    repo.git(&["config", "user.name", "Tess Ter"]);
    repo.git(&["config", "user.email", "tess@example.com"]);
    repo.write("a", "1");
    repo.commit("first");
    repo
}

#[test]
fn what_is_held_back_is_known_here_and_stored_together_without_what_led_to_it() {
    // Few become files, many a pack; both in either kind of repository.
    for (format, count) in [("sha1", 2), ("sha1", 30), ("sha256", 2), ("sha256", 30)] {
        let repo = repository(format);
        let git = open(&repo);
        let head = oid(&repo, "HEAD");
        let made = git.gather(&head);
        let commits = commits(&git, &head, count);
        let last = commits.last().unwrap().clone();
        let half = git.hash_object(b"only on the way\n").unwrap();
        assert!(
            !is_stored(&repo, &last) && !is_stored(&repo, &half),
            "{format} {count}"
        );
        assert_eq!(git.blob(&half).unwrap(), b"only on the way\n");
        assert_eq!(git.diff(&head, &last).unwrap().len(), count);
        assert!(git.read_file(&last, "folder/1").unwrap().is_some());
        assert_eq!(git.line(&head, &last).unwrap(), Some(commits.clone()));
        made.store(std::slice::from_ref(&last)).unwrap();
        drop(made);
        assert!(commits.iter().all(|commit| is_stored(&repo, commit)));
        assert!(!is_stored(&repo, &half));
        let there = repo.git(&["ls-tree", "-r", "--name-only", last.as_str()]);
        assert_eq!(there.lines().count(), count + 1);
        assert_eq!(
            repo.git(&["fsck", "--strict", "--no-dangling", last.as_str()]),
            ""
        );
        let packs = repo.git(&["count-objects", "-v"]);
        assert_eq!(packs.contains("packs: 1"), count == 30, "{packs}");
    }
}

#[test]
fn git_is_never_asked_about_an_object_it_does_not_have_yet() {
    let repo = repository("sha1");
    let git = open(&repo);
    let head = oid(&repo, "HEAD");
    let _made = git.gather(&head);
    let commits = commits(&git, &head, 2);
    let log = git.log(&head, &commits[1]).unwrap();
    assert_eq!(log.len(), 2);
    assert!(is_stored(&repo, &commits[1]));
}

#[test]
fn what_was_given_up_is_made_again_when_it_is_wanted() {
    let repo = repository("sha1");
    let git = open(&repo);
    let head = oid(&repo, "HEAD");
    let made = git.gather(&head);
    let before = commits(&git, &head, 1);
    drop(made);
    assert!(!is_stored(&repo, &before[0]));
    let again = git.hash_object(b"0\n").unwrap();
    assert!(is_stored(&repo, &again));
    let tree = git
        .write_tree(Some(&head), &[edit(&git, "folder/0", "0\n")])
        .unwrap();
    assert_eq!(git.tree_of(&before[0]).unwrap(), tree);
    assert!(is_stored(&repo, &tree));
}

#[test]
fn an_id_is_gits() {
    for (format, digits) in [("sha1", 40), ("sha256", 64)] {
        let repo = repository(format);
        repo.write("b", "some content\n");
        let id = repo.git(&["hash-object", "b"]);
        let made = object_id("blob", b"some content\n", digits);
        assert_eq!(made.as_str(), id.trim());
    }
}

/// Nothing may get a name that is made of what is not there.
#[test]
fn a_commit_that_lacks_something_is_known_for_it() {
    let repo = repository("sha1");
    let git = open(&repo);
    let head = oid(&repo, "HEAD");
    let made = git.gather(&head);
    let commits = commits(&git, &head, 3);
    made.store(&commits[2..]).unwrap();
    assert!(git.is_whole(&commits[2], &head).unwrap());
    let lost = repo.git(&["rev-parse", &format!("{}^{{tree}}", commits[1])]);
    let (folder, file) = lost.trim().split_at(2);
    std::fs::remove_file(repo.path().join(format!(".git/objects/{folder}/{file}"))).unwrap();
    assert!(!git.is_whole(&commits[2], &head).unwrap());
}

#[test]
fn after_something_could_not_be_stored_nothing_is() {
    let repo = repository("sha1");
    let git = open(&repo);
    let head = oid(&repo, "HEAD");
    let made = git.gather(&head);
    let commits = commits(&git, &head, 2);
    let objects = repo.path().join(".git/objects");
    let aside = repo.path().join(".git/aside");
    std::fs::rename(&objects, &aside).unwrap();
    std::fs::write(&objects, "").unwrap();
    made.store(&commits[..1]).unwrap_err();
    std::fs::remove_file(&objects).unwrap();
    std::fs::rename(&aside, &objects).unwrap();
    made.store(&commits).unwrap_err();
    assert!(!is_stored(&repo, &commits[1]));
}
