//! A program that may read and write only what it is given: for commands that a stranger wrote, and for agents.
//!
//! The program is started through chant itself (`chant __confine … -- PROGRAM ARG…`), which gives up its own rights and
//! then becomes that program, so whatever it starts is confined as well. On Linux the kernel's Landlock does it, without
//! any privilege; on macOS a Seatbelt profile. Elsewhere, and on kernels without it, [`is_supported`] says so, and
//! whoever asks must tell the user.
//!
//! Landlock only ever allows. "Everything but these" is therefore worked out by [`visible`] just before the rights are given up.
//!
//! Deliberately not here: which paths are given, and why.

#[cfg_attr(not(target_os = "linux"), path = "elsewhere.rs")]
#[cfg_attr(target_os = "linux", path = "landlock.rs")]
mod kernel;
#[cfg_attr(not(target_os = "linux"), path = "no_network_elsewhere.rs")]
#[cfg_attr(target_os = "linux", path = "network.rs")]
mod network;
#[cfg(target_os = "linux")]
mod rights;
pub(crate) mod seatbelt;
#[cfg_attr(
    not(target_os = "linux"),
    expect(dead_code, reason = "only Landlock needs what is left visible")
)]
mod visible;

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use crate::tree::Job;

/// The first argument by which chant becomes the confined program.
pub const ARGUMENT: &str = "__confine";

const READ: &str = "--read";
const WRITE: &str = "--write";
const HIDE: &str = "--hide";
const REST: &str = "--read-the-rest";
const OFFLINE: &str = "--offline";
const END: &str = "--";

/// The exit code of a program that could not be confined, and so was not started. A shell's for "cannot execute".
const FAILED: i32 = 126;

/// What a confined program may touch; all else is refused by the kernel. Paths that do not exist are left out. It can send
/// signals only to what it started itself, where the kernel knows how to see to that.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Confine {
    /// Files and folders, with all below them, to be read and run.
    pub read: Vec<PathBuf>,
    /// Files and folders, with all below them, to be changed as well.
    pub write: Vec<PathBuf>,
    /// Where this is given, everything else may be read too, but these files and folders. What is in `read` or `write` may
    /// be read even where it is below one of these.
    pub hidden: Option<Vec<PathBuf>>,
    /// Whether it has no network: only a loopback of its own, on which nobody else listens.
    pub offline: bool,
}

impl Confine {
    /// The same job, confined. `chant` is the program that calls [`main`] on [`ARGUMENT`].
    #[must_use]
    pub fn wrap(&self, chant: &Path, job: Job) -> Job {
        let mut args: Vec<OsString> = vec![ARGUMENT.into()];
        if self.offline {
            args.push(OFFLINE.into());
        }
        if self.hidden.is_some() {
            args.push(REST.into());
        }
        let hidden = self.hidden.as_deref().unwrap_or_default();
        for (option, paths) in [
            (READ, self.read.as_slice()),
            (WRITE, self.write.as_slice()),
            (HIDE, hidden),
        ] {
            for path in paths {
                args.extend([option.into(), path.into()]);
            }
        }
        args.extend([END.into(), job.program]);
        args.extend(job.args);
        Job {
            program: chant.into(),
            args,
            ..job
        }
    }

    /// Reads what [`Confine::wrap`] wrote; what is left is the program and its arguments.
    fn read_arguments(args: &mut impl Iterator<Item = OsString>) -> Option<Self> {
        let mut confine = Self::default();
        loop {
            let option = args.next()?;
            match option.to_str()? {
                END => return Some(confine),
                OFFLINE => confine.offline = true,
                REST => confine.hidden = Some(Vec::new()),
                READ => confine.read.push(args.next()?.into()),
                WRITE => confine.write.push(args.next()?.into()),
                HIDE => confine.hidden.as_mut()?.push(args.next()?.into()),
                _ => return None,
            }
        }
    }

    /// Whether files are a matter of this at all; where they are not, only the network is.
    fn is_about_files(&self) -> bool {
        self.hidden.is_some() || !self.read.is_empty() || !self.write.is_empty()
    }
}

/// Gives up all rights but the given ones and becomes the program. Returns only where that fails, with the exit code.
pub fn main(mut args: impl Iterator<Item = OsString>) -> i32 {
    use std::os::unix::process::CommandExt;
    let Some(confine) = Confine::read_arguments(&mut args) else {
        return say(format_args!("{ARGUMENT} is for chant's own use"));
    };
    let Some(program) = args.next() else {
        return FAILED;
    };
    // The network first: its namespace is made with rights that are given up after it.
    if confine.offline
        && let Err(error) = network::leave()
    {
        return say(format_args!(
            "cannot take the network away from the command, so it is not run: {error}"
        ));
    }
    let mut command = std::process::Command::new(&program);
    if confine.is_about_files() {
        match kernel::restrict(&confine, &program) {
            Ok(Some(through)) => command = through,
            Ok(None) => {}
            Err(error) => {
                return say(format_args!(
                    "cannot confine the command, so it is not run: {error}"
                ));
            }
        }
    }
    let error = command.args(args).exec();
    say(format_args!("cannot start {}: {error}", program.display()))
}

/// The confined program's own error output is the only place left to say it.
fn say(problem: std::fmt::Arguments<'_>) -> i32 {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "chant: {problem}");
    FAILED
}

/// Whether this system can confine a program.
pub fn is_supported() -> bool {
    kernel::is_supported()
}

/// Whether a confined program can also be kept from signalling those outside.
pub fn keeps_signals() -> bool {
    kernel::keeps_signals()
}

/// Whether this system can take the network away from a program. It is tried, in a process of its own: whether it works
/// is a matter of rights and of settings that only the kernel knows all of.
pub fn can_be_offline(chant: &Path) -> bool {
    let offline = Confine {
        offline: true,
        ..Confine::default()
    };
    let tried = crate::process::Cmd::new(chant)
        .arg(ARGUMENT)
        .args(offline.offline.then_some(OFFLINE))
        .args([END, "true"])
        .output();
    tried.is_ok_and(|output| output.status.success())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn what_was_wrapped_is_read_back() {
        let check = |confine: Confine| {
            let job = Job {
                program: "prog".into(),
                args: vec!["--write".into()],
                dir: "/".into(),
                env: Vec::new(),
                stdin: crate::tree::Stdin::Null,
                marker: (String::new(), String::new()),
                exit_file: "/x".into(),
                grace: std::time::Duration::ZERO,
                grace2: std::time::Duration::ZERO,
            };
            let wrapped = confine.wrap(Path::new("/chant"), job);
            let mut args = wrapped.args.into_iter();
            assert_eq!(args.next().unwrap(), ARGUMENT);
            assert_eq!(Confine::read_arguments(&mut args), Some(confine));
            let rest: Vec<_> = args.collect();
            assert_eq!(rest, ["prog", "--write"]);
        };
        check(Confine::default());
        check(Confine {
            read: vec!["/a".into()],
            write: vec!["--".into(), "/b c".into()],
            hidden: None,
            offline: true,
        });
        check(Confine {
            hidden: Some(Vec::new()),
            ..Confine::default()
        });
        check(Confine {
            hidden: Some(vec!["/h".into()]),
            ..Confine::default()
        });
    }
}
