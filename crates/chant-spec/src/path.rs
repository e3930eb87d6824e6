//! Paths that a spec names: always inside the repository, always written with `/`.
//!
//! Purely textual. Whether a path exists, or is a link that leads out, is for whoever opens it to find out.

use std::fmt;

/// A path relative to the repository's root that cannot leave it, cannot be taken for an option and does not reach
/// into git's own directory.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepoPath(String);

impl RepoPath {
    /// The normalised path; `.` is the repository itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for RepoPath {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl AsRef<std::path::Path> for RepoPath {
    fn as_ref(&self) -> &std::path::Path {
        self.0.as_ref()
    }
}

/// Why a path was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// Nothing was written.
    #[error("the path is empty")]
    Empty,
    /// It begins at the root of the file system.
    #[error("the path is absolute; it must be relative to the repository")]
    Absolute,
    /// `..` leads above the repository.
    #[error("the path leads out of the repository")]
    Escapes,
    /// It would be read as an option.
    #[error("the path begins with '-'")]
    Dash,
    /// It cannot be a file's name anywhere.
    #[error("the path holds a NUL character")]
    Nul,
    /// It names something of git's own.
    #[error("the path lies in git's own directory")]
    GitDirectory,
}

/// Checks and normalises a path that a spec names: `./a//b/../c` is `a/c`.
pub fn repo_path(path: &str) -> Result<RepoPath, PathError> {
    if path.is_empty() {
        return Err(PathError::Empty);
    }
    if path.contains('\0') {
        return Err(PathError::Nul);
    }
    if path.starts_with('/') {
        return Err(PathError::Absolute);
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop().ok_or(PathError::Escapes)?;
            }
            _ if part.eq_ignore_ascii_case(".git") => return Err(PathError::GitDirectory),
            _ => parts.push(part),
        }
    }
    match parts.first() {
        None => Ok(RepoPath(".".to_owned())),
        Some(first) if first.starts_with('-') => Err(PathError::Dash),
        Some(_) => Ok(RepoPath(parts.join("/"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        let check = |path: &str, expect: Result<&str, PathError>| {
            assert_eq!(
                repo_path(path),
                expect.map(|p| RepoPath(p.to_owned())),
                "{path:?}"
            );
        };
        check("src/a.rs", Ok("src/a.rs"));
        check("./src//a.rs", Ok("src/a.rs"));
        check("src/x/../a.rs", Ok("src/a.rs"));
        check("src/", Ok("src"));
        check(".", Ok("."));
        check("a b/ü.md", Ok("a b/ü.md"));
        check("src/-x", Ok("src/-x"));
        check("..x", Ok("..x"));
        check("", Err(PathError::Empty));
        check("/etc/passwd", Err(PathError::Absolute));
        check("../x", Err(PathError::Escapes));
        check("a/../../x", Err(PathError::Escapes));
        check("-rf", Err(PathError::Dash));
        check("./-rf", Err(PathError::Dash));
        check("a\0b", Err(PathError::Nul));
        check(".git/hooks/pre-commit", Err(PathError::GitDirectory));
        check("sub/.GIT/config", Err(PathError::GitDirectory));
    }
}
