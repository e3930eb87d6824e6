//! Git as chant needs it: one [`Repo`] value with an explicit directory, and typed answers.
//!
//! Owns every git command line and every format git writes: nothing above this crate knows either. Git itself does the
//! work, through the floor's one door for commands; each function says how many processes it starts.
//!
//! Deliberately not here: what a branch, a tree or a commit is *for*. When to land, what to keep and what to say to the
//! user is decided above. And what can move is never remembered: git's files are the truth, and others change them at any time.
//!
//! Two rules hold throughout. The user's checkout (its HEAD, index and files) is touched in one place, [`Repo::bring_along`].
//! And what comes from outside reaches git only as a validated type, on standard input, or after `--end-of-options` or `--`.

mod bench;
mod blame;
mod bundle;
mod call;
mod checkout;
mod clash;
mod commit;
mod create;
mod diff;
mod error;
mod exclude;
mod folder;
mod gather;
mod graft;
mod head;
mod link;
mod linked;
mod log;
mod main_branch;
mod memo;
mod merge;
mod message;
mod name;
mod nested;
mod note;
mod object;
mod oid;
mod path;
mod reader;
mod rebase;
mod reference;
mod replay;
mod repo;
mod sign;
mod stale;
mod status;
mod tree;
mod version;
mod worktree;
mod writer;

pub use blame::{Blame, Blamed, BlamedCommit, BlamedLine, Lines};
pub use checkout::Brought;
pub use clash::{Clash, How};
pub use commit::{Commit, CommitOptions, Ident};
pub use diff::{Change, ChangeStatus, LineCount};
pub use error::GitError;
pub use gather::Gathering;
pub use head::Head;
pub use link::Link;
pub use log::{Logged, Touch};
pub use merge::Merge;
pub use message::{trailers_of, with_trailers};
pub use name::BranchName;
pub use object::TreeEntry;
pub use oid::{Oid, object_id};
pub use path::RepoPath;
pub use reference::Cas;
pub use replay::Replayed;
pub use repo::Repo;
pub use sign::{SignatureFormat, Signer, Verified};
pub use tree::{TreeChange, TreeEdit, Which};
pub use version::{FOUND_GIT, Version};
pub use worktree::WorktreeInfo;

/// What the functions of this crate return.
pub type Result<T> = std::result::Result<T, GitError>;
