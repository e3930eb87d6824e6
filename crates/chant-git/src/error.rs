//! What can go wrong with git, with what to do about it.

use std::path::PathBuf;

use chant_os::file::FileError;
use chant_os::process::SpawnError;

/// What this crate's functions return.
pub type Result<T> = std::result::Result<T, GitError>;

/// An error of git's, or of how it was used.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// No `.git` here or above.
    #[error("{} is not in a git repository", start.display())]
    NotARepository {
        /// Where the search began.
        start: PathBuf,
    },
    /// A repository without a work tree.
    #[error("{} is a bare repository: it has no files to work on", path.display())]
    Bare {
        /// The repository.
        path: PathBuf,
    },
    /// The `.git` file leads nowhere, or the repository cannot be read.
    #[error("{} cannot be used as a repository: {reason}", path.display())]
    Unusable {
        /// What was read.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// There is no `git` program.
    #[error("the program git was not found")]
    NotInstalled,
    /// Too old for in-memory merges.
    #[error("git {found} is too old; {needed} or later is needed (for `merge-tree --write-tree`)")]
    TooOld {
        /// What there is.
        found: String,
        /// What is needed.
        needed: String,
    },
    /// A git command failed.
    #[error("git {command} failed: {stderr}")]
    Command {
        /// The subcommand.
        command: String,
        /// The exit status.
        code: i32,
        /// What git said.
        stderr: String,
    },
    /// Git printed something this version does not understand.
    #[error("git {command} printed something unexpected: {output}")]
    Unexpected {
        /// The subcommand.
        command: String,
        /// What it printed.
        output: String,
    },
    /// A name that git would refuse or take for an option.
    #[error("{text:?} is not a {what}: {problem}")]
    Name {
        /// Branch name, object id or path.
        what: &'static str,
        /// The text.
        text: String,
        /// Why not.
        problem: &'static str,
    },
    /// It cannot be told which branch is the main one.
    #[error("cannot tell which branch is the main one: {reason}")]
    MainBranch {
        /// Why not.
        reason: String,
    },
    /// No name and address to commit with.
    #[error("git does not know who you are, so nothing can be committed")]
    NoIdentity,
    /// `commit.gpgSign` is on and signing failed.
    #[error("the commit could not be signed: {stderr}")]
    Signing {
        /// What git said.
        stderr: String,
    },
    /// Another git process holds the index.
    #[error("another git process is using {}", path.display())]
    IndexLocked {
        /// The lock file.
        path: PathBuf,
    },
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A process could not be started.
    #[error(transparent)]
    Spawn(#[from] SpawnError),
}

impl GitError {
    /// What to do next, where something can be done.
    pub fn hint(&self) -> Option<String> {
        let text = match self {
            Self::NotARepository { .. } => {
                "run `git init` first, or go to a folder of a repository"
            }
            Self::Bare { .. } => "clone it, and work in the clone",
            Self::NotInstalled => "install git 2.38 or later",
            Self::TooOld { .. } => "install a newer git",
            Self::MainBranch { .. } => "set `defaults.main_branch` in .chant/config.md",
            Self::NoIdentity => {
                "git config user.name \"Your Name\" && git config user.email you@example.com"
            }
            Self::Signing { .. } => {
                "see that `git commit -S` works here, or turn it off with `git config commit.gpgSign false`"
            }
            Self::IndexLocked { .. } => {
                "wait for it to end, then repeat the command; if no git runs, remove that file"
            }
            _ => return None,
        };
        Some(text.to_owned())
    }
}
