//! Everything that can go wrong with git, in words a user can act on.

use std::path::PathBuf;

use chant_os::{file::FileError, process::SpawnError};

use crate::{BranchName, Oid, Version};

/// Why git could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// Neither the folder nor any above it is a repository.
    #[error("{} is not in a git repository", start.display())]
    NotARepository {
        /// Where the search began.
        start: PathBuf,
    },
    /// The repository has no work tree.
    #[error("{} is a bare repository; chant needs one with a work tree", path.display())]
    Bare {
        /// The repository.
        path: PathBuf,
    },
    /// What stands at `.git` is not what git would have put there.
    #[error("{} is damaged: {problem}", path.display())]
    Damaged {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The installed git lacks something chant is built on.
    #[error(
        "git {found} is too old: chant needs {needed} or newer, for `git merge-tree --write-tree`"
    )]
    TooOld {
        /// The installed version.
        found: Version,
        /// The oldest version that will do.
        needed: Version,
    },
    /// There is no git.
    #[error("git is not installed, or not in PATH")]
    NotInstalled,
    /// A git command could not be started or talked to.
    #[error(transparent)]
    Spawn(SpawnError),
    /// A git command failed.
    #[error("`git {args}` failed{}: {stderr}", .code.map_or_else(String::new, |code| format!(" with exit code {code}")))]
    Command {
        /// Its arguments, without the settings chant adds to every call.
        args: String,
        /// Its exit code; absent where a signal ended it.
        code: Option<i32>,
        /// What it said.
        stderr: String,
    },
    /// A git command said something chant does not understand.
    #[error("`git {args}` answered with something unexpected: {answer}")]
    Answer {
        /// Its arguments, without the settings chant adds to every call.
        args: String,
        /// The part that was not understood.
        answer: String,
    },
    /// Not the name of an object.
    #[error("{text:?} is not a git object id")]
    BadOid {
        /// What was given.
        text: String,
    },
    /// Not a name git allows for a branch or ref.
    #[error("{name:?} cannot be the name of a branch or ref: {problem}")]
    BadName {
        /// What was given.
        name: String,
        /// The rule it breaks.
        problem: &'static str,
    },
    /// Not a path that can be in a repository.
    #[error("{path:?} cannot be a path in a repository: {problem}")]
    BadPath {
        /// What was given.
        path: String,
        /// The rule it breaks.
        problem: &'static str,
    },
    /// A ref is not where it was said to be.
    #[error("{name} moved: it is {} now", .now.as_ref().map_or("gone", Oid::as_str))]
    RefMoved {
        /// The ref.
        name: String,
        /// Where it is now; absent where it does not exist.
        now: Option<Oid>,
    },
    /// A hook of the repository's did not let a ref move.
    #[error("a hook did not let {name} move: {said}")]
    HookRefused {
        /// The ref.
        name: String,
        /// What the hook said.
        said: String,
    },
    /// Nothing says which branch results land on.
    #[error("cannot tell which branch is the main one among {}: set `defaults.main_branch` in .chant/config.md", names(.candidates))]
    MainBranchUnknown {
        /// The local branches.
        candidates: Vec<BranchName>,
    },
    /// The settings name a branch that is not there.
    #[error(
        "there is no branch {name}, neither here nor at origin: correct `defaults.main_branch` in .chant/config.md"
    )]
    MainBranchMissing {
        /// The name in the settings.
        name: BranchName,
    },
    /// The settings say that results land on the current branch, and none is checked out.
    #[error(
        "no branch is checked out, and `defaults.main_branch` is HEAD: switch to the branch that results land on, for example: git switch main"
    )]
    NoCurrentBranch,
    /// Git does not know who commits.
    #[error(
        "git does not know who you are; run: git config --global user.name \"Your Name\" and: git config --global user.email you@example.com"
    )]
    NoIdentity,
    /// The settings ask for signed commits, and signing failed.
    #[error("git could not sign the commit, as `commit.gpgSign` asks: {stderr}")]
    Signing {
        /// What git and the signing program said.
        stderr: String,
    },
    /// Something that is no commit could not be signed.
    #[error("it could not be signed: {said}")]
    NotSigned {
        /// What is missing, or what the signing program said.
        said: String,
    },
    /// Another git command works on the index, or one died while it did.
    #[error("another git command holds {}; when none is running any more, delete that file and repeat", path.display())]
    IndexLocked {
        /// The lock file.
        path: PathBuf,
    },
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
}

impl From<SpawnError> for GitError {
    fn from(error: SpawnError) -> Self {
        if error.is_not_found() {
            Self::NotInstalled
        } else {
            Self::Spawn(error)
        }
    }
}

fn names(branches: &[BranchName]) -> String {
    if branches.is_empty() {
        return "no branches at all".to_owned();
    }
    let names: Vec<&str> = branches.iter().map(BranchName::as_str).collect();
    names.join(", ")
}
