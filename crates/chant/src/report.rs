//! An error as a person reads it: what was wrong, where, and what to do next.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use chant_engine::Error;
use chant_engine::error::Location;

use crate::ui::{Tone, harmless, paint};

/// A source longer than this is not shown, only named.
const LARGEST_SOURCE: usize = 1 << 20;

/// A line longer than this is not shown either: nobody finds anything in it.
const LONGEST_LINE: usize = 2000;

/// Lays out an error.
pub(crate) fn render(error: &Error, color: bool) -> String {
    let message = harmless(&error.message);
    let mut text = match &error.location {
        None => title(&message, color),
        Some(place) => located(&message, place, color),
    };
    if let Some(hint) = &error.hint {
        let word = paint(color, Tone::Dim, "hint:");
        text.extend(["  ", &word, " ", &harmless(hint), "\n"]);
    }
    text
}

fn title(message: &str, color: bool) -> String {
    format!("{} {message}\n", paint(color, Tone::Bad, "error:"))
}

/// With the line of the file, marked, where it can be shown.
fn located(message: &str, place: &Location, color: bool) -> String {
    let path = place.path.display().to_string();
    let path = harmless(&path);
    if !can_be_shown(place) {
        let (line, column) = (place.line, place.column);
        return format!("{}  --> {path}:{line}:{column}\n", title(message, color));
    }
    let renderer = if color {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let snippet = Snippet::source(place.source.as_str())
        .path(path.as_ref())
        .annotation(AnnotationKind::Primary.span(place.span.clone()));
    let group = Level::ERROR.primary_title(message).element(snippet);
    format!("{}\n", renderer.render(&[group]))
}

/// Text that would have to be made harmless first, would move under its mark: then only the place is named.
fn can_be_shown(place: &Location) -> bool {
    let source = place.source.replace('\r', "");
    let longest = source.lines().map(str::len).max().unwrap_or(0);
    !source.is_empty()
        && place.span.end <= place.source.len()
        && source.len() <= LARGEST_SOURCE
        && longest <= LONGEST_LINE
        && harmless(&source).len() == source.len()
}
