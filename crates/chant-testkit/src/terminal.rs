//! A terminal for a command under test: what a person would see is what is read from its other end.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read};
use std::os::fd::OwnedFd;
use std::process::Command;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

/// A terminal with nobody at the keyboard.
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

    /// Runs a command with its output here: everything it wrote, and its exit status.
    ///
    /// # Panics
    ///
    /// Where it cannot be started.
    pub fn show(self, command: &mut Command) -> (String, Option<i32>) {
        let end = || self.theirs.try_clone().expect("a handle");
        let mut child = command
            .stdout(end())
            .stderr(end())
            .env("TERM", "xterm")
            .spawn()
            .expect("the command");
        // The last of these handles closes the terminal, which is what ends the reading.
        command.stdout(std::process::Stdio::null());
        command.stderr(std::process::Stdio::null());
        drop(self.theirs);
        let mut written = Vec::new();
        let mut ours = File::from(self.ours);
        let mut chunk = [0; 4096];
        loop {
            match ours.read(&mut chunk) {
                Ok(0) => break,
                Ok(count) => written.extend_from_slice(&chunk[..count]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // Linux says so when the other end is closed.
                Err(_) => break,
            }
        }
        let status = child.wait().expect("it ends");
        let text = String::from_utf8_lossy(&written).into_owned();
        (text, status.code())
    }
}
