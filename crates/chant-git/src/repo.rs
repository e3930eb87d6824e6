//! Finding a repository, and the value everything else hangs on.

use std::{
    ffi::OsStr,
    fs,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

use chant_os::file::read_regular;

use crate::{GitError, Result, memo::Memo};

/// `.git` files, `HEAD` and the like are one short line; `config` is a page or two.
const SMALL: u64 = 1 << 20;

/// A repository, seen from one of its work trees. Cheap to clone; holds paths, and what git said of
/// objects before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repo {
    root: PathBuf,
    git_dir: PathBuf,
    common_dir: PathBuf,
    memo: Memo,
}

impl Repo {
    /// The repository that holds `start`, found by walking up from there. Starts no process.
    ///
    /// Works from a subfolder, a linked worktree, a submodule, and from inside `.git`.
    pub fn discover(start: &Path) -> Result<Self> {
        let none = || GitError::NotARepository {
            start: start.to_owned(),
        };
        let from = start.canonicalize().map_err(|_| none())?;
        for folder in from.ancestors() {
            if let Some(git_dir) = git_dir_of(folder)? {
                return Self::open(folder, git_dir);
            }
            if is_bare(folder) {
                return Err(GitError::Bare {
                    path: folder.to_owned(),
                });
            }
        }
        Err(none())
    }

    fn open(root: &Path, git_dir: PathBuf) -> Result<Self> {
        // A linked worktree is one even where the repository it belongs to is bare.
        let is_linked = git_dir.join("commondir").exists();
        if !is_linked && setting(&git_dir, "bare").is_some_and(|value| is_true(&value)) {
            return Err(GitError::Bare { path: git_dir });
        }
        let common_dir = common_dir_of(&git_dir)?;
        Ok(Self {
            root: root.to_owned(),
            git_dir,
            common_dir,
            memo: Memo::default(),
        })
    }

    /// The top of the work tree.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// This work tree's own git directory: its HEAD and index are here.
    pub fn git_dir(&self) -> &Path {
        &self.git_dir
    }

    /// The git directory that all work trees of the repository share: objects and refs are here.
    pub fn common_dir(&self) -> &Path {
        &self.common_dir
    }

    /// What git has said of objects before.
    pub(crate) fn memo(&self) -> &Memo {
        &self.memo
    }

    /// The same repository seen from another of its work trees. Starts no process.
    #[must_use]
    pub fn at(&self, worktree: &Path) -> Self {
        let root = worktree
            .canonicalize()
            .unwrap_or_else(|_| worktree.to_owned());
        // Where there is nothing to be read, git will say so when it is asked.
        let git_dir = git_dir_of(&root)
            .ok()
            .flatten()
            .unwrap_or_else(|| root.join(".git"));
        Self {
            root,
            git_dir,
            common_dir: self.common_dir.clone(),
            memo: self.memo.clone(),
        }
    }
}

/// The git directory that `.git` in `folder` is or names.
fn git_dir_of(folder: &Path) -> Result<Option<PathBuf>> {
    let dot_git = folder.join(".git");
    let Ok(found) = fs::metadata(&dot_git) else {
        return Ok(None);
    };
    if found.is_dir() {
        // An empty folder of that name is no repository; git walks on, too.
        return Ok(has_objects(&dot_git).then_some(dot_git));
    }
    let content = read_regular(&dot_git, SMALL)?;
    let damaged = |problem: &str| GitError::Damaged {
        path: dot_git.clone(),
        problem: problem.to_owned(),
    };
    let named = content
        .strip_prefix(b"gitdir:")
        .ok_or_else(|| damaged("it does not say `gitdir: …`"))?;
    let git_dir = folder.join(OsStr::from_bytes(named.trim_ascii()));
    match git_dir.canonicalize() {
        Ok(git_dir) => Ok(Some(git_dir)),
        Err(error) => Err(damaged(&format!("it names {}: {error}", git_dir.display()))),
    }
}

fn common_dir_of(git_dir: &Path) -> Result<PathBuf> {
    let file = git_dir.join("commondir");
    match read_regular(&file, SMALL) {
        Ok(named) => {
            let common = git_dir.join(OsStr::from_bytes(named.trim_ascii()));
            common.canonicalize().map_err(|error| GitError::Damaged {
                path: file,
                problem: format!("it names {}: {error}", common.display()),
            })
        }
        Err(error) if error.is_not_found() => Ok(git_dir.to_owned()),
        Err(error) => Err(error.into()),
    }
}

fn has_objects(folder: &Path) -> bool {
    folder.join("HEAD").symlink_metadata().is_ok()
        && folder.join("objects").is_dir()
        && folder.join("refs").exists()
}

/// Whether a folder is itself a git directory, but not the `.git` of a work tree (from there the walk goes on, to that tree).
fn is_bare(folder: &Path) -> bool {
    folder.file_name() != Some(OsStr::new(".git")) && has_objects(folder)
}

/// A value in the `[core]` section of the git directory's own config.
pub(crate) fn setting(git_dir: &Path, key: &str) -> Option<String> {
    let bytes = read_regular(&git_dir.join("config"), SMALL).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let mut in_core = false;
    let mut value = None;
    for line in text.lines().map(str::trim) {
        if let Some(section) = line.strip_prefix('[') {
            in_core = section.trim_end().eq_ignore_ascii_case("core]");
        } else if in_core {
            let (name, rest) = line.split_once('=').unwrap_or((line, "true"));
            if name.trim().eq_ignore_ascii_case(key) {
                value = Some(rest.trim().to_ascii_lowercase());
            }
        }
    }
    value
}

fn is_true(value: &str) -> bool {
    matches!(value, "true" | "yes" | "on" | "1")
}
