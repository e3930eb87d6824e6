//! Names of branches and refs, checked by git's rules before git ever sees them.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::GitError;

/// A branch's name, without `refs/heads/`. Never begins with `-`, so it is no option.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BranchName(String);

impl BranchName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `refs/heads/<name>`.
    pub fn ref_name(&self) -> String {
        format!("refs/heads/{}", self.0)
    }

    /// From a ref's full name; `None` where that is no branch.
    pub fn of_ref(name: &str) -> Option<Self> {
        name.strip_prefix("refs/heads/")?.parse().ok()
    }
}

impl FromStr for BranchName {
    type Err = GitError;

    fn from_str(name: &str) -> Result<Self, GitError> {
        let problem = match name {
            "HEAD" => Some("HEAD is what git calls the current commit"),
            "@" => Some("@ is what git calls HEAD"),
            _ if name.starts_with('-') => Some("it begins with '-'"),
            _ => problem(name),
        };
        match problem {
            None => Ok(Self(name.to_owned())),
            Some(problem) => Err(GitError::BadName {
                name: name.to_owned(),
                problem,
            }),
        }
    }
}

impl TryFrom<String> for BranchName {
    type Error = GitError;

    fn try_from(name: String) -> Result<Self, GitError> {
        name.parse()
    }
}

impl From<BranchName> for String {
    fn from(name: BranchName) -> Self {
        name.0
    }
}

impl fmt::Display for BranchName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Checks a full ref name: it begins with `refs/` and obeys git's rules.
pub(crate) fn check_ref(name: &str) -> Result<(), GitError> {
    let problem = if name.starts_with("refs/") {
        problem(name)
    } else {
        Some("it does not begin with refs/")
    };
    match problem {
        None => Ok(()),
        Some(problem) => Err(GitError::BadName {
            name: name.to_owned(),
            problem,
        }),
    }
}

/// The rule of `git check-ref-format` that a name breaks.
fn problem(name: &str) -> Option<&'static str> {
    let bad = |c: char| c.is_ascii_control() || " ~^:?*[\\".contains(c);
    if name.is_empty() {
        Some("it is empty")
    } else if name.contains(bad) {
        Some("it holds a space, a control character or one of ~ ^ : ? * [ \\")
    } else if name.contains("..") || name.contains("@{") {
        Some("it holds '..' or '@{'")
    } else if name.ends_with('.') {
        Some("it ends with '.'")
    } else {
        name.split('/').find_map(part_problem)
    }
}

fn part_problem(part: &str) -> Option<&'static str> {
    let ends_in_lock = part.as_bytes().ends_with(b".lock");
    match part {
        "" => Some("it begins or ends with '/', or holds '//'"),
        _ if part.starts_with('.') => Some("a part of it begins with '.'"),
        _ if ends_in_lock => Some("a part of it ends with '.lock'"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{BranchName, check_ref};

    #[track_caller]
    fn check(name: &str, valid: bool) {
        assert_eq!(name.parse::<BranchName>().is_ok(), valid, "{name:?}");
    }

    #[test]
    fn what_git_allows_is_allowed() {
        for name in [
            "main",
            "chant/001-greeting",
            "ünï",
            "a-b",
            "a.b",
            "a@b",
            "x{y",
            "feature/--x",
            "🎉",
        ] {
            check(name, true);
        }
    }

    #[test]
    fn what_git_refuses_is_refused() {
        for name in [
            "", "-x", "--help", "@", "HEAD", "a..b", "a b", "a~1", "a^", "a:b", "a?", "a*", "a[",
            "a\\b", "a\0b", "a\nb", "a\x7f", "/a", "a/", "a//b", ".a", "a/.b", "a.", "a.lock",
            "a.lock/b", "a@{b",
        ] {
            check(name, false);
        }
    }

    #[test]
    fn a_ref_has_its_full_name() {
        assert!(check_ref("refs/chant/kept/001/abc").is_ok());
        assert!(check_ref("HEAD").is_err());
        assert!(check_ref("refs/heads/a b").is_err());
    }
}
