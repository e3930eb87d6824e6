//! The user's directories: where settings, caches and private data of chant's live.
//!
//! Follows the XDG base directory rules on every unix: a variable that is unset, empty or relative counts as absent.
//! Nothing is created here; who writes there creates the directory first.

use std::{
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
};

/// The folder of chant's own below each base directory.
const OWN: &str = "chant";

/// There is no home directory to derive a path from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "failed to find the home directory: HOME is not set, and the system names none for this user"
)]
pub struct NoHome;

/// The user's home directory: `HOME`, else the entry in the system's list of users.
pub fn home() -> Result<PathBuf, NoHome> {
    absolute(std::env::var_os("HOME"))
        .or_else(|| absolute(std::env::home_dir().map(PathBuf::into_os_string)))
        .ok_or(NoHome)
}

/// Whether the user is root.
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Where the user's settings are: `$XDG_CONFIG_HOME/chant` or `~/.config/chant`.
pub fn config_dir() -> Result<PathBuf, NoHome> {
    below("XDG_CONFIG_HOME", ".config")
}

/// Where things are that can be made again: `$XDG_CACHE_HOME/chant` or `~/.cache/chant`.
pub fn cache_dir() -> Result<PathBuf, NoHome> {
    below("XDG_CACHE_HOME", ".cache")
}

/// Where things are that must not be lost, such as trust: `$XDG_DATA_HOME/chant` or `~/.local/share/chant`.
pub fn data_dir() -> Result<PathBuf, NoHome> {
    below("XDG_DATA_HOME", ".local/share")
}

/// Where worktrees are made: `$CHANT_WORKTREES` or `worktrees` in [`cache_dir`].
pub fn worktrees_dir() -> Result<PathBuf, NoHome> {
    match absolute(std::env::var_os("CHANT_WORKTREES")) {
        Some(dir) => Ok(dir),
        None => Ok(cache_dir()?.join("worktrees")),
    }
}

fn below(variable: &str, default: &str) -> Result<PathBuf, NoHome> {
    base(std::env::var_os(variable), default.as_ref(), home)
}

fn base(
    value: Option<OsString>,
    default: &OsStr,
    home: impl FnOnce() -> Result<PathBuf, NoHome>,
) -> Result<PathBuf, NoHome> {
    let dir = match absolute(value) {
        Some(dir) => dir,
        None => home()?.join(default),
    };
    Ok(dir.join(OWN))
}

fn absolute(value: Option<OsString>) -> Option<PathBuf> {
    value
        .map(PathBuf::from)
        .filter(|path| Path::is_absolute(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: Option<&str>, home: Result<&str, NoHome>, expect: Result<&str, NoHome>) {
        let found = base(value.map(OsString::from), ".config".as_ref(), || {
            home.map(PathBuf::from)
        });
        assert_eq!(found, expect.map(PathBuf::from));
    }

    #[test]
    fn an_absolute_variable_wins_and_any_other_counts_as_absent() {
        check(Some("/x"), Err(NoHome), Ok("/x/chant"));
        check(None, Ok("/home/a"), Ok("/home/a/.config/chant"));
        check(Some(""), Ok("/home/a"), Ok("/home/a/.config/chant"));
        check(Some("x/y"), Ok("/home/a"), Ok("/home/a/.config/chant"));
        check(None, Err(NoHome), Err(NoHome));
    }
}
