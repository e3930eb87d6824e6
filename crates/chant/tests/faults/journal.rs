//! The journal is lost or damaged while runs are under way: what landed stays landed, what had finished is found, the rest is
//! done again.

use std::fs;
use std::path::PathBuf;

use chant_testkit::crew;
use serde_json::json;

use crate::many::*;

const IDS: [&str; 4] = ["001-a", "002-b", "003-c", "004-d"];

/// The first has landed, the others' agents work; then everything is killed, and `damage` is done to the journal.
#[track_caller]
fn survives(damage: impl FnOnce(&Many)) {
    let many = Many::with(&IDS.map(|id| (id, honest(id))));
    for id in &IDS[1..] {
        many.script(id, &first(json!([{"wait_for": many.file("go")}]), id));
    }
    let mut child = many.working("one");
    eventually("the others to begin and the first to land", || {
        crew::ledger(&many.repo).len() == IDS.len()
            && many
                .repo
                .git(&[
                    "log",
                    "--format=%(trailers:key=Chant-Spec,valueonly)",
                    "main",
                ])
                .contains(IDS[0])
    });
    child.kill().unwrap();
    child.wait().unwrap();
    many.assert_quiet();
    damage(&many);
    many.let_go("go");
    many.repo.chant(&["status"]).ok();
    for _ in 0..2 {
        if many.work().code == Some(0) {
            break;
        }
    }
    many.assert_landed(&IDS);
    many.assert_paid(IDS[0], 1);
    many.assert_quiet();
}

fn journal(many: &Many) -> PathBuf {
    many.repo.path().join(".git/chant/journal.db")
}

fn without_log(many: &Many) {
    for end in ["-wal", "-shm"] {
        let path = journal(many).with_file_name(format!("journal.db{end}"));
        let _ = fs::remove_file(path);
    }
}

#[test]
fn deleted() {
    survives(|many| {
        without_log(many);
        fs::remove_file(journal(many)).unwrap();
    });
}

#[test]
fn truncated() {
    survives(|many| {
        without_log(many);
        let bytes = fs::read(journal(many)).unwrap();
        fs::write(journal(many), &bytes[..bytes.len() / 3]).unwrap();
    });
}

#[test]
fn corrupted() {
    survives(|many| {
        without_log(many);
        let mut bytes = fs::read(journal(many)).unwrap();
        for byte in bytes.iter_mut().skip(64) {
            *byte ^= 0x5a;
        }
        fs::write(journal(many), bytes).unwrap();
    });
}

#[test]
fn without_its_log() {
    survives(without_log);
}
