//! What writers that meet may expect.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use kvstore::storage::{Lock, Store};

/// A file for a store that is not there yet.
fn file(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("concurrent-{name}.db"));
    let _ = std::fs::remove_file(&path);
    path
}

fn kvstore(path: &Path, args: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_kvstore"))
        .args(args)
        .env("KVSTORE_FILE", path)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn concurrent_write_of_different_keys_keeps_all() {
    let path = file("keys");
    let keys = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let writers: Vec<Child> = keys
        .iter()
        .map(|key| kvstore(&path, &["set", key, "1"]))
        .collect();
    for mut writer in writers {
        assert!(writer.wait().unwrap().success());
    }
    for key in keys {
        assert_eq!(
            Store::open(&path).get(key).unwrap().as_deref(),
            Some("1"),
            "{key}"
        );
    }
}

#[test]
fn concurrent_write_gives_up_after_a_while_and_changes_nothing() {
    let path = file("patience");
    let store = Store::open(&path).with_patience(Duration::from_millis(20));
    store.set("name", "Ada").unwrap();
    let held = Lock::acquire(&path, Duration::from_secs(3)).unwrap();
    let error = store.set("name", "Grace").unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
    drop(held);
    assert_eq!(store.get("name").unwrap().as_deref(), Some("Ada"));
}

#[test]
fn concurrent_write_waits_for_nobody_who_died() {
    let path = file("died");
    let mut writer = kvstore(&path, &["set", "name", "Ada"]);
    writer.kill().unwrap();
    writer.wait().unwrap();
    assert!(Store::open(&path).set("name", "Grace").is_ok());
}

#[test]
fn concurrent_write_may_compact() {
    let store = Store::open(file("compacts")).with_patience(Duration::from_secs(1));
    for number in 1..=101 {
        assert_eq!(store.set("name", "Ada").unwrap(), number);
    }
    assert_eq!(store.history("name").unwrap().len(), 1);
}
