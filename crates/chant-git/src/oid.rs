//! The name of an object: what git calls a hash, in full.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::GitError;

/// A full object id: 40 (SHA-1) or 64 (SHA-256) lower-case hexadecimal digits. Safe as an argument anywhere.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Oid(String);

impl Oid {
    /// Its digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The beginning of it, as git's own tools show it to people.
    pub fn short(&self) -> &str {
        &self.0[..12]
    }

    /// Whether this is the id of nothing, which git writes where there is no object.
    pub(crate) fn is_zero(&self) -> bool {
        self.0.bytes().all(|byte| byte == b'0')
    }

    /// From git's output.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, GitError> {
        String::from_utf8_lossy(bytes).trim_end().parse()
    }
}

impl FromStr for Oid {
    type Err = GitError;

    fn from_str(text: &str) -> Result<Self, GitError> {
        let is_hex = text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if is_hex && matches!(text.len(), 40 | 64) {
            Ok(Self(text.to_owned()))
        } else {
            Err(GitError::BadOid {
                text: text.to_owned(),
            })
        }
    }
}

impl TryFrom<String> for Oid {
    type Error = GitError;

    fn try_from(text: String) -> Result<Self, GitError> {
        text.parse()
    }
}

impl From<Oid> for String {
    fn from(oid: Oid) -> Self {
        oid.0
    }
}

impl fmt::Display for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Oid;

    #[test]
    fn only_full_lower_case_ids_are_ids() {
        let check =
            |text: &str, valid: bool| assert_eq!(text.parse::<Oid>().is_ok(), valid, "{text:?}");
        check(&"a".repeat(40), true);
        check(&"0".repeat(64), true);
        check(&"a".repeat(39), false);
        check(&"A".repeat(40), false);
        check(&"é".repeat(20), false);
        check("--end-of-options", false);
        check("", false);
    }
}
