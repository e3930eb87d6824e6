//! An agent's whole process tree: started, heard and ended as one thing.
//!
//! Agents start their tools in sessions of their own, so neither a process id nor a process group reaches them all. Three
//! things together do:
//!
//! * a **guard** process ([`crate::guard`]) stands between chant and the agent. It is the child subreaper: a process whose parent
//!   has ended becomes the guard's child, wherever it went. Its standard input is a lifeline: when chant ends, by whatever
//!   means, the pipe closes and the guard ends the tree.
//! * a **marker** in the environment, which every process of the tree inherits. If the guard is killed too, [`end_marked`]
//!   finds what is left.
//! * an **exit file**, in which the guard writes how the agent ended, after the last process of the tree is gone.
//!
//! Subreaper and marker need Linux. On another unix only the agent's own process group is ended: a tool that starts a
//! session of its own survives there, and [`marked`] finds nothing.
//!
//! Deliberately not here: what the agent's lines mean, limits of time, and what to do about an end.

mod exit;
pub(crate) mod lines;
mod marker;
pub(crate) mod processes;
mod running;

use std::{ffi::OsString, io, path::PathBuf, time::Duration};

use serde::{Deserialize, Serialize};

pub(crate) use exit::write_exit_file;
pub use exit::{Exit, read_exit_file};
pub use lines::{LINE_MAX, Line, Source};
pub use marker::{carried, carriers, end_marked, marked};
pub use running::{Next, Running};

/// What to run, where, and how to end it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Job {
    /// The program; looked up in the `PATH` of `env` if it holds no slash.
    pub program: OsString,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// The folder it runs in.
    #[serde(with = "os_path")]
    pub dir: PathBuf,
    /// Its complete environment; only the marker is added.
    pub env: Vec<(OsString, OsString)>,
    /// What it reads.
    pub stdin: Stdin,
    /// A variable, name and value, that marks every process of this tree. The value is unique to this run.
    pub marker: (String, String),
    /// Where the guard writes how the agent ended. The folder must exist; an older file of that name is removed.
    #[serde(with = "os_path")]
    pub exit_file: PathBuf,
    /// After a polite stop: how long the agent has from SIGINT to SIGTERM.
    pub grace: Duration,
    /// And how long its tree has from SIGTERM to SIGKILL.
    pub grace2: Duration,
}

/// An agent's standard input.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Stdin {
    /// Nothing.
    Null,
    /// The content of a file.
    File(#[serde(with = "os_path")] PathBuf),
    /// What [`Running::say`] says, until [`Running::hush`].
    Talk,
}

/// How to start the guard: a program that calls [`crate::guard::main`].
#[derive(Debug, Clone)]
pub struct Guard {
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
}

impl Guard {
    /// The running program itself, with `argument`, at which it calls [`crate::guard::main`].
    pub fn this_program(argument: &str) -> io::Result<Self> {
        Ok(Self {
            program: std::env::current_exe()?,
            args: vec![argument.into()],
        })
    }
}

/// Paths as the bytes they are: serde refuses those that are not UTF-8.
mod os_path {
    use std::{
        ffi::OsString,
        path::{Path, PathBuf},
    };

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
        path.as_os_str().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<PathBuf, D::Error> {
        OsString::deserialize(deserializer).map(PathBuf::from)
    }
}
