//! Which branch results land on: said by the settings, else found, never assumed.

use std::collections::BTreeSet;

use chant_os::file::read_regular;

use crate::{BranchName, GitError, Oid, Repo, Result};

/// The ref that says which branch is `origin`'s main one, and what a file of it begins with.
const REMOTE_HEAD: &str = "refs/remotes/origin/HEAD";
const LEADS_TO: &[u8] = b"ref: refs/remotes/origin/";

/// A ref's file is one short line.
const SMALL: u64 = 4096;

/// Names that projects give their main branch, likeliest first.
const USUAL: [&str; 3] = ["main", "master", "trunk"];

/// The setting that stands for whichever branch is checked out. Git allows no branch of this name.
const CURRENT: &str = "HEAD";

/// The branches here and at `origin`.
#[derive(Default)]
struct Branches {
    local: BTreeSet<BranchName>,
    remote: BTreeSet<BranchName>,
    remote_head: Option<BranchName>,
}

impl Branches {
    fn has(&self, name: &BranchName) -> bool {
        self.local.contains(name) || self.remote.contains(name)
    }
}

impl Repo {
    /// The main branch: the configured one, where `HEAD` stands for the current branch; else what `origin/HEAD` says;
    /// else `main`, `master` or `trunk`, whichever is a local branch; else the current branch; else the only one. No
    /// process where refs are plain files and one of the first three names it; else one, or two.
    ///
    /// The branch may exist only at `origin`, or have no commit yet: see [`Repo::start_point`].
    pub fn main_branch(&self, configured: Option<&str>) -> Result<BranchName> {
        let current = self.head()?.branch().cloned();
        if configured == Some(CURRENT) {
            return current.ok_or(GitError::NoCurrentBranch);
        }
        if let Some(name) = configured {
            let name: BranchName = name.parse()?;
            return if current.as_ref() == Some(&name) || self.has_branch(&name)? {
                Ok(name)
            } else {
                Err(GitError::MainBranchMissing { name })
            };
        }
        match self.usual_branch()? {
            Some(name) => Ok(name),
            None => choose(self.branches()?, current),
        }
    }

    /// What [`choose`] would answer first, by the files of the refs in question; `None` where all branches have to be listed.
    fn usual_branch(&self) -> Result<Option<BranchName>> {
        if self.common_dir().join("reftable").exists() {
            return Ok(None);
        }
        let origin = read_regular(&self.common_dir().join(REMOTE_HEAD), SMALL).unwrap_or_default();
        let named = origin.strip_prefix(LEADS_TO).and_then(|name| {
            std::str::from_utf8(name.trim_ascii_end())
                .ok()?
                .parse()
                .ok()
        });
        if let Some(name) = named
            && self.has_branch(&name)?
        {
            return Ok(Some(name));
        }
        for usual in USUAL {
            let name: BranchName = usual.parse()?;
            if self.branch_oid(&name)?.is_some() {
                return Ok(Some(name));
            }
        }
        Ok(None)
    }

    /// Whether there is a branch of this name, here or at `origin`.
    fn has_branch(&self, name: &BranchName) -> Result<bool> {
        Ok(self.start_point(name)?.is_some())
    }

    fn branches(&self) -> Result<Branches> {
        let listed = self
            .look()
            .args([
                "for-each-ref",
                "--format=%(refname)%00%(symref)",
                "refs/heads/",
                "refs/remotes/origin/",
            ])
            .stdout()?;
        let mut branches = Branches::default();
        for line in String::from_utf8_lossy(&listed).lines() {
            let (name, symref) = line.split_once('\0').unwrap_or((line, ""));
            let at_origin = |name: &str| {
                name.strip_prefix("refs/remotes/origin/")
                    .and_then(|name| name.parse().ok())
            };
            if name == REMOTE_HEAD {
                branches.remote_head = at_origin(symref);
            } else if let Some(branch) = BranchName::of_ref(name) {
                branches.local.insert(branch);
            } else if let Some(branch) = at_origin(name) {
                branches.remote.insert(branch);
            }
        }
        Ok(branches)
    }

    /// Where work on a branch begins: its tip, or `origin`'s where it is not here yet; `None` where there is no commit at
    /// all. At most two processes.
    pub fn start_point(&self, branch: &BranchName) -> Result<Option<Oid>> {
        match self.branch_oid(branch)? {
            Some(oid) => Ok(Some(oid)),
            None => self.ref_oid(&format!("refs/remotes/origin/{branch}")),
        }
    }
}

fn choose(branches: Branches, current: Option<BranchName>) -> Result<BranchName> {
    if let Some(name) = &branches.remote_head
        && branches.has(name)
    {
        return Ok(name.clone());
    }
    let is_usual = |name: &&BranchName, usual: &str| name.as_str() == usual;
    for usual in USUAL {
        if let Some(name) = branches.local.iter().find(|name| is_usual(name, usual)) {
            return Ok(name.clone());
        }
    }
    if let Some(current) = current {
        return Ok(current);
    }
    let mut local = branches.local.into_iter();
    match (local.next(), local.next()) {
        (Some(only), None) => Ok(only),
        (first, second) => Err(GitError::MainBranchUnknown {
            candidates: first.into_iter().chain(second).chain(local).collect(),
        }),
    }
}
