//! What ties a worktree to its repository: two small files that say where git's folder is, and two that may.
//!
//! An agent can write them, because git itself has to write beside them. One that points them elsewhere would have git,
//! when chant runs it there afterwards, read settings that the agent wrote, and these can name programs. So they are kept
//! before an agent begins, where it can not write, and put back after it.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::Result;

/// No file of these is longer.
const SMALL: u64 = 64 * 1024;

/// The file in the run's folder.
const KEPT: &str = "ties.json";

/// What was there before the agent.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Ties {
    files: Vec<(PathBuf, Option<Vec<u8>>)>,
}

impl Ties {
    /// What an earlier sitting of the run kept, else what is there now, kept in `run`.
    pub(crate) fn of(run: &Path, worktree: &Path) -> Result<Self> {
        if let Some(ties) = Self::kept(run, worktree) {
            return Ok(ties);
        }
        let dot_git = worktree.join(".git");
        let mut files = vec![dot_git.clone()];
        if let Some(own) = own_folder(&dot_git) {
            files.extend(["commondir", "gitdir", "config.worktree"].map(|name| own.join(name)));
        }
        let files = files.into_iter();
        let ties = Self {
            files: files
                .map(|path| (path.clone(), small_file(&path)))
                .collect(),
        };
        let text = serde_json::to_vec(&ties).expect("names and bytes are JSON");
        chant_os::file::replace(&run.join(KEPT), &text)?;
        Ok(ties)
    }

    fn kept(run: &Path, worktree: &Path) -> Option<Self> {
        let text = chant_os::file::read_regular(&run.join(KEPT), 8 * SMALL).ok()?;
        let ties: Self = serde_json::from_slice(&text).ok()?;
        let is_its = ties.files.first()?.0 == worktree.join(".git");
        is_its.then_some(ties)
    }

    /// Forgets what was kept: the worktree is another one now.
    pub(crate) fn forget(run: &Path) -> Result<()> {
        Ok(chant_os::file::remove_file(&run.join(KEPT))?)
    }

    /// Puts back what is not as it was; tells which files that were.
    pub(crate) fn put_back(&self) -> Result<Vec<PathBuf>> {
        let mut changed = Vec::new();
        for (path, was) in &self.files {
            // A worktree that is gone, or that git has removed, is tied to nothing.
            let is_gone = path.parent().is_none_or(|folder| !folder.is_dir());
            if is_gone || (small_file(path) == *was && !is_odd(path)) {
                continue;
            }
            if path.symlink_metadata().is_ok_and(|found| found.is_dir()) {
                chant_os::file::remove_tree(path)?;
            }
            chant_os::file::remove_file(path)?;
            if let Some(was) = was {
                chant_os::file::replace(path, was)?;
            }
            changed.push(path.clone());
        }
        Ok(changed)
    }
}

/// Whether something is there that is no plain file.
fn is_odd(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|found| !found.is_file())
}

/// What a file holds, where it is a plain and small one.
pub(crate) fn small_file(path: &Path) -> Option<Vec<u8>> {
    chant_os::file::read_regular(path, SMALL).ok()
}

/// The folder of a worktree in git's own, where its `.git` names one that is there and nothing else.
pub(super) fn folder_in(common: &Path, worktree: &Path) -> Option<PathBuf> {
    let own = own_folder(&worktree.join(".git"))?.canonicalize().ok()?;
    let all = common.join("worktrees").canonicalize().ok()?;
    (own.parent() == Some(&all)).then_some(own)
}

/// A worktree's `.git` is a file that names its folder in git's own: `gitdir: …`.
fn own_folder(dot_git: &Path) -> Option<PathBuf> {
    let text = String::from_utf8(small_file(dot_git)?).ok()?;
    Some(PathBuf::from(text.strip_prefix("gitdir: ")?.trim_end()))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use std::fs;

    #[test]
    fn what_an_agent_points_elsewhere_is_put_back() {
        let folder = tempfile::tempdir().unwrap();
        let [run, tree, own] = ["run", "tree", "own"].map(|name| {
            let path = folder.path().join(name);
            fs::create_dir(&path).unwrap();
            path
        });
        let line = format!("gitdir: {}\n", own.display());
        fs::write(tree.join(".git"), &line).unwrap();
        fs::write(own.join("commondir"), "../..\n").unwrap();
        let ties = Ties::of(&run, &tree).unwrap();
        assert!(ties.put_back().unwrap().is_empty());

        fs::remove_file(tree.join(".git")).unwrap();
        fs::create_dir_all(tree.join(".git/hooks")).unwrap();
        fs::write(own.join("commondir"), "/elsewhere\n").unwrap();
        fs::write(own.join("config.worktree"), "[core]\n").unwrap();
        // Another process goes on, and must not take the present state for the right one.
        let ties = Ties::of(&run, &tree).unwrap();
        assert_eq!(ties.put_back().unwrap().len(), 3);
        assert_eq!(fs::read_to_string(tree.join(".git")).unwrap(), line);
        assert_eq!(
            fs::read_to_string(own.join("commondir")).unwrap(),
            "../..\n"
        );
        assert!(!own.join("config.worktree").exists());
    }
}
