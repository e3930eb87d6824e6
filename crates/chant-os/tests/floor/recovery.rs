//! What becomes of a tree when those who answer for it are killed.

use std::{fs::File, io::Read, time::Instant};

use chant_os::tree::{Exit, Running, Source, end_marked, marked, read_exit_file};
use rustix::process::{Pid, Signal, kill_process};

use crate::stage::{LONG, MARK, Role, Seen, Stage, fifo, unique_mark, wait_for_line};

fn signal_guard(running: &Running, signal: Signal) {
    let guard = Pid::from_raw(i32::try_from(running.guard_pid()).unwrap()).unwrap();
    kill_process(guard, signal).unwrap();
}

#[test]
fn the_death_of_the_parent_ends_the_tree() {
    let dir = tempfile::tempdir().unwrap();
    let held = fifo(dir.path());
    let exit_file = dir.path().join("exit.json");
    let mark = unique_mark();
    let script =
        format!("exec 9>{held}; trap '' INT TERM HUP; setsid sleep 1000 & echo up; sleep 1000");
    let mut parent = Role::play(&["parent", exit_file.to_str().unwrap(), &mark, &script]);
    let mut held = File::open(held).unwrap();
    assert_eq!(parent.line(), "up");
    parent.kill();
    held.read_to_end(&mut Vec::new()).unwrap();
    // The guard is the last to go, after it has written how the agent ended.
    let begin = Instant::now();
    while !marked(MARK, &mark).is_empty() {
        assert!(begin.elapsed() < LONG, "the guard does not end");
        std::thread::yield_now();
    }
    assert_eq!(read_exit_file(&exit_file), Some(Exit::Signal(9)));
}

#[test]
fn the_death_of_the_guard_is_noticed_and_the_rest_is_found() {
    let stage = Stage::shell("setsid sleep 1000 & env -i sleep 1000 & echo up; sleep 1000");
    let mut running = stage.start();
    wait_for_line(&mut running, "up");
    signal_guard(&running, Signal::KILL);
    assert_eq!(Seen::rest_of(&mut running).exit, Exit::Lost);
    assert!(end_marked(MARK, stage.mark()) >= 3);
    assert!(marked(MARK, stage.mark()).is_empty());
    assert_eq!(end_marked(MARK, stage.mark()), 0);
}

#[test]
fn a_guard_that_is_told_to_end_ends_the_tree_politely() {
    let stage = Stage::shell("trap 'echo bye; exit 5' INT; echo up; while :; do sleep 0.01; done");
    let mut running = stage.start();
    wait_for_line(&mut running, "up");
    signal_guard(&running, Signal::INT);
    signal_guard(&running, Signal::TERM);
    let seen = Seen::rest_of(&mut running);
    assert_eq!(seen.text(Source::Stdout), ["bye"]);
    assert_eq!(seen.exit, Exit::Code(5));
}

#[test]
fn a_marked_tree_is_ended_with_its_guard() {
    let stage = Stage::shell("setsid sleep 1000 & echo up; wait");
    let mut running = stage.start();
    wait_for_line(&mut running, "up");
    assert!(marked(MARK, stage.mark()).contains(&running.guard_pid()));
    end_marked(MARK, stage.mark());
    assert_eq!(Seen::rest_of(&mut running).exit, Exit::Lost);
    assert_eq!(read_exit_file(&stage.job.exit_file), None);
}
