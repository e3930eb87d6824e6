//! Which git is installed, and whether it will do.

use std::{fmt, sync::OnceLock};

use crate::{GitError, Repo, Result, call};

/// The oldest git that can merge without a work tree (`merge-tree --write-tree`).
const NEEDED: Version = Version {
    major: 2,
    minor: 38,
    patch: 0,
};

/// The variable in which a process tells those it starts of this program which git it has found, so that they need not ask.
pub const FOUND_GIT: &str = "CHANT_GIT_VERSION";

/// A version of git.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// Its first number.
    pub major: u32,
    /// Its second.
    pub minor: u32,
    /// Its third.
    pub patch: u32,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl Version {
    /// From what `git version` prints; vendors add words behind the number.
    fn parse(text: &str) -> Option<Self> {
        let number = text.strip_prefix("git version ")?;
        Self::of_number(number.split_whitespace().next()?)
    }

    fn of_number(number: &str) -> Option<Self> {
        let mut parts = number.split('.');
        let major = parts.next()?.parse().ok()?;
        let minor = parts.next()?.parse().ok()?;
        let patch = parts.next().and_then(|part| part.parse().ok()).unwrap_or(0);
        Some(Self {
            major,
            minor,
            patch,
        })
    }
}

impl Repo {
    /// The installed git's version, if it will do. One process, the first time; none after that, and none
    /// where [`FOUND_GIT`] says so.
    pub fn check_version(&self) -> Result<Version> {
        static FOUND: OnceLock<Version> = OnceLock::new();
        if let Some(version) = FOUND.get() {
            return Ok(*version);
        }
        let told = std::env::var(FOUND_GIT).ok();
        let told = told.and_then(|number| Version::of_number(&number));
        if let Some(version) = told.filter(|version| *version >= NEEDED) {
            return Ok(*FOUND.get_or_init(|| version));
        }
        let ran = call::nowhere().arg("version").run()?;
        if ran.code() != Some(0) {
            return Err(ran.failed());
        }
        let text = String::from_utf8_lossy(ran.stdout());
        let found = Version::parse(&text).ok_or_else(|| ran.unexpected(ran.stdout()))?;
        if found < NEEDED {
            return Err(GitError::TooOld {
                found,
                needed: NEEDED,
            });
        }
        Ok(*FOUND.get_or_init(|| found))
    }
}

#[cfg(test)]
mod tests {
    use super::{NEEDED, Version};

    #[test]
    fn vendors_words_do_not_matter() {
        let check = |text: &str, expected: &str| {
            assert_eq!(
                Version::parse(text)
                    .map(|version| version.to_string())
                    .as_deref(),
                Some(expected)
            );
        };
        check("git version 2.47.3\n", "2.47.3");
        check("git version 2.39.2 (Apple Git-143)\n", "2.39.2");
        check("git version 2.45.1.windows.1\n", "2.45.1");
        check("git version 2.48.rc1\n", "2.48.0");
        assert_eq!(Version::parse("hub 3"), None);
        assert!(Version::parse("git version 2.37.9") < Some(NEEDED));
    }
}
