//! Paths inside a repository, as git writes them: from its root, with `/`.

use std::{
    ffi::OsStr,
    fmt,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
    str::FromStr,
};

use crate::GitError;

/// A path from the repository's root that git would accept in a tree: it names something inside the work tree, and nothing
/// of git's own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepoPath(String);

impl RepoPath {
    /// The path.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RepoPath {
    type Err = GitError;

    fn from_str(path: &str) -> Result<Self, GitError> {
        let problem = if path.contains('\0') {
            Some("it holds a NUL character")
        } else {
            path.split('/').find_map(part_problem)
        };
        match problem {
            None => Ok(Self(path.to_owned())),
            Some(problem) => Err(GitError::BadPath {
                path: path.to_owned(),
                problem,
            }),
        }
    }
}

fn part_problem(part: &str) -> Option<&'static str> {
    match part {
        "" => Some("it is empty, begins or ends with '/', or holds '//'"),
        "." | ".." => Some("a part of it is '.' or '..'"),
        _ if part.eq_ignore_ascii_case(".git") => Some("it lies in git's own folder"),
        _ => None,
    }
}

impl fmt::Display for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A path exactly as git has it. Names of files are bytes; only messages may take them for text.
pub(crate) type RawPath = Vec<u8>;

/// Where a path of the repository is on disk.
pub(crate) fn on_disk(root: &Path, path: &[u8]) -> PathBuf {
    root.join(OsStr::from_bytes(path))
}

/// A path as text. What is not UTF-8 is shown as `�`: chant passes such files through, but cannot name them.
pub(crate) fn text(path: &[u8]) -> String {
    String::from_utf8_lossy(path).into_owned()
}

#[cfg(test)]
mod tests {
    use super::RepoPath;

    #[test]
    fn a_path_stays_inside_the_repository() {
        let check = |path: &str, valid: bool| {
            assert_eq!(path.parse::<RepoPath>().is_ok(), valid, "{path:?}");
        };
        for path in [
            "a",
            "a/b",
            "a b/ü\n",
            "-x",
            ".gitignore",
            ".github/x",
            "..a",
        ] {
            check(path, true);
        }
        for path in [
            "",
            "/a",
            "a/",
            "a//b",
            ".",
            "..",
            "a/../b",
            ".git",
            "a/.GIT/hooks",
            "a\0b",
        ] {
            check(path, false);
        }
    }
}
