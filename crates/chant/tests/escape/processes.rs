//! Reaching other processes, and staying when the run is over.

use crate::support::{Bounds, Cell, is_there, stays};

/// The guard's process: the agent's parent. Chant is above it.
const GUARD: &str = "guard=$PPID\nchant=$(awk '{print $4}' /proc/$guard/stat)\n";

#[test]
fn the_supervisor_can_not_be_killed() {
    if !is_there() || !chant_os::confine::keeps_signals() {
        return;
    }
    let script = format!(
        "{GUARD}kill -9 $guard && echo guard >> \"$OUT\"\nkill -9 $chant && echo chant >> \"$OUT\"\nsleep 0.1\n"
    );
    let cell = Cell::new();
    cell.work(&script, Bounds::On).ok();
    assert_eq!(cell.told(), "");

    let cell = Cell::new();
    let output = cell.work(&script, Bounds::Off);
    assert_ne!(output.code, Some(0), "without the sandbox it can be");
}

#[test]
fn chants_memory_and_environment_are_not_read() {
    if !is_there() {
        return;
    }
    let script = format!(
        "{GUARD}for pid in $guard $chant; do\ntr '\\0' '\\n' < /proc/$pid/environ | grep -a SEALED= >> \"$OUT\"\n\
         head -c 1 /proc/$pid/mem > /dev/null 2> err; grep -q 'ermission' err && echo mem-refused >> \"$OUT\"; rm -f err\n\
         readlink /proc/$pid/fd/0 > /dev/null 2>&1 && echo fd >> \"$OUT\"\ndone\n"
    );
    let work = |bounds| {
        let cell = Cell::new();
        let output = cell.work_with(&script, bounds, "", |command| {
            command.env("SEALED", "yes");
        });
        output.ok();
        cell.told()
    };
    assert_eq!(work(Bounds::On), "mem-refused\nmem-refused\n");
    let off = work(Bounds::Off);
    assert!(off.contains("SEALED=yes") && off.contains("fd"), "{off}");
}

#[test]
fn another_process_is_no_way_around() {
    stays(
        &format!("{GUARD}echo hostile >> \"/proc/$chant/root$1\""),
        |cell| cell.repo.path().join("README.md"),
    );
}

#[test]
fn no_open_file_of_chants_is_inherited() {
    // What is open already is not asked for again.
    let cell = Cell::new();
    let script = "for fd in /proc/$$/fd/*; do\n[ \"${fd##*/}\" -le 2 ] || readlink \"$fd\" >> \"$OUT\"\ndone\n";
    cell.work(script, Bounds::Off).ok();
    let told = cell.told();
    // What whoever started this test has given to everybody.
    let fds = std::fs::read_dir("/proc/self/fd").unwrap().flatten();
    let known: Vec<_> = fds.flat_map(|fd| std::fs::read_link(fd.path())).collect();
    let is_chants = |file: &&str| {
        !file.ends_with("/agent.sh") && !known.iter().any(|known| known.as_os_str() == *file)
    };
    assert_eq!(told.lines().filter(is_chants).count(), 0, "{told}");
}

#[test]
#[cfg(target_os = "linux")]
fn a_socket_without_a_path_is_not_reached() {
    use std::io::Write;
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::net::{SocketAddr, UnixListener};
    if !is_there() || !chant_os::confine::keeps_signals() {
        return;
    }
    let name = format!("chant-escape-{}", std::process::id());
    let listener =
        UnixListener::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let _ = (&stream).write_all(b"reached");
        }
    });
    let script = format!(
        "python3 - <<'END' >> \"$OUT\" 2>&1\nimport socket\ns = socket.socket(socket.AF_UNIX)\n\
         try:\n    s.connect('\\0{name}'); print(s.recv(9).decode())\nexcept OSError: print('refused')\nEND\n"
    );
    for (bounds, expect) in [(Bounds::On, "refused\n"), (Bounds::Off, "reached\n")] {
        let cell = Cell::new();
        cell.work(&script, bounds).ok();
        assert_eq!(cell.told(), expect, "{bounds:?}");
    }
}

#[test]
fn a_gate_is_not_opened_by_the_agent() {
    if !is_there() {
        return;
    }
    let script = format!(
        "env -u CHANT_RUN_ID -u CHANT '{}' -C \"$USER_CHECKOUT\" approve 001 --by Ada > /dev/null 2>&1 && echo approved >> \"$OUT\"\n",
        chant_testkit::chant_bin().display()
    );
    let cell = Cell::new();
    let root = cell.repo.path().to_owned();
    let keys = "    env_allow: [USER_CHECKOUT]\n";
    cell.work_with(&script, Bounds::On, keys, |command| {
        command.env("USER_CHECKOUT", root);
    })
    .ok();
    assert_eq!(cell.told(), "");
    let spec = cell.repo.file(".chant/specs/001-greeting.md");
    assert!(!spec.contains("approv"), "{spec}");
}

#[test]
fn no_daemon_stays() {
    if !is_there() {
        return;
    }
    // Twice forked, in a session of its own, with nothing left in its environment.
    let script = "env -i setsid sh -c '(exec env -i sleep 987) & echo $! > \"$0\"' \"$CHANT_WORKTREE/pid\"\n\
                  while [ ! -s \"$CHANT_WORKTREE/pid\" ]; do sleep 0.01; done\n";
    for bounds in [Bounds::On, Bounds::Off] {
        let cell = Cell::new();
        cell.work(script, bounds).ok();
        let pid = cell.repo.file("pid");
        let command = std::fs::read(format!("/proc/{}/cmdline", pid.trim())).unwrap_or_default();
        assert!(
            !String::from_utf8_lossy(&command).contains("987"),
            "{bounds:?}: {pid}"
        );
    }
}
