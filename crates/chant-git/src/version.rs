//! Which git this is, asked once for a process.

use std::fmt;
use std::sync::OnceLock;

use crate::{GitError, Repo, Result};

/// `merge-tree --write-tree` came with 2.38; without it there is no merging in memory.
const NEEDED: Version = Version {
    major: 2,
    minor: 38,
};

/// A version of git.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// The first number.
    pub major: u32,
    /// The second.
    pub minor: u32,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl Repo {
    /// The version of git, if it is new enough. One process, once.
    pub fn check_version(&self) -> Result<Version> {
        static FOUND: OnceLock<Version> = OnceLock::new();
        if let Some(found) = FOUND.get() {
            return Ok(*found);
        }
        let text = self.git("version").text()?;
        let found = parse(&text).ok_or_else(|| GitError::Unexpected {
            command: "version".to_owned(),
            output: text.clone(),
        })?;
        if found < NEEDED {
            return Err(GitError::TooOld {
                found: found.to_string(),
                needed: NEEDED.to_string(),
            });
        }
        Ok(*FOUND.get_or_init(|| found))
    }
}

fn parse(text: &str) -> Option<Version> {
    let mut numbers = text.strip_prefix("git version ")?.split('.');
    Some(Version {
        major: numbers.next()?.parse().ok()?,
        minor: numbers.next()?.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_all_vendors_are_read() {
        assert_eq!(
            parse("git version 2.47.3"),
            Some(Version {
                major: 2,
                minor: 47
            })
        );
        assert_eq!(
            parse("git version 2.39.3 (Apple Git-146)"),
            Some(Version {
                major: 2,
                minor: 39
            })
        );
        assert_eq!(parse("hub"), None);
    }
}
