//! Small questions about the work tree and the settings.

use chant_os::file::read_regular;

use crate::{Oid, Repo, Result, call::records, path::text};

/// A larger index is left to git.
const LARGEST: u64 = 256 << 20;

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
            "--ignore-submodules=dirty",
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

    /// Whether the index of this work tree has anything at or below `path`. One process at most: an index that names its files in
    /// full, and nothing like this one, is believed.
    pub fn is_in_index(&self, path: &str) -> Result<bool> {
        if self.index_has_no(path) {
            return Ok(false);
        }
        Ok(!self
            .look()
            .args(["ls-files", "-z", "--", path])
            .stdout()?
            .is_empty())
    }

    /// Whether the index, read as the file it is, holds no such name. Later versions write names in parts, a split index
    /// writes them elsewhere, and a sparse one only the folder: of those nothing is said.
    fn index_has_no(&self, path: &str) -> bool {
        const SPLIT: &[u8] = b"link";
        const SPARSE: &[u8] = b"sdir";
        let Ok(index) = read_regular(&self.git_dir().join("index"), LARGEST) else {
            return false;
        };
        let in_full = matches!(index.get(..8), Some(b"DIRC\0\0\0\x02" | b"DIRC\0\0\0\x03"));
        let holds = |word: &[u8]| memchr::memmem::find(&index, word).is_some();
        in_full && !holds(path.as_bytes()) && !holds(SPLIT) && !holds(SPARSE)
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
            .args([
                "diff",
                "--name-only",
                "--diff-filter=U",
                "--ignore-submodules=dirty",
                "-z",
            ])
            .stdout()?;
        Ok(records(&listed).map(text).collect())
    }

    /// A setting that is on or off. One process.
    pub(crate) fn config_bool(&self, key: &str) -> Result<bool> {
        let ran = self
            .look()
            .without_held_back()
            .args(["config", "--type=bool", "--get", key])
            .run()?;
        Ok(ran.yes()? && ran.stdout().starts_with(b"true"))
    }
}
