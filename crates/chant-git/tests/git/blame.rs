//! Who wrote a line, and how commits hang together.

use chant_git::{Blame, Blamed, Lines, Repo};
use chant_testkit::TestRepo;

use crate::scratch::{oid, open};

const NOTES: &str = "refs/notes/chant";

#[track_caller]
fn lines(repo: &Repo, path: &str, range: Option<(u32, u32)>) -> Blame {
    let range = range.map(|(first, last)| Lines::new(first, last).unwrap());
    match repo.blame(&path.parse().unwrap(), range).unwrap() {
        Blamed::Lines(blame) => blame,
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_line_has_its_commit_through_a_rename_and_before_a_commit() {
    let repo = TestRepo::new();
    repo.write("old.txt", "one\ntwo\n\tthree\n");
    repo.commit("three lines");
    let first = oid(&repo, "HEAD");
    repo.git(&["mv", "old.txt", "new name.txt"]);
    repo.commit("another name");
    repo.write("new name.txt", "one\nzwei\n\tthree\n");
    repo.commit("a \u{1b}[31mtranslation");
    let second = oid(&repo, "HEAD");
    repo.write("new name.txt", "one\nzwei\n\tthree\nfour");

    let blame = lines(&open(&repo), "new name.txt", None);
    let commits: Vec<_> = blame.lines.iter().map(|line| line.commit.clone()).collect();
    assert_eq!(
        commits,
        [
            Some(first.clone()),
            Some(second.clone()),
            Some(first.clone()),
            None
        ]
    );
    let texts: Vec<_> = blame.lines.iter().map(|line| line.text.as_str()).collect();
    assert_eq!(texts, ["one", "zwei", "\tthree", "four"]);
    assert_eq!(blame.commits.len(), 2);
    assert_eq!(blame.commits[&first].path, "old.txt");
    assert_eq!(blame.commits[&first].author.name, "Tess Ter");
    assert_eq!(blame.commits[&second].subject, "a \u{1b}[31mtranslation");
    let some = lines(&open(&repo), "new name.txt", Some((2, 3)));
    assert_eq!(some.lines, blame.lines[1..3]);
}

#[test]
fn what_can_not_be_blamed_is_told() {
    let repo = TestRepo::new();
    repo.write("untracked.txt", "x\n");
    repo.write("empty.txt", "");
    repo.git(&["add", "empty.txt"]);
    repo.git(&["commit", "-q", "-m", "nothing in it"]);
    let git = open(&repo);
    let of = |path: &str, range| git.blame(&path.parse().unwrap(), range).unwrap();
    assert_eq!(of("untracked.txt", None), Blamed::NotTracked);
    assert_eq!(of("README.md", Lines::new(7, 7)), Blamed::TooShort(1));
    assert_eq!(of("empty.txt", None), Blamed::Lines(Blame::default()));
    assert_eq!(Lines::new(0, 1), None);
    assert_eq!(Lines::new(3, 2), None);
    let unborn = TestRepo::empty();
    unborn.write("x", "x\n");
    let blamed = open(&unborn).blame(&"x".parse().unwrap(), None).unwrap();
    assert_eq!(blamed, Blamed::NotTracked);
}

#[test]
fn links_are_children_first() {
    let repo = TestRepo::new();
    repo.git(&["checkout", "-q", "-b", "side"]);
    repo.write("side.txt", "x\n");
    repo.commit("aside");
    repo.git(&["checkout", "-q", "main"]);
    repo.git(&["merge", "-q", "--no-ff", "-m", "together", "side"]);
    let links = open(&repo).links(&oid(&repo, "HEAD"), None).unwrap();
    assert_eq!(links.len(), 3);
    assert_eq!(links[0].parents, [oid(&repo, "HEAD^1"), oid(&repo, "side")]);
    assert_eq!(links[2].parents, []);
    let first = oid(&repo, "HEAD^1");
    let some = open(&repo)
        .links(&oid(&repo, "HEAD"), Some(&first))
        .unwrap();
    let outside: Vec<bool> = some.iter().map(|link| link.outside).collect();
    assert_eq!(outside, [false, false, true]);
    assert_eq!(some[2].commit, first);
}

#[test]
fn notes_are_found_however_git_keeps_them_and_replaced() {
    let repo = TestRepo::new();
    let (first, git) = (oid(&repo, "HEAD"), open(&repo));
    repo.write("b", "b\n");
    repo.commit("second");
    let second = oid(&repo, "HEAD");
    assert_eq!(
        git.notes(NOTES, std::slice::from_ref(&first)).unwrap(),
        [None]
    );
    git.put_notes(
        NOTES,
        &[(first.clone(), b"{\"a\":\n1}".to_vec())],
        1_700_000_000,
    )
    .unwrap();
    repo.git(&[
        "notes",
        "--ref",
        NOTES,
        "add",
        "-m",
        "by hand",
        second.as_str(),
    ]);
    git.put_notes(NOTES, &[(first.clone(), b"newer".to_vec())], 1_700_000_000)
        .unwrap();
    let both = [first.clone(), second];
    let found = git.notes(NOTES, &both).unwrap();
    assert_eq!(
        found,
        [Some(b"newer".to_vec()), Some(b"by hand\n".to_vec())]
    );
    assert_eq!(
        repo.git(&["notes", "--ref", NOTES, "show", first.as_str()]),
        "newer"
    );
    assert_eq!(repo.git(&["rev-list", "--count", NOTES]).trim(), "3");
}

#[test]
fn notes_that_are_written_at_the_same_time_are_all_kept() {
    let repo = TestRepo::new();
    for number in 0..6 {
        repo.write("n", &number.to_string());
        repo.commit("one more");
    }
    let commits: Vec<_> = (0..6)
        .map(|back| oid(&repo, &format!("HEAD~{back}")))
        .collect();
    let git = open(&repo);
    std::thread::scope(|scope| {
        for commit in &commits {
            let git = &git;
            scope.spawn(move || {
                let note = commit.as_str().as_bytes();
                git.put_notes(NOTES, &[(commit.clone(), note.to_vec())], 0)
                    .unwrap();
            });
        }
    });
    let found = git.notes(NOTES, &commits).unwrap();
    for (commit, note) in commits.iter().zip(found) {
        assert_eq!(note.as_deref(), Some(commit.as_str().as_bytes()));
    }
}

#[test]
fn contents_are_told_from_what_is_not_there() {
    let repo = TestRepo::new();
    repo.write("a/b", "x\n\ny\n");
    repo.commit("a folder");
    let names = [
        "HEAD:a/b",
        "HEAD:nothing here",
        "HEAD:a",
        "a\nb",
        "HEAD:README.md",
    ];
    let found = open(&repo).contents(&names.map(str::to_owned)).unwrap();
    let some = |text: &str| Some(text.as_bytes().to_vec());
    assert_eq!(
        found,
        [some("x\n\ny\n"), None, None, None, some("A sample.\n")]
    );
}
