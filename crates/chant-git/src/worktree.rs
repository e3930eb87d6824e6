//! Work trees beside the user's: listing, adding, removing.

use std::{
    ffi::OsStr,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

use chant_os::file;

use crate::{BranchName, Oid, Repo, RepoPath, Result, call::Call};

/// What a `.git` file, and the line that leads back to it, may hold.
const SMALL: u64 = 64 << 10;

/// A work tree of the repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorktreeInfo {
    /// Its folder, as git has it: with links resolved.
    pub path: PathBuf,
    /// The commit checked out; absent on a branch that has none.
    pub head: Option<Oid>,
    /// The branch checked out.
    pub branch: Option<BranchName>,
    /// Whether somebody locked it.
    pub locked: bool,
    /// Whether its folder is gone, or is no work tree any more.
    pub prunable: bool,
}

impl Repo {
    /// Removes the locks that a killed git has left on this work tree's index and HEAD and on `branch`: git would refuse to work
    /// here for ever. Only for a linked work tree in which nothing runs any more; never the user's own. No process.
    pub fn remove_stale_locks(&self, branch: &BranchName) -> Result<()> {
        if self.git_dir() == self.common_dir() {
            return Ok(());
        }
        file::remove_file(&self.git_dir().join("index.lock"))?;
        file::remove_file(&self.git_dir().join("HEAD.lock"))?;
        self.remove_stale_branch_lock(branch)
    }

    /// Removes the lock that a killed git has left on a branch. Only for a run's own, by whoever has claimed the run. No process.
    pub fn remove_stale_branch_lock(&self, branch: &BranchName) -> Result<()> {
        let lock = format!("{}.lock", branch.ref_name());
        Ok(file::remove_file(&self.common_dir().join(lock))?)
    }

    /// All work trees, the main one first. A bare repository's own folder is none. No process where git keeps them in the
    /// usual way, else one.
    pub fn worktrees(&self) -> Result<Vec<WorktreeInfo>> {
        match self.worktrees_as_files()? {
            Some(found) => Ok(found),
            None => self.worktrees_as_listed(),
        }
    }

    fn worktrees_as_listed(&self) -> Result<Vec<WorktreeInfo>> {
        let listed = self
            .look()
            .args(["worktree", "list", "--porcelain", "-z"])
            .stdout()?;
        let mut found: Vec<WorktreeInfo> = Vec::new();
        for line in listed.split(|byte| *byte == 0) {
            let space = line
                .iter()
                .position(|byte| *byte == b' ')
                .unwrap_or(line.len());
            let (key, value) = (&line[..space], line.get(space + 1..).unwrap_or_default());
            if key == b"worktree" {
                let path = PathBuf::from(std::ffi::OsStr::from_bytes(value));
                found.push(WorktreeInfo {
                    path,
                    head: None,
                    branch: None,
                    locked: false,
                    prunable: false,
                });
            } else if key == b"bare" {
                found.pop();
            } else if let Some(worktree) = found.last_mut() {
                match key {
                    b"HEAD" => {
                        worktree.head = Oid::from_bytes(value).ok().filter(|oid| !oid.is_zero());
                    }
                    b"branch" => {
                        worktree.branch = BranchName::of_ref(&String::from_utf8_lossy(value));
                    }
                    b"locked" => worktree.locked = true,
                    b"prunable" => worktree.prunable = true,
                    _ => {}
                }
            }
        }
        Ok(found)
    }

    /// Checks out an existing branch in a new folder. One process, and what git starts itself.
    pub fn add_worktree(&self, path: &Path, branch: &BranchName) -> Result<()> {
        self.adding()
            .arg("--")
            .arg(path)
            .arg(branch.as_str())
            .stdout()
            .map(drop)
    }

    /// Checks out an existing branch in a new folder, but of its files only those at or below `wanted`. The others count as
    /// unchanged: a commit there has them as they were. No setting of the repository's changes. Two processes, and what git
    /// starts itself.
    pub fn add_sparse_worktree(
        &self,
        path: &Path,
        branch: &BranchName,
        wanted: &[RepoPath],
    ) -> Result<()> {
        self.adding()
            .args(["--no-checkout", "--"])
            .arg(path)
            .arg(branch.as_str())
            .stdout()?;
        let there = self.at(path);
        let info = there.git_dir().join("info");
        file::create_dir_all(&info)?;
        let patterns: String = wanted.iter().map(pattern).collect();
        file::replace(&info.join("sparse-checkout"), patterns.as_bytes())?;
        there
            .change()
            .setting("core.hooksPath=/dev/null")
            .setting("core.sparseCheckout=true")
            .setting("core.sparseCheckoutCone=false")
            .args(["read-tree", "-m", "-u", "HEAD"])
            .stdout()
            .map(drop)
    }

    /// Checks out a commit, and no branch, in a new folder. One process, and what git starts itself.
    pub fn add_detached(&self, path: &Path, commit: &Oid) -> Result<()> {
        self.adding()
            .args(["--detach", "--"])
            .arg(path)
            .arg(commit.as_str())
            .stdout()
            .map(drop)
    }

    /// Leaves the branch and stays at the commit, whatever is in the work tree. One process.
    pub fn leave_branch(&self, commit: &Oid) -> Result<()> {
        self.change()
            .setting("core.hooksPath=/dev/null")
            .args(["update-ref", "--no-deref", "HEAD"])
            .arg(commit.as_str())
            .stdout()
            .map(drop)
    }

    /// Goes onto a branch that is where the work tree already is. One process.
    pub fn enter_branch(&self, branch: &BranchName) -> Result<()> {
        self.change()
            .args(["symbolic-ref", "HEAD"])
            .arg(branch.ref_name())
            .stdout()
            .map(drop)
    }

    /// Gives a linked work tree another folder. Killed half way, [`Repo::finish_move`] does the rest. Starts no process.
    pub fn move_worktree(&self, from: &Path, to: &Path) -> Result<()> {
        file::rename(from, to)?;
        chant_os::crash::point("worktree:renamed");
        self.finish_move(to)
    }

    /// Tells git of a work tree whose folder was renamed to this. Nothing is done where git knows it, where git does not know it
    /// at all, and where another work tree has the place it had before. Starts no process.
    pub fn finish_move(&self, folder: &Path) -> Result<()> {
        let Ok(dot_git) = file::read_regular(&folder.join(".git"), SMALL) else {
            return Ok(());
        };
        let there = self.at(folder);
        let named = dot_git.strip_prefix(b"gitdir: ").unwrap_or_default();
        let is_full = Path::new(OsStr::from_bytes(named)).is_absolute();
        let entries = self.common_dir().join("worktrees").canonicalize().ok();
        let back = there.git_dir().join("gitdir");
        let Ok(before) = file::read_regular(&back, SMALL) else {
            return Ok(());
        };
        let is_there = Path::new(OsStr::from_bytes(before.trim_ascii())).exists();
        if is_there || !is_full || there.git_dir().parent() != entries.as_deref() {
            return Ok(());
        }
        let mut line = folder.join(".git").into_os_string().into_encoded_bytes();
        line.push(b'\n');
        Ok(file::replace(&back, &line)?)
    }

    /// Whether git has finished making this linked work tree. One whose making was killed has no HEAD yet: git takes it for no
    /// repository, and nobody has worked in it. No process.
    pub fn is_made(&self) -> bool {
        self.git_dir().join("HEAD").exists()
    }

    /// The user's hooks are about the user's checkout; they neither run here nor can they make this fail. Submodules stay
    /// empty folders: whether to fetch them is not for chant to decide. A work tree that a power cut takes is made again, so
    /// nothing waits for the disk.
    fn adding(&self) -> Call {
        self.change()
            .setting("core.fsync=none")
            .setting("core.hooksPath=/dev/null")
            .setting("submodule.recurse=false")
            .args(["worktree", "add", "--quiet"])
    }

    /// Removes a work tree with everything in it, even where it is locked, damaged or already gone; other work trees' entries
    /// are left alone. What is in it and nowhere else has to be saved before. Repeatable. No process for one that is as git makes
    /// it, at most three for another.
    pub fn remove_worktree(&self, path: &Path) -> Result<()> {
        if self.remove_whole_worktree(path)? {
            return Ok(());
        }
        let removed = self.removing(path).run()?;
        if removed.code() == Some(0) {
            return Ok(());
        }
        let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        // The main work tree has its `.git` as a folder; it is nobody's to remove.
        let is_main = real.join(".git").is_dir();
        let Some(worktree) = self
            .worktrees()?
            .into_iter()
            .find(|worktree| worktree.path == real && !is_main)
        else {
            return Ok(());
        };
        // Its `.git` was deleted, or files in it cannot be: the folder goes our way, then git lets its entry go.
        file::remove_tree(&worktree.path)?;
        self.removing(&worktree.path).stdout().map(drop)
    }

    /// Removes a linked work tree whose folder and entry name each other: the folder, and then the entry, as git does it.
    /// `false` where only git can tell.
    fn remove_whole_worktree(&self, path: &Path) -> Result<bool> {
        let there = self.at(path);
        let entry = there.git_dir();
        let entries = self.common_dir().join("worktrees").canonicalize().ok();
        let back = file::read_regular(&entry.join("gitdir"), SMALL).unwrap_or_default();
        let leads_back = Path::new(OsStr::from_bytes(back.trim_ascii_end())) == path.join(".git");
        if !leads_back || entry.parent() != entries.as_deref() {
            return Ok(false);
        }
        file::remove_tree(path)?;
        file::remove_tree(entry)?;
        Ok(true)
    }

    fn removing(&self, path: &Path) -> Call {
        self.change()
            .args(["worktree", "remove", "--force", "--force", "--"])
            .arg(path)
    }
}

/// A line that stands for exactly this path and what is below it.
fn pattern(path: &RepoPath) -> String {
    let mut line = String::from("/");
    for letter in path.as_str().chars() {
        if matches!(letter, '*' | '?' | '[' | '\\' | ' ') {
            line.push('\\');
        }
        line.push(letter);
    }
    line.push('\n');
    line
}
