//! How specs look: shared by the commands that list them.

use std::borrow::Cow;

use chant_engine::query::Spec;
use chant_spec::status::State;

use crate::table::{self, Cell};
use crate::ui::{Tone, Ui, line, one_line};

/// The colour of a state.
pub(crate) fn tone(state: State) -> Tone {
    match state {
        State::Ready | State::Completed => Tone::Good,
        State::Failed | State::Conflict | State::NeedsAttention => Tone::Bad,
        State::InProgress
        | State::Verifying
        | State::Landing
        | State::Queued
        | State::Paused
        | State::Parked
        | State::Stale => Tone::Warning,
        State::Pending | State::Blocked | State::Cancelled => Tone::Dim,
    }
}

/// One line a spec.
pub(super) fn table(ui: &mut Ui, specs: &[Spec]) {
    if ui.is_json() {
        return;
    }
    let rows: Vec<Vec<Cell<'_>>> = specs.iter().map(row).collect();
    table::print(ui, &rows);
}

fn row(spec: &Spec) -> Vec<Cell<'_>> {
    let standing = spec.standing();
    let (word, color) = if spec.error.is_some() {
        ("broken", Tone::Bad)
    } else {
        (standing.as_str(), tone(standing))
    };
    let kind = match spec.error {
        Some(_) => Cow::Borrowed(""),
        None => line(&spec.kind),
    };
    let criteria = if spec.criteria.total == 0 {
        String::new()
    } else {
        format!("{}/{}", spec.criteria.checked, spec.criteria.total)
    };
    let title = line(spec.title.trim());
    let text = match why(spec) {
        Some(why) if title.is_empty() => Cow::Owned(why),
        Some(why) => Cow::Owned(format!("{title}  ({why})")),
        None => title,
    };
    vec![
        Cell::new(color, words(word)),
        Cell::new(Tone::Strong, line(&spec.id)),
        Cell::new(Tone::Dim, kind),
        Cell::new(Tone::Dim, criteria),
        Cell::new(Tone::Plain, text),
    ]
}

/// The word of a state as people write it.
fn words(word: &str) -> Cow<'_, str> {
    if word.contains('_') {
        Cow::Owned(word.replace('_', " "))
    } else {
        Cow::Borrowed(word)
    }
}

/// Why a spec is not simply done or ready.
pub(super) fn why(spec: &Spec) -> Option<String> {
    let why = match (&spec.reason, spec.blocked_by.as_slice()) {
        (Some(reason), _) => reason.clone(),
        (None, []) => return None,
        (None, reasons) => reasons.join("; "),
    };
    Some(one_line(why.trim_end_matches('.')))
}
