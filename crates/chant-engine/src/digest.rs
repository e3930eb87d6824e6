//! Content as a short name: hexadecimal text and digests of chant's own (git's object ids are git's).

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

/// Bytes as hexadecimal text.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// The first `length` bytes of the SHA-256 of `content`, in hexadecimal.
pub(crate) fn digest(content: &[u8], length: usize) -> String {
    let full = Sha256::digest(content);
    hex(&full[..length.min(full.len())])
}

/// The object id git has for this content in a SHA-256 repository.
pub(crate) fn sha256_blob(content: &[u8]) -> String {
    blob_id(content, 64)
}

/// The object id git has for this content in a repository whose object ids have so many digits.
pub(crate) fn blob_id(content: &[u8], digits: usize) -> String {
    chant_git::object_id("blob", content, digits).to_string()
}
