//! The name of an object: what git calls a hash, in full.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use sha1::Sha1;
use sha2::{Digest, Sha256};

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

/// The id that git gives to an object of this kind and content, where ids have so many digits (`git hash-object`).
pub fn object_id(kind: &str, content: &[u8], digits: usize) -> Oid {
    let mut sum = Hasher::new(digits);
    sum.update(format!("{kind} {}\0", content.len()).as_bytes());
    sum.update(content);
    Oid(hex(&sum.finish()))
}

/// What ids are made with: SHA-256 where they have 64 digits, else SHA-1.
pub(crate) enum Hasher {
    Sha1(Sha1),
    Sha256(Sha256),
}

impl Hasher {
    pub(crate) fn new(digits: usize) -> Self {
        if digits == 64 {
            Self::Sha256(Sha256::new())
        } else {
            Self::Sha1(Sha1::new())
        }
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha1(sum) => sum.update(bytes),
            Self::Sha256(sum) => sum.update(bytes),
        }
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        match self {
            Self::Sha1(sum) => sum.finalize().to_vec(),
            Self::Sha256(sum) => sum.finalize().to_vec(),
        }
    }
}

/// Bytes as hexadecimal text.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |digit: u8| char::from(b"0123456789abcdef"[usize::from(digit)]);
    let pairs = bytes
        .iter()
        .map(|byte| [digit(byte >> 4), digit(byte & 15)]);
    pairs.flatten().collect()
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
