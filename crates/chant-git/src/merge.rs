//! Merging in memory: no checkout, no index, nothing to clean up.

use crate::{
    Oid, Repo, RepoPath, Result, TreeEdit, Version, call::records, clash::real_name, path::text,
};

/// The oldest git that merges from a base it is told (`merge-tree --merge-base`).
const TELLS_BASE: Version = Version {
    major: 2,
    minor: 40,
    patch: 0,
};

/// What merging two commits gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Merge {
    /// This tree.
    Clean(Oid),
    /// Both sides changed these files, and git cannot tell what is meant.
    Conflict {
        /// The files, from the repository's root.
        files: Vec<String>,
        /// The tree all the same: where the sides contradict each other it holds both, with git's marks.
        tree: Oid,
    },
}

impl Repo {
    /// Merges `theirs` into `ours` as `git merge` would, in memory. One process; two if git's version is not known yet.
    pub fn merge(&self, ours: &Oid, theirs: &Oid) -> Result<Merge> {
        self.merge_in_memory(None, ours, theirs)
    }

    /// Applies to `ours` what `theirs` changed since `base`, in memory; all three are commits. No process of its
    /// own where the two lie apart, else one. Needs a git for which [`Repo::can_replay`] holds.
    pub fn merge_since(&self, base: &Oid, ours: &Oid, theirs: &Oid) -> Result<Merge> {
        match self.merge_apart(base, ours, theirs)? {
            Some(tree) => Ok(Merge::Clean(tree)),
            None => self.merge_in_memory(Some(base), ours, theirs),
        }
    }

    /// The same where the two sides lie apart; `None` where git has to look closer.
    fn merge_apart(&self, base: &Oid, ours: &Oid, theirs: &Oid) -> Result<Option<Oid>> {
        match self.changes_apart(base, ours, theirs)? {
            Some(edits) => self.write_tree(Some(ours), &edits).map(Some),
            None => Ok(None),
        }
    }

    /// Whether what `theirs` changed since `base` lies apart from what `ours` is now, so that nothing has to be merged. No
    /// process of its own.
    pub fn lie_apart(&self, base: &Oid, ours: &Oid, theirs: &Oid) -> Result<bool> {
        Ok(self.changes_apart(base, ours, theirs)?.is_some())
    }

    /// What `theirs` changed, where every path of it is in `ours` as it was in `base`. `None` for a file that both
    /// changed, for one that went and may have come back elsewhere, and for a folder that is another one's now.
    fn changes_apart(&self, base: &Oid, ours: &Oid, theirs: &Oid) -> Result<Option<Vec<TreeEdit>>> {
        let mut edits = Vec::new();
        for change in self.diff(base, theirs)? {
            let Some((mode, oid)) = change.new else {
                return Ok(None);
            };
            let Ok(path) = change.path.parse::<RepoPath>() else {
                return Ok(None);
            };
            let here = self.read_file(ours, &change.path)?;
            let here = here.map(|entry| (entry.mode, entry.oid));
            if here != change.old || !self.folders_stay(base, ours, &change.path)? {
                return Ok(None);
            }
            edits.push(TreeEdit::put(path, &mode, oid));
        }
        Ok(Some(edits))
    }

    /// Whether what holds a path is a folder on both sides, or on neither.
    fn folders_stay(&self, base: &Oid, ours: &Oid, path: &str) -> Result<bool> {
        for (at, _) in path.match_indices('/') {
            let is_folder = |side: &Oid| -> Result<Option<bool>> {
                let entry = self.read_file(side, &path[..at])?;
                Ok(entry.map(|entry| entry.is_tree()))
            };
            match (is_folder(base)?, is_folder(ours)?) {
                (Some(true) | None, Some(true)) | (None, None) => {}
                _ => return Ok(false),
            }
        }
        Ok(true)
    }

    /// Whether the installed git can apply one commit's change to another in memory. One process, the first time.
    pub fn can_replay(&self) -> Result<bool> {
        Ok(self.check_version()? >= TELLS_BASE)
    }

    fn merge_in_memory(&self, base: Option<&Oid>, ours: &Oid, theirs: &Oid) -> Result<Merge> {
        self.check_version()?;
        let flags = [
            "merge-tree",
            "--write-tree",
            "-z",
            "--name-only",
            "--no-messages",
        ];
        let base = base.map(|base| format!("--merge-base={base}"));
        let ran = self
            .change()
            .args(flags)
            .args(base)
            .args([ours.as_str(), theirs.as_str()])
            .run()?;
        let clean = ran.yes()?;
        let mut answer = records(ran.stdout());
        let tree = answer.next().ok_or_else(|| ran.unexpected(b""))?;
        let tree = Oid::from_bytes(tree)?;
        if clean {
            return Ok(Merge::Clean(tree));
        }
        let mut files: Vec<String> = answer
            .map(|name| real_name(&text(name), ours, theirs))
            .collect();
        files.dedup();
        Ok(Merge::Conflict { files, tree })
    }
}

impl Repo {
    /// The last commit that both have, by one of the ways there are where there are several; `None` where they have none in
    /// common. One process.
    pub fn merge_base(&self, one: &Oid, other: &Oid) -> Result<Option<Oid>> {
        let ran = self
            .look()
            .args(["merge-base", one.as_str(), other.as_str()])
            .run()?;
        if ran.yes()? {
            Oid::from_bytes(ran.stdout()).map(Some)
        } else {
            Ok(None)
        }
    }
}

impl Repo {
    /// Begins to merge a commit into this work tree and leaves it open, with conflict markers where git cannot tell what is
    /// meant. What is in the work tree counts as committed, whatever the index says. Two processes.
    pub fn begin_merge(&self, theirs: &Oid) -> Result<()> {
        self.match_index()?;
        let flags = ["merge", "--no-ff", "--no-commit", "--no-edit", "--quiet"];
        let ran = self
            .change()
            .setting("core.hooksPath=/dev/null")
            .setting("merge.conflictStyle=merge")
            .args(flags)
            .arg(theirs.as_str())
            .run()?;
        match ran.code() {
            Some(0 | 1) if self.is_merging() => Ok(()),
            _ => Err(ran.failed()),
        }
    }

    /// Whether a merge stands open in this work tree. No process.
    pub fn is_merging(&self) -> bool {
        self.git_dir().join("MERGE_HEAD").exists()
    }

    /// Forgets that a merge stands open; no file is touched. Two processes.
    pub fn end_merge(&self) -> Result<()> {
        self.change().args(["merge", "--quit"]).stdout()?;
        self.match_index()
    }

    /// Gives an open merge up: index and files are as HEAD has them. One process.
    pub fn abort_merge(&self) -> Result<()> {
        self.change()
            .setting("core.hooksPath=/dev/null")
            .args(["merge", "--abort"])
            .stdout()
            .map(drop)
    }

    /// Makes index and files what HEAD is; files that neither knows stay. One process.
    pub fn reset_files(&self) -> Result<()> {
        self.change()
            .setting("core.hooksPath=/dev/null")
            .args(["reset", "--hard", "--quiet"])
            .stdout()
            .map(drop)
    }

    /// Makes the index what HEAD is; no file is touched. One process.
    pub fn match_index(&self) -> Result<()> {
        self.change()
            .setting("core.hooksPath=/dev/null")
            .args(["reset", "--mixed", "--quiet"])
            .stdout()
            .map(drop)
    }
}
