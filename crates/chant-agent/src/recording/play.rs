//! Applying a recording's changes to a worktree that is its base.
//!
//! Git writes every file (from the index, so modes, links and filters are right and no path leads out of the worktree). What
//! git is told to ignore is written but not committed, as it would be for an agent.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use chant_os::file;

use super::{
    Change, Commit, Leave, RecordedPath, Recording, RecordingError, SpecEdit,
    base::Listing,
    git::{Git, remove_if_there},
};

/// A worktree that was checked to be the recording's base.
pub(crate) struct Player {
    git: Git,
    worktree: PathBuf,
    spec: RecordedPath,
}

impl Player {
    /// Checks the worktree against the recording, and gives it back as it is to be played; nothing is changed.
    pub(crate) fn new(
        worktree: &Path,
        spec: RecordedPath,
        recording: Recording,
    ) -> Result<(Self, Recording), RecordingError> {
        let git = Git::new(worktree);
        let recording = recording.placed(&spec);
        Listing::read(&git, "HEAD")?.check(&recording, &spec)?;
        let player = Self {
            git,
            worktree: worktree.to_owned(),
            spec,
        };
        Ok((player, recording))
    }

    /// Makes a commit as recorded, with today's date and the user's name, and without hooks or a signature: they had
    /// their say when it was recorded, and could ask for a key that is not here.
    pub(crate) fn commit(&self, commit: &Commit) -> Result<(), RecordingError> {
        let ignored = self.ignored(&commit.changes)?;
        let (leave, keep): (Vec<&Change>, Vec<&Change>) = commit
            .changes
            .iter()
            .partition(|change| ignored.contains(self.path(change).as_str()));
        self.apply_privately(&leave)?;
        self.apply(&self.git, &keep)?;
        if keep.is_empty() && !commit.changes.is_empty() {
            return Ok(());
        }
        let args = [
            "commit",
            "--quiet",
            "--allow-empty",
            "--no-verify",
            "--no-gpg-sign",
            "--cleanup=verbatim",
            "--file=-",
        ];
        self.git.run(&args, commit.message.as_bytes()).map(drop)
    }

    /// Makes changes that stay uncommitted.
    pub(crate) fn leave(&self, leave: &Leave) -> Result<(), RecordingError> {
        self.apply_privately(&leave.changes.iter().collect::<Vec<_>>())
    }

    fn path<'a>(&'a self, change: &'a Change) -> &'a RecordedPath {
        match change {
            Change::Write { path, .. } | Change::Delete { path, .. } => path,
            Change::Spec(_) => &self.spec,
        }
    }

    /// The paths among these changes that git ignores.
    fn ignored(&self, changes: &[Change]) -> Result<BTreeSet<String>, RecordingError> {
        const NONE_IGNORED: i32 = 1;
        let paths: Vec<&str> = changes
            .iter()
            .map(|change| self.path(change).as_str())
            .collect();
        let args = ["check-ignore", "-z", "--stdin"];
        let (_, listed) =
            self.git
                .run_allowing(&args, paths.join("\0").as_bytes(), NONE_IGNORED)?;
        Ok(String::from_utf8_lossy(&listed)
            .split('\0')
            .map(str::to_owned)
            .collect())
    }

    fn apply_privately(&self, changes: &[&Change]) -> Result<(), RecordingError> {
        if changes.is_empty() {
            return Ok(());
        }
        let (private, index) = self.git.with_private_index()?;
        let applied = self.apply(&private, changes);
        remove_if_there(&index)?;
        applied
    }

    /// Makes the changes in the work tree and in `git`'s index.
    fn apply(&self, git: &Git, changes: &[&Change]) -> Result<(), RecordingError> {
        let mut index = Vec::new();
        let mut written = Vec::new();
        for change in changes {
            match change {
                Change::Write {
                    path,
                    mode,
                    content,
                    ..
                } => {
                    let oid = git.line_from(&["hash-object", "-w", "--stdin"], content)?;
                    index.push(format!("{} {oid}\t{path}\0", mode.as_str()));
                    written.push(format!("{path}\0"));
                }
                Change::Delete { path, from } => {
                    // Mode 0 takes the entry out; the object id says nothing but must be one.
                    index.push(format!("0 {from}\t{path}\0"));
                    self.delete(path)?;
                }
                Change::Spec(edit) => {
                    self.edit_spec(edit)?;
                    let args = ["update-index", "--add", "-z", "--stdin"];
                    git.run(&args, self.spec.as_str().as_bytes())?;
                }
            }
        }
        let args = ["update-index", "--add", "--replace", "-z", "--index-info"];
        git.run(&args, index.concat().as_bytes())?;
        let args = ["checkout-index", "--force", "--quiet", "-z", "--stdin"];
        git.run(&args, written.concat().as_bytes()).map(drop)
    }

    /// Removes a file of the worktree, and never one that a link leads to.
    fn delete(&self, path: &RecordedPath) -> Result<(), RecordingError> {
        let full = self.worktree.join(path.as_str());
        let mut folders = full
            .ancestors()
            .skip(1)
            .take_while(|folder| *folder != self.worktree);
        if let Some(link) = folders.find(|folder| folder.is_symlink()) {
            let problem = format!("`{path}` lies behind the link `{}`", link.display());
            return Err(RecordingError::OtherBase(problem));
        }
        remove_if_there(&full)
    }

    fn edit_spec(&self, edit: &SpecEdit) -> Result<(), RecordingError> {
        let path = self.worktree.join(self.spec.as_str());
        let old = file::read_regular(&path, super::LARGEST)?;
        let new = edit
            .apply(&String::from_utf8_lossy(&old))
            .map_err(|criterion| {
                RecordingError::OtherBase(format!("the spec has no open criterion {criterion:?}"))
            })?;
        Ok(file::replace(&path, new.as_bytes())?)
    }
}
