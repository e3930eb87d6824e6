//! Where the worktrees of a project are: outside its repository, in a folder that no other project has.

use std::path::{Path, PathBuf};

use super::Project;
use crate::error::Result;

impl Project {
    /// The folder of all its worktrees.
    pub(crate) fn worktrees(&self) -> Result<PathBuf> {
        let common = super::canonical(self.repo().common_dir());
        let key = format!("{}\n{}", common.display(), self.project_key());
        let hash = crate::digest(key.as_bytes(), 4);
        let name = self.root().file_name().and_then(|name| name.to_str());
        let name: String = name
            .unwrap_or("repository")
            .chars()
            .map(|c| {
                if c.is_alphanumeric() || c == '-' || c == '_' {
                    c
                } else {
                    '-'
                }
            })
            .collect();
        Ok(real(&chant_os::dirs::worktrees_dir()?).join(format!("{name}-{hash}")))
    }
}

/// The path as git will report it: links resolved as far as it exists.
fn real(path: &Path) -> PathBuf {
    let existing = path
        .ancestors()
        .find_map(|folder| Some((folder, folder.canonicalize().ok()?)));
    match existing {
        Some((folder, real)) => real.join(path.strip_prefix(folder).unwrap_or(Path::new(""))),
        None => path.to_owned(),
    }
}
