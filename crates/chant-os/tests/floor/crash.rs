//! Dying on purpose, and being asked to stop.

use std::{os::unix::process::ExitStatusExt, process::Command};

use rustix::process::{Pid, Signal, kill_process};

use crate::stage::{Role, actor};

fn visits(armed: &str) -> (usize, Option<i32>) {
    let output = Command::new(actor())
        .args(["crash", "a.b"])
        .env("CHANT_CRASH_AT", armed)
        .output()
        .unwrap();
    (
        String::from_utf8(output.stdout).unwrap().lines().count(),
        output.status.signal(),
    )
}

#[test]
#[cfg(debug_assertions)]
fn a_crash_point_kills_at_the_visit_that_was_asked_for() {
    assert_eq!(visits("a.b"), (1, Some(9)));
    assert_eq!(visits("a.b#2"), (2, Some(9)));
    assert_eq!(visits("a.b#4"), (3, None));
    assert_eq!(visits("a"), (3, None));
}

#[test]
fn signals_are_counted_and_do_not_end_the_process() {
    let mut role = Role::play(&["interrupts"]);
    assert_eq!(role.line(), "ready");
    let pid = Pid::from_child(&role.child);
    kill_process(pid, Signal::INT).unwrap();
    assert_eq!(role.line(), "1 Interrupt 1");
    kill_process(pid, Signal::TERM).unwrap();
    assert_eq!(role.line(), "2 Terminate 2");
    assert!(role.child.wait().unwrap().success());
}
