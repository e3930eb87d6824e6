//! What the README promises, one process at a time.

use std::path::PathBuf;

use kvstore::storage::Store;

/// A store in a new file of its own.
fn store(name: &str) -> Store {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("store-{name}.db"));
    let _ = std::fs::remove_file(&path);
    Store::open(path)
}

#[test]
fn what_was_set_is_there() {
    let store = store("set");
    assert_eq!(store.get("name").unwrap(), None);
    assert_eq!(store.set("name", "Ada").unwrap(), 1);
    assert_eq!(store.set("name", "Grace").unwrap(), 2);
    assert_eq!(store.get("name").unwrap().as_deref(), Some("Grace"));
    let values: Vec<String> = store
        .history("name")
        .unwrap()
        .into_iter()
        .map(|entry| entry.value)
        .collect();
    assert_eq!(values, ["Ada", "Grace"]);
}

#[test]
fn a_key_can_be_deleted() {
    let store = store("delete");
    store.set("name", "Ada").unwrap();
    assert!(store.delete("name").unwrap());
    assert!(!store.delete("name").unwrap());
    assert_eq!(store.get("name").unwrap(), None);
}

#[test]
fn a_long_file_is_compacted() {
    let store = store("compact");
    store.set("other", "kept").unwrap();
    for number in 1..=100 {
        assert_eq!(store.set("name", &number.to_string()).unwrap(), number);
    }
    assert_eq!(store.history("name").unwrap().len(), 1);
    assert_eq!(store.get("other").unwrap().as_deref(), Some("kept"));
}
