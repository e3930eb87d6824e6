//! An error as a person reads it: what was wrong, where, and what to do next.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use chant_engine::Error;

use crate::ui::harmless;

/// A source longer than this is not shown, only named.
const LARGEST_SOURCE: usize = 1 << 20;

/// Lays out an error.
pub(crate) fn render(error: &Error, color: bool) -> String {
    let renderer = if color {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let message = harmless(&error.message).into_owned();
    let hint = error
        .hint
        .as_deref()
        .map(|hint| harmless(hint).into_owned());
    let mut group = Level::ERROR
        .primary_title(message.as_str())
        .elements(Vec::<annotate_snippets::Message<'_>>::new());
    let source;
    let path;
    if let Some(place) = &error.location {
        path = harmless(&place.path.display().to_string()).into_owned();
        source = harmless(&place.source).into_owned();
        // Making the text harmless may have moved everything: then only the place is named.
        if source.len() == place.source.len()
            && source.len() <= LARGEST_SOURCE
            && !source.is_empty()
            && place.span.end <= source.len()
        {
            let snippet = Snippet::source(source.as_str())
                .path(path.as_str())
                .annotation(AnnotationKind::Primary.span(place.span.clone()));
            group = group.element(snippet);
        } else {
            return plain(
                &format!("{message}\n  at {path}:{}:{}", place.line, place.column),
                hint.as_deref(),
            );
        }
    }
    if let Some(hint) = &hint {
        group = group.element(Level::HELP.message(hint.as_str()));
    }
    format!("{}\n", renderer.render(&[group]))
}

fn plain(message: &str, hint: Option<&str>) -> String {
    let hint = hint.map_or_else(String::new, |hint| format!("  = help: {hint}\n"));
    format!("error: {message}\n{hint}")
}
