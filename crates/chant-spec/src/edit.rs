//! Lossless edits: each splices a few bytes and then proves that nothing else changed its meaning.

use crate::document::Document;

/// Why an edit was not made. The file is as it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The result would have meant something else than was asked for.
    #[error("the edit of `{key}` would have changed more than that: {reason}")]
    Guard {
        /// What was to be edited.
        key: String,
        /// What else would have changed.
        reason: String,
    },
    /// A list cannot be made of what stands there.
    #[error("`{key}` holds neither a list nor a single value")]
    NotAList {
        /// The key.
        key: String,
    },
    /// There is no such criterion.
    #[error("there is no criterion number {index}")]
    NoCriterion {
        /// What was asked for, from 0.
        index: usize,
    },
}

/// Gives `key` this value, in its place; where the key is absent, in a new last line of the frontmatter.
pub fn set_scalar(_doc: &Document, _key: &str, _value: &str) -> Result<Vec<u8>, EditError> {
    todo!()
}

/// Appends to a list, in the way it is written; makes one where there is none.
pub fn push_list(_doc: &Document, _key: &str, _values: &[&str]) -> Result<Vec<u8>, EditError> {
    todo!()
}

/// Removes a key with its value. An absent key is nothing to remove.
pub fn remove_key(_doc: &Document, _key: &str) -> Result<Vec<u8>, EditError> {
    todo!()
}

/// Ticks or unticks one criterion: one byte.
pub fn set_checked(
    _doc: &Document,
    _criterion_index: usize,
    _checked: bool,
) -> Result<Vec<u8>, EditError> {
    todo!()
}

/// Appends a section at the end of the file. Text that could be read as structure is put into a code fence.
pub fn append_section(_doc: &Document, _heading: &str, _text: &str) -> Result<Vec<u8>, EditError> {
    todo!()
}

/// The body of `doc` under the frontmatter of another version of the file.
pub fn replace_frontmatter(_doc: &Document, _frontmatter_text: &str) -> Result<Vec<u8>, EditError> {
    todo!()
}
