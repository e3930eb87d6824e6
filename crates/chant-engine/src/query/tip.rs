//! Where the main branch is.

use crate::project::Project;

/// The main branch and its commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tip {
    /// The branch.
    pub branch: String,
    /// Its commit.
    pub commit: String,
}

/// Where the main branch is now; nothing where it has no commit, or nobody can say which branch it is.
pub fn main_tip(project: &Project) -> Option<Tip> {
    let (branch, commit) = project.start_point().ok()?;
    Some(Tip {
        branch: branch.to_string(),
        commit: commit.to_string(),
    })
}
