//! A repository of chant's own beside the user's: bundles are made and replayed in it, and it is gone afterwards.

use std::path::{Path, PathBuf};

use chant_git::{BranchName, Oid, Repo};
use ulid::Ulid;

use crate::error::Result;

/// Where the points of a bundle stand while it is made or replayed, in the bundle and here.
pub(super) const NAMESPACE: &str = "refs/chant/bundle/";

/// The scratch repository. Its folder goes when it does.
pub(super) struct Scratch {
    folder: PathBuf,
    repo: Repo,
}

impl Scratch {
    /// Makes one that has all of `lender`'s objects.
    pub(super) fn new(lender: &Repo) -> Result<Self> {
        let name = Ulid::from_datetime(
            std::time::UNIX_EPOCH
                + std::time::Duration::from_secs(chant_os::clock::since_epoch().unsigned_abs()),
        );
        let folder = chant_os::dirs::cache_dir()?
            .join("bundles")
            .join(name.to_string());
        let inside = folder.join("repository");
        chant_os::file::create_dir_all(&inside)?;
        // Made before anything can fail, so that a failure removes the folder, too.
        let emptied = Folder(folder);
        let branch: BranchName = "scratch".parse()?;
        let repo = Repo::borrowing(&inside, lender, &branch)?;
        // Its commits are nobody's: not even a clone whose user git does not know is in the way.
        repo.config_set("user.name", "chant")?;
        repo.config_set("user.email", "chant@localhost")?;
        let folder = emptied.keep();
        Ok(Self { folder, repo })
    }

    /// The repository.
    pub(super) fn repo(&self) -> &Repo {
        &self.repo
    }

    /// A path in the folder, beside the repository.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The folder itself.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Names a point of a bundle.
    pub(super) fn name(&self, point: &str, commit: &Oid) -> Result<()> {
        Ok(self
            .repo
            .set_ref(&format!("{NAMESPACE}{point}"), commit, "bundle")?)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        drop(Folder(std::mem::take(&mut self.folder)));
    }
}

/// A folder that goes away. What cannot be removed stays in the cache, which may be emptied at any time.
struct Folder(PathBuf);

impl Folder {
    fn keep(mut self) -> PathBuf {
        std::mem::take(&mut self.0)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.0.as_os_str().is_empty() {
            let _ = chant_os::file::remove_tree(&self.0);
        }
    }
}
