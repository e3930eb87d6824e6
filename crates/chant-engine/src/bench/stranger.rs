//! The bounds of a command that a stranger wrote: a home of its own, an environment of its own, and no sight of the user's.
//!
//! Everything on the machine may be read and run but the user's home directory, of which only toolchains stay visible: a
//! test needs a compiler, not keys. Written may be the place it runs in and its own home. The network stays as it is.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use chant_os::confine::{self, Confine};
use chant_os::tree::Job;

use crate::error::Result;

/// Where compilers and interpreters live below a home directory. None of these holds keys.
const TOOLCHAINS: [&str; 11] = [
    ".rustup",
    ".cargo/bin",
    ".cargo/registry",
    ".cargo/git",
    ".local/bin",
    ".local/lib",
    ".pyenv",
    ".nvm",
    ".sdkman",
    "go/bin",
    "go/pkg",
];

/// What is taken over from the user's environment.
const KEPT: [&str; 6] = ["PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TERM"];

/// Toolchains that are looked for by a variable where the home is another one.
const FOUND_BY: [(&str, &str); 2] = [("RUSTUP_HOME", ".rustup"), ("PYENV_ROOT", ".pyenv")];

/// Cargo's downloads, which a home of its own would otherwise lack.
const DOWNLOADS: [&str; 2] = ["registry", "git"];

/// The bounds of one replay.
#[derive(Debug)]
pub(crate) struct Stranger {
    pub(super) env: Vec<(OsString, OsString)>,
    pub(super) confine: Option<Confine>,
}

impl Stranger {
    /// Makes a home in `folder`.
    pub(super) fn new(folder: &Path) -> Result<Self> {
        let user = chant_os::dirs::home()?;
        let user = user.canonicalize().unwrap_or(user);
        let home = folder.join("home");
        chant_os::file::create_dir_all(&home.join("tmp"))?;
        chant_os::file::create_dir_all(&home.join(".cargo"))?;
        for name in DOWNLOADS {
            let downloads = user.join(".cargo").join(name);
            if downloads.is_dir() {
                chant_os::file::point_to(&downloads, &home.join(".cargo").join(name))?;
            }
        }
        let confine = confine::is_supported().then(|| Confine {
            read: readable(&user),
            write: vec![home.clone(), PathBuf::from("/dev")],
            ..Confine::default()
        });
        Ok(Self {
            env: environment(&user, &home),
            confine,
        })
    }

    /// The environment of a job, which gets nothing of the user's.
    pub(super) fn environment(&self, job: &Job) -> Vec<(OsString, OsString)> {
        let mut env = self.env.clone();
        env.extend(job.env.iter().filter(|(key, _)| is_chants(key)).cloned());
        env
    }
}

fn is_chants(key: &std::ffi::OsStr) -> bool {
    key.as_encoded_bytes().starts_with(b"CHANT")
}

fn environment(user: &Path, home: &Path) -> Vec<(OsString, OsString)> {
    let mut env: Vec<(OsString, OsString)> = KEPT
        .iter()
        .filter_map(|name| Some(((*name).into(), std::env::var_os(name)?)))
        .collect();
    env.push(("HOME".into(), home.into()));
    env.push(("TMPDIR".into(), home.join("tmp").into()));
    env.push(("CARGO_HOME".into(), home.join(".cargo").into()));
    for (name, folder) in FOUND_BY {
        let usual = user.join(folder);
        if let Some(value) = std::env::var_os(name).or_else(|| usual.is_dir().then(|| usual.into()))
        {
            env.push((name.into(), value));
        }
    }
    env
}

/// All but the user's home, and what of it is a toolchain.
fn readable(user: &Path) -> Vec<PathBuf> {
    let mut readable = Vec::new();
    let mut inner = user;
    for folder in user.ancestors().skip(1) {
        let beside = fs::read_dir(folder).into_iter().flatten().flatten();
        readable.extend(
            beside
                .map(|entry| entry.path())
                .filter(|path| path != inner),
        );
        inner = folder;
    }
    readable.extend(TOOLCHAINS.iter().map(|name| user.join(name)));
    let found = FOUND_BY
        .iter()
        .filter_map(|(name, _)| std::env::var_os(name));
    readable.extend(found.map(PathBuf::from));
    readable
}
