//! The envelope of `--json`: one document, whatever happens (contract §3).

use chant_engine::Error;
use serde::Serialize;
use serde_json::{Value, json};

#[derive(Serialize)]
struct Success<'a, T> {
    ok: bool,
    data: &'a T,
}

/// What a command that succeeded prints.
pub(crate) fn ok(data: &impl Serialize) -> serde_json::Result<String> {
    let mut text = serde_json::to_string(&Success { ok: true, data })?;
    text.push('\n');
    Ok(text)
}

/// What a command that failed prints.
pub(crate) fn failed(error: &Error) -> String {
    let mut details = error.details.clone();
    if let (Some(place), Value::Object(details)) = (&error.location, &mut details) {
        details.insert("file".to_owned(), json!(place.path.display().to_string()));
        details.insert("line".to_owned(), json!(place.line));
        details.insert("column".to_owned(), json!(place.column));
    }
    let error = json!({
        "code": error.code.name(),
        "message": error.message,
        "hint": error.hint,
        "details": details,
    });
    format!("{}\n", json!({"ok": false, "error": error}))
}
