//! Git as chant needs it: one [`Repo`] value with an explicit directory, and the git command line behind it.
//!
//! Only this crate knows git's commands and output formats. Nothing here reads the current directory, and no
//! work tree of the user's is written except by [`Repo::bring_along`].

mod checkout;
mod command;
mod commit;
mod discover;
mod error;
mod exclude;
mod head;
mod merge;
mod message;
mod name;
mod object;
mod refs;
mod tree;
mod version;
mod worktree;

pub use checkout::Brought;
pub use commit::Commit;
pub use discover::Repo;
pub use error::{GitError, Result};
pub use head::Head;
pub use merge::Merge;
pub use message::with_trailers;
pub use name::{BranchName, Oid, RepoPath};
pub use refs::Cas;
pub use tree::{Change, ChangeStatus, TreeEdit, TreeEntry};
pub use version::Version;
pub use worktree::WorktreeInfo;
