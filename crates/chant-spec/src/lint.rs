//! What is worth saying about a spec that can be used.

use crate::diagnostic::Diagnostic;
use crate::document::Document;

/// Everything worth saying about one spec.
pub fn lint(doc: &Document) -> Vec<Diagnostic> {
    warnings(doc)
}

/// Unknown keys and words.
pub(crate) fn warnings(_doc: &Document) -> Vec<Diagnostic> {
    Vec::new()
}
