//! The network, and the environment.

use std::io::Write;
use std::net::TcpListener;

use crate::support::{Bounds, Cell, is_there};

const CONNECT: &str = "python3 - <<'END' >> \"$OUT\" 2>&1\n\
import os, socket\n\
try:\n    print(socket.create_connection(('127.0.0.1', int(os.environ['PORT']))).recv(9).decode())\n\
except OSError as error:\n    print('refused')\n\
own = socket.socket(); own.bind(('127.0.0.1', 0)); own.listen()\n\
socket.create_connection(own.getsockname()); print('own loopback')\n\
END\n";

/// Answers `reached` to whoever asks.
fn listen() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let _ = (&stream).write_all(b"reached");
        }
    });
    port
}

fn connects(
    bounds: Bounds,
    keys: &str,
    prepare: impl FnOnce(&mut std::process::Command),
) -> (Cell, chant_testkit::Output) {
    let port = listen().to_string();
    let cell = Cell::new();
    let keys = format!("    env_allow: [PORT]\n{keys}");
    let output = cell.work_with(CONNECT, bounds, &keys, |command| {
        command.env("PORT", port);
        prepare(command);
    });
    (cell, output)
}

#[test]
fn an_agent_without_a_network_has_only_a_loopback_of_its_own() {
    let (cell, output) = connects(Bounds::Off, "", |_| {});
    output.ok();
    assert_eq!(cell.told(), "reached\nown loopback\n");
    for bounds in [Bounds::On, Bounds::Off] {
        let (cell, output) = connects(bounds, "    network: off\n", |_| {});
        if !chant_os::confine::can_be_offline(&chant_testkit::chant_bin()) {
            output.fails(4);
            assert!(
                output.stderr.contains("sandbox-missing"),
                "{}",
                output.stderr
            );
            return;
        }
        output.ok();
        assert_eq!(cell.told(), "refused\nown loopback\n", "{bounds:?}");
    }
}

#[test]
fn the_environment_holds_no_keys_that_nobody_named() {
    let cell = Cell::new();
    let set = |command: &mut std::process::Command| {
        for name in [
            "GITHUB_TOKEN",
            "AWS_SECRET_ACCESS_KEY",
            "SSH_AUTH_SOCK",
            "WANTED",
        ] {
            command.env(name, "value");
        }
    };
    let keys = "    env_allow: [WANTED]\n    env: {GIVEN: value}\n";
    let script = "env | grep '=value$' | sort >> \"$OUT\"\n";
    cell.work_with(script, Bounds::Off, keys, set).ok();
    assert_eq!(cell.told(), "GIVEN=value\nWANTED=value\n");
}

#[test]
fn an_agent_that_gives_up_at_once_is_told_which_variables_it_did_not_get() {
    let cell = Cell::new();
    let set = |command: &mut std::process::Command| {
        command.env("ITS_TOKEN", "value").env("OTHER", "value");
    };
    let output = cell.work_with("echo 'not signed in' >&2\nexit 1\n", Bounds::Off, "", set);
    output.fails(1);
    let log = cell.repo.chant(&["log", "001"]).stdout;
    assert!(
        log.contains("hostile did not get these variables of your environment: "),
        "{log}"
    );
    assert!(log.contains("ITS_TOKEN, "), "{log}");
    assert!(log.contains("OTHER"), "{log}");
    assert!(!log.contains("value"), "{log}");
}

#[test]
fn temporary_files_go_where_the_run_has_a_folder_that_goes_with_it() {
    if !is_there() {
        return;
    }
    let cell = Cell::new();
    let script = "mktemp >> \"$OUT\"\necho \"$TMPDIR\" >> \"$OUT\"\n";
    cell.work(script, Bounds::On).ok();
    let told = cell.told();
    let (file, folder) = told.trim_end().split_once('\n').unwrap();
    assert!(file.starts_with(folder), "{told}");
    assert!(!std::path::Path::new(folder).exists());
}
