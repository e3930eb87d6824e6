//! Locks between processes.

use std::{
    fs,
    path::Path,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use chant_os::lock::{Attempt, Lock};
use tempfile::tempdir;

use crate::stage::Role;

fn held_by(path: &Path) -> Option<String> {
    match Lock::try_acquire(path, "the test").unwrap() {
        Attempt::Acquired(_) => None,
        Attempt::Held { note } => Some(note),
    }
}

/// Another test's child has a copy of every open file between its fork and its exec, and with it of the lock.
#[track_caller]
fn is_free_again(path: &Path) {
    let deadline = Instant::now() + Duration::from_mins(1);
    while let Some(note) = held_by(path) {
        assert!(Instant::now() < deadline, "held by {note:?}");
        thread::yield_now();
    }
}

#[test]
fn a_killed_holder_holds_nothing() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("locks/run");
    let mut holder = Role::play(&["hold", path.to_str().unwrap(), "process 7 since noon"]);
    assert_eq!(holder.line(), "held");
    assert_eq!(held_by(&path).as_deref(), Some("process 7 since noon"));
    holder.kill();
    is_free_again(&path);
}

#[test]
fn a_lock_is_held_until_it_is_dropped_and_its_file_stays() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("lock");
    let Attempt::Acquired(first) = Lock::try_acquire(&path, "a longer note").unwrap() else {
        panic!("nobody else is here");
    };
    assert_eq!(held_by(&path).as_deref(), Some("a longer note"));
    drop(first);
    assert_eq!(fs::read(&path).unwrap(), b"");
    is_free_again(&path);
}

#[test]
fn waiting_ends_when_the_holder_leaves() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("lock");
    let first = Lock::acquire_blocking(&path).unwrap();
    let (sender, receiver) = mpsc::channel();
    thread::scope(|scope| {
        scope.spawn(|| {
            let _second = Lock::acquire_blocking(&path).unwrap();
            sender.send("second").unwrap();
        });
        assert!(receiver.try_recv().is_err());
        drop(first);
        assert_eq!(receiver.recv().unwrap(), "second");
    });
}

#[test]
fn what_cannot_be_locked_says_so() {
    let dir = tempdir().unwrap();
    let error = Lock::try_acquire(dir.path(), "").unwrap_err();
    assert!(error.to_string().starts_with("failed to open the lock"));
    assert_eq!(error.path(), dir.path());
}
