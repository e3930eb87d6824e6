//! Killed after the landing and before the tidying up: the next command finishes that, although nothing is left to work. How
//! many landed together, and so how often a point is passed, is chance; each is passed once.

use crate::many::*;

const IDS: [&str; 3] = ["001-a", "002-b", "003-c"];

#[track_caller]
fn tidied_after(point: &str) {
    let many = Many::with(&IDS.map(|id| (id, honest(id))));
    let mut child = many.working_with("one", |command| {
        command.env("CHANT_CRASH_AT", point);
    });
    assert_eq!(ended(&mut child), None, "killed at {point}");
    for _ in 0..3 {
        // The last finds nothing to work, and says so.
        let _ = many.work();
    }
    many.assert_landed(&IDS);
    for id in IDS {
        many.assert_paid(id, 1);
    }
    let left = many.repo.git(&["for-each-ref", "refs/chant/runs"]);
    assert_eq!(left, "", "{point}");
    let folders = many.repo.git(&["worktree", "list"]);
    let runs = folders.lines().filter(|line| !line.contains(".checks"));
    assert_eq!(runs.count(), 1, "{point}: {folders}");
    many.assert_quiet();
}

/// Git deletes the refs first and gives back its lock on the packed ones last.
#[test]
fn at_the_cleaning_with_the_git_that_deleted_the_refs() {
    let many = Many::with(
        &IDS[..1]
            .iter()
            .map(|id| (*id, honest(id)))
            .collect::<Vec<_>>(),
    );
    let mut child = many.working_with("one", |command| {
        command.env("CHANT_CRASH_AT", "clean:after");
    });
    assert_eq!(ended(&mut child), None);
    let lock = many.repo.path().join(".git/packed-refs.lock");
    let file = std::fs::File::create(&lock).unwrap();
    let then = std::time::SystemTime::now() - std::time::Duration::from_mins(1);
    file.set_modified(then).unwrap();
    let _ = many.work();
    many.assert_landed(&IDS[..1]);
    assert!(!lock.exists());
}

#[test]
fn at_the_checkout() {
    tidied_after("checkout:before");
    tidied_after("checkout:after");
}

#[test]
fn at_the_record() {
    tidied_after("record:before");
    tidied_after("record:after");
}

#[test]
fn at_the_cleaning() {
    tidied_after("clean:before");
    tidied_after("clean:after");
}
