//! What the tests share: a repository as chant sees it, and landings made without its checkout.

use chant_git::{BranchName, Oid, Repo, TreeEdit};
use chant_testkit::TestRepo;

/// The repository as chant sees it.
pub(crate) fn open(repo: &TestRepo) -> Repo {
    Repo::discover(repo.path()).unwrap()
}

/// What a name means.
#[track_caller]
pub(crate) fn oid(repo: &TestRepo, rev: &str) -> Oid {
    repo.git(&["rev-parse", "--verify", rev])
        .trim()
        .parse()
        .unwrap()
}

/// A branch's name.
pub(crate) fn branch(name: &str) -> BranchName {
    name.parse().unwrap()
}

/// An edit that puts a plain file with this text.
pub(crate) fn put(repo: &TestRepo, path: &str, text: &str) -> TreeEdit {
    put_as(repo, path, "100644", text)
}

/// An edit that puts a file, or a link, with this text.
pub(crate) fn put_as(repo: &TestRepo, path: &str, mode: &str, text: &str) -> TreeEdit {
    let blob = open(repo).hash_object(text.as_bytes()).unwrap();
    TreeEdit::put(path.parse().unwrap(), mode, blob)
}

/// An edit that removes a file.
pub(crate) fn remove(path: &str) -> TreeEdit {
    TreeEdit::remove(path.parse().unwrap())
}

/// A commit on top of `main` with these edits; `main` moves, the checkout does not follow. Returns both commits.
pub(crate) fn land(repo: &TestRepo, edits: &[TreeEdit]) -> (Oid, Oid) {
    let git = open(repo);
    let old = oid(repo, "main");
    let tree = git.write_tree(Some(&old), edits).unwrap();
    let new = git
        .commit_tree(&tree, std::slice::from_ref(&old), "landing\n")
        .unwrap();
    git.set_branch(&branch("main"), &new, Some(&old)).unwrap();
    (old, new)
}
