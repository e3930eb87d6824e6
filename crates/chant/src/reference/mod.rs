//! The generated pages of `docs/reference/`, written by tests from the tables that the program itself uses.
//!
//! A page that is not what the tables say fails; with `CHANT_WRITE_DOCS=1` (that is `cargo xtask docs`) it is written
//! anew. Nothing of this is in the program.

#![expect(
    clippy::format_push_string,
    reason = "a page is short, and made only in tests"
)]

mod command_line;
mod settings;
mod spec_head;

use std::path::Path;

/// Compares a page with what it has to be, or writes it.
fn check(name: &str, page: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../docs/reference")
        .join(name);
    if std::env::var_os("CHANT_WRITE_DOCS").is_some() {
        chant_os::file::replace(&path, page.as_bytes()).expect("the page can be written");
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = written.lines().zip(page.lines()).position(|(a, b)| a != b);
    assert!(
        written == page,
        "docs/reference/{name} is out of date from line {}: `cargo xtask docs` writes it anew",
        differs.unwrap_or_else(|| written.lines().count().min(page.lines().count())) + 1
    );
}

/// A text as it may stand in a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

/// The first letter as at the beginning of a sentence, and a full stop.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters
        .next()
        .map(|letter| letter.to_uppercase().to_string());
    let end = if text.ends_with(['.', '…']) {
        ""
    } else {
        "."
    };
    format!("{}{}{end}", first.unwrap_or_default(), letters.as_str())
}
