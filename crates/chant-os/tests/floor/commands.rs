//! Short commands and their limits.

use std::{
    io::Write,
    time::{Duration, Instant},
};

use chant_os::process::{Cmd, SpawnError, started};

use crate::stage::LONG;

fn shell(script: &str) -> Cmd {
    Cmd::new("/bin/sh").args(["-c", script])
}

#[test]
fn both_outputs_and_the_status_come_back() {
    let output = shell("echo a; echo b >&2; exit 3").output().unwrap();
    assert_eq!(
        (output.stdout, output.stderr),
        (b"a\n".to_vec(), b"b\n".to_vec())
    );
    assert_eq!(output.status.code(), Some(3));
}

#[test]
fn large_input_and_large_outputs_do_not_block_each_other() {
    let input = vec![b'x'; 3_000_000];
    let output = shell("tee /dev/stderr")
        .stdin_bytes(input.clone())
        .output()
        .unwrap();
    assert!(output.stdout == input && output.stderr == input);
}

#[test]
fn input_that_nobody_reads_is_no_error() {
    let output = shell("exec 0<&-; exit 0")
        .stdin_bytes(vec![0; 3_000_000])
        .output()
        .unwrap();
    assert!(output.status.success());
}

#[test]
fn the_environment_is_under_control() {
    let env = || {
        Cmd::new("/usr/bin/env")
            .env_clear()
            .env("A", "1")
            .env("B", "2")
    };
    assert_eq!(env().output().unwrap().stdout, b"A=1\nB=2\n");
    assert_eq!(env().env_remove("A").output().unwrap().stdout, b"B=2\n");
}

#[test]
fn a_missing_program_and_a_missing_folder_are_told_apart() {
    let error = Cmd::new("no-such-program").output().unwrap_err();
    assert!(error.is_not_found());
    assert_eq!(
        error.to_string(),
        "failed to run no-such-program: no such program"
    );
    let error = shell("true")
        .current_dir("/no/such/folder")
        .output()
        .unwrap_err();
    assert!(matches!(error, SpawnError::NoFolder { .. }), "{error}");
}

#[test]
fn a_command_that_takes_too_long_is_ended_with_its_children() {
    let begin = Instant::now();
    let limit = Some(Duration::from_millis(50));
    let error = shell("sleep 1000 & sleep 1000; exit")
        .output_limited(1000, limit)
        .unwrap_err();
    assert!(matches!(error, SpawnError::TimedOut { .. }), "{error}");
    // It lingers with both outputs closed.
    let error = shell("exec >&- 2>&-; sleep 1000; exit")
        .output_limited(1000, limit)
        .unwrap_err();
    assert!(matches!(error, SpawnError::TimedOut { .. }), "{error}");
    assert!(begin.elapsed() < LONG);
}

#[test]
fn a_command_that_writes_too_much_is_ended() {
    let error = shell("yes").output_limited(100_000, None).unwrap_err();
    assert!(
        matches!(error, SpawnError::TooMuchOutput { limit: 100_000, .. }),
        "{error}"
    );
    let output = shell("echo a; echo b >&2")
        .output_limited(4, Some(LONG))
        .unwrap();
    assert_eq!(
        (output.stdout, output.stderr),
        (b"a\n".to_vec(), b"b\n".to_vec())
    );
}

#[test]
fn a_pager_is_fed_and_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    let mut pager = shell("cat >page")
        .current_dir(dir.path())
        .spawn_piped_stdin()
        .unwrap();
    pager.write_all(b"text").unwrap();
    assert!(pager.finish().unwrap().success());
    assert_eq!(std::fs::read(dir.path().join("page")).unwrap(), b"text");
}

#[test]
fn an_editor_gets_our_own_terminal() {
    assert_eq!(shell("exit 4").run_inherited().unwrap().code(), Some(4));
}

#[test]
fn every_start_is_counted() {
    let before = started();
    shell("true").output().unwrap();
    assert!(started() > before);
}

#[test]
fn a_command_shows_as_its_command_line() {
    assert_eq!(
        Cmd::new("git").args(["log", "-1"]).to_string(),
        "git log -1"
    );
}

#[test]
fn what_fails_for_a_moment_is_run_again_with_the_same_input() {
    let dir = tempfile::tempdir().unwrap();
    let script = "cat; mkdir one 2>/dev/null && exit 9; mkdir two 2>/dev/null && exit 9; exit 0";
    let run = |times| {
        let cmd = Cmd::new("sh").args(["-c", script]);
        let cmd = cmd.current_dir(dir.path()).stdin_bytes("in");
        cmd.output_again(times, Duration::from_millis(1), |output| {
            output.status.code() == Some(9)
        })
    };
    let once = run(0).unwrap();
    assert_eq!(
        (once.status.code(), &once.stdout[..]),
        (Some(9), &b"in"[..])
    );
    let again = run(5).unwrap();
    assert_eq!(
        (again.status.code(), &again.stdout[..]),
        (Some(0), &b"in"[..])
    );
}
