//! A program that may read and write only what it is given: for commands that a stranger wrote.
//!
//! The program is started through chant itself (`chant __confine … -- PROGRAM ARG…`), which gives up its own rights and then
//! becomes that program, so whatever it starts is confined as well. On Linux the kernel's Landlock does it, without any
//! privilege. Elsewhere, and on kernels without it, [`is_supported`] says so, and whoever asks must tell the user.
//!
//! Deliberately not here: which paths are given, and the network, which stays as it is.

use std::{ffi::OsString, path::PathBuf};

use crate::tree::Job;

/// The first argument by which chant becomes the confined program.
pub const ARGUMENT: &str = "__confine";

const READ: &str = "--read";
const WRITE: &str = "--write";
const END: &str = "--";

/// The exit code of a program that could not be confined, and so was not started. A shell's for "cannot execute".
const FAILED: i32 = 126;

/// What a confined program may touch; all else is refused by the kernel. Paths that do not exist are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Confine {
    /// Files and folders, with all below them, to be read and run.
    pub read: Vec<PathBuf>,
    /// Files and folders, with all below them, to be changed as well.
    pub write: Vec<PathBuf>,
}

impl Confine {
    /// The same job, confined. `chant` is the program that calls [`main`] on [`ARGUMENT`].
    #[must_use]
    pub fn wrap(&self, chant: &std::path::Path, job: Job) -> Job {
        let mut args: Vec<OsString> = vec![ARGUMENT.into()];
        for (option, paths) in [(READ, &self.read), (WRITE, &self.write)] {
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
            if option == END {
                return Some(confine);
            }
            let path = PathBuf::from(args.next()?);
            if option == READ {
                confine.read.push(path);
            } else if option == WRITE {
                confine.write.push(path);
            } else {
                return None;
            }
        }
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
    if let Err(error) = kernel::restrict(&confine) {
        return say(format_args!(
            "cannot confine the command, so it is not run: {error}"
        ));
    }
    let error = std::process::Command::new(&program).args(args).exec();
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

#[cfg(target_os = "linux")]
mod kernel {
    use landlock::{
        ABI, Access, AccessFs, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetCreatedAttr,
        RulesetError, path_beneath_rules,
    };

    use super::Confine;

    /// Version 3 is the first that also covers `truncate`; a kernel with less gives what it has.
    const WANTED: ABI = ABI::V3;

    pub(super) fn is_supported() -> bool {
        Ruleset::default()
            .set_compatibility(CompatLevel::HardRequirement)
            .handle_access(AccessFs::from_all(ABI::V1))
            .and_then(Ruleset::create)
            .is_ok()
    }

    pub(super) fn restrict(confine: &Confine) -> Result<(), RulesetError> {
        Ruleset::default()
            .handle_access(AccessFs::from_all(WANTED))?
            .create()?
            .add_rules(path_beneath_rules(
                &confine.read,
                AccessFs::from_read(WANTED),
            ))?
            .add_rules(path_beneath_rules(
                &confine.write,
                AccessFs::from_all(WANTED),
            ))?
            .restrict_self()
            .map(drop)
    }
}

#[cfg(not(target_os = "linux"))]
mod kernel {
    use super::Confine;

    pub(super) fn is_supported() -> bool {
        false
    }

    pub(super) fn restrict(_: &Confine) -> Result<(), &'static str> {
        Err("this system has no way for it that chant knows")
    }
}
