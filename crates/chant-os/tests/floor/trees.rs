//! A tree that runs to its end, and one that is ended.

use std::{
    ffi::OsString,
    fs::{self, File},
    io::Read,
    os::unix::ffi::OsStringExt,
    time::{Duration, Instant},
};

use chant_os::file;
use chant_os::tree::{Exit, Guard, LINE_MAX, Next, Running, Source, Stdin, marked, read_exit_file};

use crate::stage::{LONG, MARK, Role, Seen, Stage, actor, fifo, wait_for_line};

#[test]
fn lines_and_exit_code_come_through() {
    let stage = Stage::shell("echo one; echo oops >&2; printf two; exit 3");
    let seen = stage.run();
    assert_eq!(seen.text(Source::Stdout), ["one", "two"]);
    assert_eq!(seen.text(Source::Stderr), ["oops"]);
    assert_eq!(seen.exit, Exit::Code(3));
    assert_eq!(read_exit_file(&stage.job.exit_file), Some(Exit::Code(3)));
}

#[test]
fn the_end_stays_the_end() {
    let stage = Stage::shell("exit 0");
    let mut running = stage.start();
    assert_eq!(Seen::rest_of(&mut running).exit, Exit::Code(0));
    assert_eq!(running.next(Duration::ZERO), Next::Ended(Exit::Code(0)));
}

#[test]
fn a_signal_of_the_agents_own_is_told() {
    assert_eq!(Stage::shell("kill -11 $$").run().exit, Exit::Signal(11));
}

#[test]
fn a_guard_that_dies_before_it_has_heard_what_to_run_is_one_that_was_killed() {
    let mut stage = Stage::shell("exit 0");
    // More than a pipe holds, so that it is still being told when it is gone.
    stage.job.env = vec![("LARGE".into(), "x".repeat(300_000).into())];
    let guard = Guard {
        program: "/bin/false".into(),
        args: Vec::new(),
    };
    let mut running = Running::start(&guard, &stage.job).unwrap();
    assert_eq!(Seen::rest_of(&mut running).exit, Exit::Lost);
}

#[test]
fn silence_is_a_timeout() {
    let stage = Stage::shell("echo up; exec sleep 1000");
    let mut running = stage.start();
    wait_for_line(&mut running, "up");
    assert_eq!(running.next(Duration::from_millis(1)), Next::Timeout);
}

#[test]
fn a_program_that_cannot_start_says_why() {
    let reason = |stage: &Stage| match stage.run().exit {
        Exit::NotStarted(reason) => reason,
        other => panic!("{other:?}"),
    };
    assert!(reason(&Stage::program("no-such-agent", &[])).contains("no such program"));

    let mut stage = Stage::shell("exit 0");
    stage.job.dir = stage.dir.path().join("gone");
    assert!(reason(&stage).contains("no such folder"));

    let stage = Stage::program("./plain", &[]);
    fs::write(stage.dir.path().join("plain"), "text").unwrap();
    assert!(reason(&stage).contains("Permission denied"));

    let mut stage = Stage::shell("exit 0");
    stage.job.stdin = Stdin::File(stage.dir.path().join("gone"));
    assert!(matches!(stage.run().exit, Exit::NotStarted(_)));
}

#[test]
fn the_environment_is_what_was_given_and_the_marker() {
    let mut stage = Stage::program("/usr/bin/env", &[]);
    stage.job.env = vec![("A".into(), "b c".into())];
    let mut lines = stage.run().text(Source::Stdout);
    lines.sort();
    assert_eq!(
        lines,
        ["A=b c".to_owned(), format!("{MARK}={}", stage.mark())]
    );
}

#[test]
fn a_tree_has_no_terminal_to_ask_at() {
    // The sixth field of this file is the session, which a terminal belongs to.
    // Ours is read the same way: in a container it may be 0, a session that
    // began outside, which the typed call does not accept.
    let seen = Stage::shell("cut -d' ' -f6 /proc/self/stat; : </dev/tty").run();
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let after_name = stat.rsplit_once(") ").unwrap().1;
    let ours = after_name.split(' ').nth(3).unwrap();
    assert_ne!(seen.text(Source::Stdout), [ours]);
    assert_ne!(seen.exit, Exit::Code(0));
}

#[test]
fn standard_input_is_a_file_or_empty() {
    assert!(Stage::shell("cat").run().lines.is_empty());
    let mut stage = Stage::shell("cat");
    let prompt = stage.dir.path().join("prompt");
    fs::write(&prompt, "do it").unwrap();
    stage.job.stdin = Stdin::File(prompt);
    assert_eq!(stage.run().text(Source::Stdout), ["do it"]);
}

#[test]
fn bytes_that_are_not_utf8_pass() {
    let mut stage = Stage::program("/usr/bin/printf", &[r"%s\n\377\200\n"]);
    stage.job.args.push(OsString::from_vec(b"a\xffb".to_vec()));
    let lines: Vec<_> = stage
        .run()
        .lines
        .into_iter()
        .map(|(_, line)| line.bytes)
        .collect();
    assert_eq!(lines, [&b"a\xffb"[..], b"\xff\x80"]);
}

#[test]
fn a_line_without_end_is_cut() {
    let script = "head -c 5000000 /dev/zero | tr '\\0' x; echo; echo next";
    let lines = Stage::shell(script).run().lines;
    assert_eq!(lines.len(), 2);
    assert!(lines[0].1.cut);
    assert_eq!(lines[0].1.bytes.len(), LINE_MAX);
    assert!(!lines[1].1.cut);
    assert_eq!(lines[1].1.bytes, b"next");
}

#[test]
fn a_flood_on_both_outputs_is_seen_whole() {
    let size = 50_000_000;
    let stage = Stage::program(actor(), &["flood", &size.to_string()]);
    let mut running = stage.start();
    let (mut out, mut err) = (0, 0);
    loop {
        match running.next(LONG) {
            Next::Line(Source::Stdout, line) => out += line.bytes.len() + 1,
            Next::Line(Source::Stderr, line) => err += line.bytes.len() + 1,
            Next::Ended(exit) => break assert_eq!(exit, Exit::Code(0)),
            Next::Timeout => panic!("dried up after {out} and {err} bytes"),
        }
    }
    assert_eq!((out, err), (size, size));
}

#[test]
fn a_flood_does_not_fill_the_memory() {
    let dir = tempfile::tempdir().unwrap();
    let exit_file = dir.path().join("exit.json");
    let said = Role::play(&["measure", exit_file.to_str().unwrap(), "50000000"]).line();
    let (lines, peak) = said.split_once(' ').unwrap();
    assert_eq!(lines, "1000000");
    assert!(
        peak.parse::<u32>().unwrap() < 30_000,
        "{peak} KiB for 100 MB of output"
    );
}

#[test]
fn a_grandchild_that_left_the_session_and_holds_the_pipe_is_ended() {
    let stage = Stage::shell("setsid sh -c 'sleep 1000 & echo up'; exit 4");
    let begin = Instant::now();
    let seen = stage.run();
    assert_eq!(seen.text(Source::Stdout), ["up"]);
    assert_eq!(seen.exit, Exit::Code(4));
    assert!(marked(MARK, stage.mark()).is_empty());
    assert!(begin.elapsed() < LONG);
}

#[test]
fn those_that_keep_moving_are_caught() {
    // Four that start a successor in a new session and end, again and again; the thousandth would leave a file.
    let hop = "#!/bin/sh
        [ $1 = 0 ] && exec touch survived
        setsid ./hop $(($1 - 1)) &";
    let stage = Stage::shell("exec 9>held; for i in 1 2 3 4; do ./hop 1000; done; echo off");
    let held = fifo(stage.dir.path());
    fs::write(stage.dir.path().join("hop"), hop).unwrap();
    file::set_executable(&stage.dir.path().join("hop")).unwrap();
    let mut running = stage.start();
    let mut held = File::open(held).unwrap();
    assert_eq!(Seen::rest_of(&mut running).exit, Exit::Code(0));
    held.read_to_end(&mut Vec::new()).unwrap();
    assert!(!stage.dir.path().join("survived").exists());
}

#[test]
fn a_polite_agent_ends_by_itself() {
    let stage = Stage::shell(
        "trap 'sleep 0.2; echo bye; exit 5' INT; echo up; while :; do sleep 0.01; done",
    );
    let mut running = stage.start();
    wait_for_line(&mut running, "up");
    running.stop();
    let seen = Seen::rest_of(&mut running);
    assert_eq!(seen.text(Source::Stdout), ["bye"]);
    assert_eq!(seen.exit, Exit::Code(5));
}

#[test]
fn sigint_comes_before_sigterm() {
    let mut stage = Stage::shell(
        "trap 'echo int' INT; trap 'echo term; exit 7' TERM; echo up; while :; do sleep 0.01; done",
    );
    stage.job.grace = Duration::from_millis(300);
    let mut running = stage.start();
    wait_for_line(&mut running, "up");
    running.stop();
    let seen = Seen::rest_of(&mut running);
    assert_eq!(seen.text(Source::Stdout), ["int", "term"]);
    assert_eq!(seen.exit, Exit::Code(7));
}

#[test]
fn sigterm_reaches_another_session() {
    let mut stage = Stage::shell(
        "setsid sh -c 'trap \"echo term; exit\" TERM; echo up; while :; do sleep 0.01; done' &
         trap '' INT TERM; wait; wait; echo all; exit 6",
    );
    stage.job.grace = Duration::from_millis(1);
    let mut running = stage.start();
    wait_for_line(&mut running, "up");
    running.stop();
    let seen = Seen::rest_of(&mut running);
    assert_eq!(seen.text(Source::Stdout), ["term", "all"]);
    assert_eq!(seen.exit, Exit::Code(6));
}

#[test]
fn one_that_ignores_everything_is_killed_after_the_graces() {
    let mut stage = Stage::shell("trap '' INT TERM; echo up; while :; do sleep 1000; done");
    stage.job.grace = Duration::from_millis(20);
    stage.job.grace2 = Duration::from_millis(20);
    let mut running = stage.start();
    wait_for_line(&mut running, "up");
    running.stop();
    assert_eq!(Seen::rest_of(&mut running).exit, Exit::Signal(9));
    assert!(marked(MARK, stage.mark()).is_empty());
}

#[test]
fn a_kill_takes_the_whole_tree_at_once() {
    let stage = Stage::shell("setsid sleep 1000 & sleep 1000 & echo up; wait");
    let mut running = stage.start();
    wait_for_line(&mut running, "up");
    running.kill();
    assert_eq!(Seen::rest_of(&mut running).exit, Exit::Signal(9));
    assert!(marked(MARK, stage.mark()).is_empty());
}

#[test]
fn a_kill_may_follow_a_stop() {
    let stage = Stage::shell("trap '' INT TERM; echo up; while :; do sleep 1000; done");
    let mut running = stage.start();
    wait_for_line(&mut running, "up");
    running.stop();
    running.kill();
    assert_eq!(Seen::rest_of(&mut running).exit, Exit::Signal(9));
}

#[test]
fn a_dropped_tree_is_gone() {
    let stage = Stage::shell("setsid sleep 1000 & yes");
    drop(stage.start());
    assert!(marked(MARK, stage.mark()).is_empty());
}

#[test]
fn an_old_exit_file_is_not_believed() {
    let stage = Stage::shell("kill -9 $PPID; sleep 1000");
    fs::write(&stage.job.exit_file, "{\"code\":0}").unwrap();
    let seen = stage.run();
    chant_os::tree::end_marked(MARK, stage.mark());
    assert_eq!(seen.exit, Exit::Lost);
}
