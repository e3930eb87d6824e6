//! Two commands at once, and clocks that do not agree.

use std::process::Command;

use serde_json::json;

use crate::many::*;

const IDS: [&str; 5] = ["001-a", "002-b", "003-c", "004-d", "005-e"];

#[test]
fn two_commands_share_one_queue() {
    let many = Many::with(&IDS.map(|id| (id, honest(id))));
    for id in IDS {
        many.script(id, &first(json!([{"wait_for": many.file("go")}]), id));
    }
    let mut one = many.working("one");
    let mut two = many.working("two");
    eventually("an agent to begin", || {
        !chant_testkit::crew::ledger(&many.repo).is_empty()
    });
    many.let_go("go");
    let codes = (ended(&mut one), ended(&mut two));
    assert_eq!(
        codes,
        (Some(0), Some(0)),
        "{}\n{}",
        many.said("one"),
        many.said("two")
    );
    many.assert_landed(&IDS);
    for id in IDS {
        many.assert_paid(id, 1);
    }
    many.assert_quiet();
}

#[test]
fn the_second_goes_on_when_the_first_is_killed() {
    let many = Many::with(&IDS.map(|id| (id, honest(id))));
    for id in IDS {
        many.script(id, &first(json!([{"wait_for": many.file("go")}]), id));
    }
    let mut one = many.working("one");
    eventually("an agent to begin", || {
        !chant_testkit::crew::ledger(&many.repo).is_empty()
    });
    let mut two = many.working("two");
    one.kill().unwrap();
    one.wait().unwrap();
    many.let_go("go");
    // What the killed one had begun stopped with it, and is asked for here as well.
    assert_eq!(ended(&mut two), Some(0));
    many.assert_landed(&IDS);
    many.assert_quiet();
}

#[test]
fn a_clock_that_jumps_changes_nothing() {
    let many = Many::with(&IDS.map(|id| (id, honest(id))));
    let at = |now: &'static str, point: &'static str| {
        move |command: &mut Command| {
            command.env("CHANT_NOW", now).env("CHANT_CRASH_AT", point);
        }
    };
    // A year ahead, then two years back, each killed on the way; then the true time.
    let mut ahead = many.working_with("ahead", at("2031-01-01T00:00:00Z", "agent:after"));
    ended(&mut ahead);
    let mut back = many.working_with("back", at("2019-01-01T00:00:00Z", "verify:before"));
    ended(&mut back);
    for _ in 0..2 {
        if many.work().code == Some(0) {
            break;
        }
    }
    many.assert_landed(&IDS);
    many.assert_quiet();
}
