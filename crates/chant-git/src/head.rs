//! Where HEAD is, and which branch is the main one.

use crate::{BranchName, GitError, Oid, Repo, Result};

/// What HEAD is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Head {
    /// On a branch, at a commit.
    Branch(BranchName, Option<Oid>),
    /// At a commit, on no branch.
    Detached(Oid),
    /// On a branch that has no commit yet.
    Unborn(BranchName),
}

impl Repo {
    /// Where HEAD of this work tree is. At most one process.
    pub fn head(&self) -> Result<Head> {
        let path = self.git_dir().join("HEAD");
        let text = std::fs::read_to_string(&path).map_err(|error| GitError::Unusable {
            path: path.clone(),
            reason: error.to_string(),
        })?;
        match text.trim().strip_prefix("ref: refs/heads/") {
            None => match text.trim().parse() {
                Ok(oid) => Ok(Head::Detached(oid)),
                // A reftable repository keeps HEAD elsewhere.
                Err(_) => self.head_by_git(),
            },
            Some(".invalid") => self.head_by_git(),
            Some(name) => self.head_on(name.parse()?),
        }
    }

    fn head_by_git(&self) -> Result<Head> {
        let (output, _) = self
            .git("symbolic-ref")
            .args(["-q", "--short", "HEAD"])
            .output()?;
        if output.status.success() {
            return self.head_on(String::from_utf8_lossy(&output.stdout).trim().parse()?);
        }
        let oid = self.resolve("HEAD")?;
        oid.map(Head::Detached).ok_or_else(|| GitError::Unusable {
            path: self.git_dir().to_owned(),
            reason: "HEAD leads nowhere".to_owned(),
        })
    }

    fn head_on(&self, name: BranchName) -> Result<Head> {
        Ok(match self.branch_oid(&name)? {
            Some(oid) => Head::Branch(name, Some(oid)),
            None => Head::Unborn(name),
        })
    }

    /// The main branch: as configured; else what `origin/HEAD` says; else `main`, `master` or `trunk`; else
    /// the branch that is checked out; else the only one.
    pub fn main_branch(&self, configured: Option<&str>) -> Result<BranchName> {
        if let Some(name) = configured {
            let name: BranchName = name.parse()?;
            return if self.start_point(&name)?.is_some() || matches!(self.head()?, Head::Unborn(_))
            {
                Ok(name)
            } else {
                Err(GitError::MainBranch {
                    reason: format!("the configured branch {name} does not exist"),
                })
            };
        }
        let branches = self.branches()?;
        let origin = self.origin_head()?;
        let usual = ["main", "master", "trunk"]
            .iter()
            .filter_map(|name| name.parse().ok());
        if let Some(name) = origin {
            return Ok(name);
        }
        if let Some(name) = usual.into_iter().find(|name| branches.contains(name)) {
            return Ok(name);
        }
        match (self.head()?, branches.as_slice()) {
            (Head::Unborn(name) | Head::Branch(name, _), _) => Ok(name),
            (Head::Detached(_), [only]) => Ok(only.clone()),
            (Head::Detached(_), _) => Err(GitError::MainBranch {
                reason: "HEAD is detached, there is no origin/HEAD, and no branch is called main, master or trunk".to_owned(),
            }),
        }
    }

    fn origin_head(&self) -> Result<Option<BranchName>> {
        let path = self.common_dir().join("refs/remotes/origin/HEAD");
        let Ok(text) = std::fs::read_to_string(path) else {
            return Ok(None);
        };
        let Some(name) = text.trim().strip_prefix("ref: refs/remotes/origin/") else {
            return Ok(None);
        };
        let name: BranchName = name.parse()?;
        Ok(self.start_point(&name)?.map(|_| name))
    }

    /// Where work on a branch begins: the local branch, else the one at `origin`.
    pub fn start_point(&self, name: &BranchName) -> Result<Option<Oid>> {
        match self.branch_oid(name)? {
            Some(oid) => Ok(Some(oid)),
            None => self.resolve(&format!("refs/remotes/origin/{name}")),
        }
    }

    /// A setting of git's. One process.
    pub fn config_get(&self, key: &str) -> Result<Option<String>> {
        let (output, _) = self.git("config").args(["--get", key]).output()?;
        let text = String::from_utf8_lossy(&output.stdout)
            .trim_end_matches('\n')
            .to_owned();
        Ok(output.status.success().then_some(text))
    }

    /// A yes-or-no setting of git's; absent is no. One process.
    pub(crate) fn config_yes(&self, key: &str) -> Result<bool> {
        let (output, _) = self
            .git("config")
            .args(["--type=bool", "--get", key])
            .output()?;
        Ok(output.stdout.starts_with(b"true"))
    }
}
