//! Issue #1234: of two concurrent writes to one key, one is lost.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use kvstore::storage::Store;

/// How long the first writer gives the second one to finish. Where writers keep each other out, it never does.
const HEAD_START: Duration = Duration::from_secs(1);

#[test]
fn issue_1234_both_of_two_concurrent_writes_are_kept() {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("issue-1234.db");
    let _ = std::fs::remove_file(&path);
    let store = Store::open(&path);
    store.set("name", "Ada").unwrap();

    // `update` calls us after it has read and before it writes: here the other process writes.
    let mut other = None;
    store
        .update("name", |_| {
            let mut process = set(&path, "name", "Grace");
            wait(&mut process, HEAD_START);
            other = Some(process);
            "Edsger".to_owned()
        })
        .unwrap();
    let succeeded = other.unwrap().wait().unwrap().success();

    assert!(succeeded, "the other process said that it failed");
    let history = store.history("name").unwrap();
    let versions: Vec<u64> = history.iter().map(|entry| entry.version).collect();
    assert!(
        versions == [1, 2, 3],
        "a write that succeeded is lost: versions {versions:?}"
    );
}

/// Another process that writes to the store.
fn set(path: &Path, key: &str, value: &str) -> Child {
    Command::new(env!("CARGO_BIN_EXE_kvstore"))
        .args(["set", key, value])
        .env("KVSTORE_FILE", path)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

fn wait(process: &mut Child, limit: Duration) {
    let begun = Instant::now();
    while process.try_wait().unwrap().is_none() && begun.elapsed() < limit {
        sleep(Duration::from_millis(5));
    }
}
