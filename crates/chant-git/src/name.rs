//! Names that are safe to hand to git, by construction.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::GitError;

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $what:literal, $check:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// As text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = GitError;

            fn from_str(text: &str) -> Result<Self, GitError> {
                match $check(text) {
                    None => Ok(Self(text.to_owned())),
                    Some(problem) => Err(GitError::Name { what: $what, text: text.to_owned(), problem }),
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = GitError;

            fn try_from(text: String) -> Result<Self, GitError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name! {
    /// A full object id, SHA-1 or SHA-256, in lower-case hex.
    Oid, "object id", bad_oid
}
name! {
    /// A branch's short name that `git check-ref-format --branch` would accept.
    BranchName, "branch name", bad_branch
}
name! {
    /// A path from the top of a repository, with `/`.
    RepoPath, "path in a repository", bad_path
}

fn bad_oid(text: &str) -> Option<&'static str> {
    let hex = text
        .bytes()
        .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    (!hex || !matches!(text.len(), 40 | 64)).then_some("it has to be 40 or 64 hex digits")
}

/// The rules of git-check-ref-format(1).
fn bad_branch(text: &str) -> Option<&'static str> {
    if text.is_empty() || text == "@" || text == "HEAD" {
        return Some("it is reserved or empty");
    }
    if text.starts_with('-') {
        return Some("it begins with a dash");
    }
    if text
        .bytes()
        .any(|b| b <= b' ' || b == 0x7f || b"~^:?*[\\".contains(&b))
    {
        return Some("it holds a space or one of ~ ^ : ? * [ \\");
    }
    if text.contains("..") || text.contains("@{") || text.contains("//") {
        return Some("it holds `..`, `@{` or `//`");
    }
    let bad_part = |part: &str| {
        part.is_empty()
            || part.starts_with('.')
            || part.ends_with('.')
            || std::path::Path::new(part)
                .extension()
                .is_some_and(|end| end == "lock")
    };
    text.split('/')
        .any(bad_part)
        .then_some("a part of it is empty, begins or ends with a dot, or ends in `.lock`")
}

fn bad_path(text: &str) -> Option<&'static str> {
    if text.is_empty() || text.contains('\0') {
        return Some("it is empty or holds a NUL");
    }
    if text.starts_with('/') {
        return Some("it is absolute");
    }
    let mut parts = text.split('/');
    if parts.clone().any(|part| matches!(part, "" | "." | "..")) {
        return Some("it holds an empty part, `.` or `..`");
    }
    parts
        .any(|part| part.eq_ignore_ascii_case(".git"))
        .then_some("it leads into git's own folder")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_git_would_take_for_something_else_are_refused() {
        for bad in [
            "", "-f", "a b", "a..b", "a.lock", "x/.y", "a@{b", "a:b", "HEAD", "a/",
        ] {
            assert!(bad.parse::<BranchName>().is_err(), "{bad:?}");
        }
        for good in ["main", "chant/001-x", "fix/issue-1234", "grün"] {
            assert!(good.parse::<BranchName>().is_ok(), "{good:?}");
        }
        for bad in [
            "/etc",
            "../x",
            "a/../b",
            ".git/config",
            "a/.GIT/x",
            "a//b",
            "a\0b",
        ] {
            assert!(bad.parse::<RepoPath>().is_err(), "{bad:?}");
        }
        assert!(
            "-looks like an option".parse::<RepoPath>().is_ok(),
            "a strange but valid file name"
        );
        assert!("HEAD".parse::<Oid>().is_err());
    }
}
