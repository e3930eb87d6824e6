//! The spec document from outside: one module per area, and real files where they are at hand.
#![expect(clippy::unwrap_used, reason = "tests")]
#![expect(clippy::format_collect, reason = "short generated texts")]
#![expect(clippy::print_stderr, reason = "a skipped test says so")]

mod block;
mod corpus;
mod criteria;
mod criteria_states;
mod document;
mod edit;
mod graph;
mod hostile;
mod id;
mod lint;
mod property;
mod status;

use chant_spec::Document;

/// A document that must be readable.
fn doc(text: &str) -> Document {
    Document::parse(text.as_bytes().to_vec()).unwrap_or_else(|errors| panic!("{errors}\n{text}"))
}

/// The first error of a text that must not be readable: `line:column code`.
fn refusal(bytes: &[u8]) -> String {
    match Document::parse(bytes.to_vec()) {
        Ok(_) => panic!(
            "was read: {:?}",
            String::from_utf8_lossy(&bytes[..bytes.len().min(200)])
        ),
        Err(errors) => {
            let first = errors.first();
            format!("{}:{} {}", first.line, first.column, first.code)
        }
    }
}
