//! Small questions about the work tree and the settings.

use crate::{Oid, Repo, Result, call::records, path::text};

impl Repo {
    /// Which of `paths` (files or folders; everything if empty) differ from HEAD or are untracked, from the repository's root.
    /// Ignored files do not count. One process.
    pub fn is_dirty(&self, paths: &[&str]) -> Result<Vec<String>> {
        let flags = [
            "status",
            "--porcelain=v1",
            "-z",
            "--no-renames",
            "--untracked-files=all",
            "--",
        ];
        let listed = self.look().args(flags).args(paths).stdout()?;
        // Each record is two letters, a space and the path.
        Ok(records(&listed)
            .filter_map(|record| record.get(3..))
            .map(text)
            .collect())
    }

    /// Whether a commit has a file at `path`. One process.
    pub fn is_tracked(&self, path: &str, commit: &Oid) -> Result<bool> {
        Ok(self.read_file(commit, path)?.is_some())
    }

    /// Whether the index of this work tree has anything at or below `path`. One process.
    pub fn is_in_index(&self, path: &str) -> Result<bool> {
        Ok(!self
            .look()
            .args(["ls-files", "-z", "--", path])
            .stdout()?
            .is_empty())
    }

    /// Whether git ignores an untracked path. One process.
    pub fn is_ignored(&self, path: &str) -> Result<bool> {
        // With a dot in front nothing in it is magic.
        let path = format!("./{path}");
        let check = self
            .look()
            .not_literal()
            .args(["check-ignore", "--quiet", "--"]);
        check.arg(path).run()?.yes()
    }

    /// The value of a git setting; `None` where it is not set. One process.
    pub fn config_get(&self, key: &str) -> Result<Option<String>> {
        let ran = self
            .look()
            .args(["config", "-z", "--get", "--end-of-options", key])
            .run()?;
        let found = ran.yes()?;
        Ok(found.then(|| text(ran.stdout().strip_suffix(b"\0").unwrap_or(ran.stdout()))))
    }

    /// The files of this work tree in which a merge of the user's is still unresolved. One process.
    pub fn unresolved(&self) -> Result<Vec<String>> {
        let listed = self
            .look()
            .args(["diff", "--name-only", "--diff-filter=U", "-z"])
            .stdout()?;
        Ok(records(&listed).map(text).collect())
    }

    /// A setting that is on or off. One process.
    pub(crate) fn config_bool(&self, key: &str) -> Result<bool> {
        let ran = self
            .look()
            .args(["config", "--type=bool", "--get", key])
            .run()?;
        Ok(ran.yes()? && ran.stdout().starts_with(b"true"))
    }
}
