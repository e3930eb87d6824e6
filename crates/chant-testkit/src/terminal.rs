//! A terminal for a command under test: what a person would see is what is read from its other end.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::fd::OwnedFd;
use std::process::Command;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

/// A terminal.
#[derive(Debug)]
pub struct Terminal {
    ours: OwnedFd,
    theirs: File,
}

impl Terminal {
    /// One of this size.
    ///
    /// # Panics
    ///
    /// Where the system has no terminals to give.
    pub fn new(columns: u16, rows: u16) -> Self {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
        grantpt(&ours).expect("it is ours");
        unlockpt(&ours).expect("it is ours");
        let name = ptsname(&ours, Vec::new()).expect("it has a name");
        let theirs = OpenOptions::new()
            .read(true)
            .write(true)
            .open(name.to_str().expect("a plain name"))
            .expect("its other end");
        let terminal = Self { ours, theirs };
        terminal.resize(columns, rows);
        terminal
    }

    /// Changes its size.
    ///
    /// # Panics
    ///
    /// Never for a terminal made here.
    pub fn resize(&self, columns: u16, rows: u16) {
        let size = Winsize {
            ws_col: columns,
            ws_row: rows,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&self.ours, size).expect("a size");
    }

    /// Runs a command with its output here, and nobody at the keyboard: everything it wrote, and its exit status.
    ///
    /// # Panics
    ///
    /// Where it cannot be started.
    pub fn show(self, command: &mut Command) -> (String, Option<i32>) {
        self.watch(command, &[], &mut || {})
    }

    /// The same with somebody at the keyboard, who waits for each cue to be shown and then types these keys.
    ///
    /// # Panics
    ///
    /// Where it cannot be started, or ends before every cue was shown.
    pub fn talk(self, command: &mut Command, script: &[(&str, &str)]) -> (String, Option<i32>) {
        self.talk_late(command, script, &mut || {})
    }

    /// The same with somebody who does something else between each cue and the keys.
    ///
    /// # Panics
    ///
    /// Where it cannot be started, or ends before every cue was shown.
    pub fn talk_late(
        self,
        command: &mut Command,
        script: &[(&str, &str)],
        meanwhile: &mut dyn FnMut(),
    ) -> (String, Option<i32>) {
        command.stdin(self.theirs.try_clone().expect("a handle"));
        self.watch(command, script, meanwhile)
    }

    fn watch(
        self,
        command: &mut Command,
        script: &[(&str, &str)],
        meanwhile: &mut dyn FnMut(),
    ) -> (String, Option<i32>) {
        let end = || self.theirs.try_clone().expect("a handle");
        let mut child = command
            .stdout(end())
            .stderr(end())
            .env("TERM", "xterm")
            .spawn()
            .expect("the command");
        // The last of these handles closes the terminal, which is what ends the reading.
        command.stdin(std::process::Stdio::null());
        command.stdout(std::process::Stdio::null());
        command.stderr(std::process::Stdio::null());
        drop(self.theirs);
        let mut written = Vec::new();
        let mut ours = File::from(self.ours);
        let mut chunk = [0; 4096];
        let mut script = script.iter();
        let mut next = script.next();
        let mut heard = 0;
        loop {
            match ours.read(&mut chunk) {
                Ok(0) => break,
                Ok(count) => {
                    written.extend_from_slice(&chunk[..count]);
                    let Some((cue, keys)) = next else { continue };
                    if String::from_utf8_lossy(&written[heard..]).contains(cue) {
                        meanwhile();
                        ours.write_all(keys.as_bytes()).expect("it listens");
                        heard = written.len();
                        next = script.next();
                    }
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // Linux says so when the other end is closed.
                Err(_) => break,
            }
        }
        let status = child.wait().expect("it ends");
        let text = String::from_utf8_lossy(&written).into_owned();
        if let Some((cue, _)) = next {
            panic!("{cue:?} was not shown: {text}");
        }
        (text, status.code())
    }
}
