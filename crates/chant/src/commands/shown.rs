//! How specs look: shared by the commands that list them.

use chant_engine::query::Spec;
use chant_spec::status::State;

use crate::table::{self, Cell};
use crate::ui::{Tone, Ui, one_line};

/// The colour of a state.
pub(super) fn tone(state: State) -> Tone {
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
    let rows: Vec<Vec<Cell>> = specs.iter().map(row).collect();
    table::print(ui, &rows);
}

fn row(spec: &Spec) -> Vec<Cell> {
    let standing = spec.standing();
    let (word, color) = if spec.error.is_some() {
        ("broken", Tone::Bad)
    } else {
        (standing.as_str(), tone(standing))
    };
    let kind = match spec.error {
        Some(_) => String::new(),
        None => one_line(&spec.kind),
    };
    let criteria = if spec.criteria.total == 0 {
        String::new()
    } else {
        format!("{}/{}", spec.criteria.checked, spec.criteria.total)
    };
    let mut text = one_line(&spec.title);
    match why(spec) {
        Some(why) if text.is_empty() => text = why,
        Some(why) => text = format!("{text}  ({why})"),
        None => {}
    }
    vec![
        Cell::new(color, word.replace('_', " ")),
        Cell::new(Tone::Strong, one_line(&spec.id)),
        Cell::new(Tone::Dim, kind),
        Cell::new(Tone::Dim, criteria),
        Cell::new(Tone::Plain, text.trim().to_owned()),
    ]
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
