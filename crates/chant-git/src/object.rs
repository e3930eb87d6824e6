//! Blobs and commits as content.

use crate::{Oid, Repo, Result, TreeEntry};

impl Repo {
    /// Stores bytes as a blob. One process.
    pub fn hash_object(&self, bytes: &[u8]) -> Result<Oid> {
        self.git("hash-object")
            .args(["-w", "--stdin", "--no-filters"])
            .stdin(bytes)
            .oid()
    }

    /// A blob's content. One process.
    pub fn blob(&self, oid: &Oid) -> Result<Vec<u8>> {
        self.git("cat-file").args(["blob", oid.as_str()]).bytes()
    }

    /// The tree of a commit. One process.
    pub fn tree_of(&self, commit: &Oid) -> Result<Oid> {
        self.git("rev-parse")
            .args([
                "--verify",
                "--end-of-options",
                &format!("{commit}^{{tree}}"),
            ])
            .oid()
    }

    /// The first parent of a commit. One process.
    pub fn parent_of(&self, commit: &Oid) -> Result<Option<Oid>> {
        self.resolve(&format!("{commit}^"))
    }

    /// What a commit or tree has at a path. One process.
    pub fn read_file(&self, treeish: &Oid, path: &str) -> Result<Option<TreeEntry>> {
        Ok(self
            .ls_tree(treeish, &[path], false)?
            .into_iter()
            .find(|entry| entry.path == path))
    }
}
