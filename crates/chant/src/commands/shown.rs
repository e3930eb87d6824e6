//! How specs look: shared by the commands that list them.

use std::borrow::Cow;

use chant_engine::query::Placed;
use chant_engine::query::{Branch, Spec};
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

/// One line a spec, with its repository.
pub(super) fn placed(ui: &mut Ui, specs: &[Placed]) {
    if ui.is_json() {
        return;
    }
    let row = |placed: &'_ Placed| {
        let mut cells: Vec<Cell<'static>> = Vec::new();
        let repo = line(&placed.repo).into_owned();
        cells.push(Cell::new(Tone::Dim, repo));
        for cell in row(&placed.spec) {
            cells.push(Cell::new(cell.tone, cell.text.into_owned()));
        }
        cells
    };
    let rows: Vec<Vec<Cell<'_>>> = specs.iter().map(row).collect();
    table::print(ui, &rows);
}

/// One line a spec, with the members of a driver below it.
pub(super) fn tree(ui: &mut Ui, branches: &[Branch]) {
    if ui.is_json() {
        return;
    }
    let mut more: Vec<bool> = Vec::new();
    let mut rows = Vec::with_capacity(branches.len());
    for (at, branch) in branches.iter().enumerate() {
        more.truncate(branch.depth.min(DEEPEST));
        let mut cells = row(&branch.spec);
        let prefix = prefix(&more, branch, &branches[at + 1..]);
        let name = format!("{prefix}{}", cells[1].text);
        cells[1] = Cell::new(Tone::Strong, name);
        if let Some(done) = branch.progress {
            let words = format!("{} of {}", done.completed, done.total);
            cells[0] = Cell::new(Tone::Dim, words);
            cells[4] = Cell::new(Tone::Plain, line(branch.spec.title.trim()));
        }
        cells.swap(0, 1);
        rows.push(cells);
        if branch.depth < DEEPEST {
            more.push(goes_on(branch.depth, &branches[at + 1..]));
        }
    }
    table::print(ui, &rows);
}

/// Deeper than this a tree goes straight down.
const DEEPEST: usize = 12;

/// Whether another row follows at this depth, below the same driver.
fn goes_on(depth: usize, rest: &[Branch]) -> bool {
    rest.iter()
        .find(|branch| branch.depth <= depth)
        .is_some_and(|branch| branch.depth == depth)
}

/// The lines that lead to a row. `more` says, for each row above it, whether another follows beside that.
fn prefix(more: &[bool], branch: &Branch, rest: &[Branch]) -> String {
    if branch.depth == 0 {
        return String::new();
    }
    let above = more.iter().skip(1);
    let mut prefix: String = above
        .map(|more| if *more { "│  " } else { "   " })
        .collect();
    let last = !goes_on(branch.depth, rest);
    prefix.push_str(if last { "└─ " } else { "├─ " });
    prefix
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
