//! `chant waive`: a person lets a criterion go, and says why.

use chant_spec::status::State;
use chant_spec::{Criterion, CriterionState, Document, Waiver, set_block, waiver};
use serde::Serialize;

use crate::claim;
use crate::error::{Code, Error, Result};
use crate::index::SpecRef;
use crate::person::person_only;
use crate::project::Project;
use crate::record::{Recorded, record_spec_change};

/// What was done.
#[derive(Debug, Clone, Serialize)]
pub struct Waived {
    /// The spec.
    pub id: String,
    /// The waiver as it stands in the file now.
    pub waiver: Waiver,
    /// How the criterion stood before.
    pub was: CriterionState,
    /// How it was recorded.
    #[serde(flatten)]
    pub recorded: Recorded,
}

/// Lets the criterion `which` (its number, its text, or a part of its text) go.
pub fn waive(
    project: &Project,
    found: &SpecRef,
    which: &str,
    by: &str,
    reason: &str,
) -> Result<Waived> {
    let id = &found.id;
    person_only("let a criterion go")?;
    let (by, reason) = (said("--by", by)?, said("--reason", reason)?);
    if claim::is_held(&project.state_dir(), &project.project_key(), id.as_str()) {
        return Err(Error::new(
            Code::SpecLocked,
            format!("{id} is being worked, from the criteria as they are"),
        )
        .hint(format!("wait until it has ended: chant log -f {id}")));
    }
    let detail = crate::query::show(project, found)?;
    let document = project.document(&found.path)?;
    if detail.spec.state == State::Cancelled {
        let message = format!("{id} is cancelled: nothing of it has to be met");
        return Err(
            Error::new(Code::WrongStatus, message).hint(format!("chant reset {id} brings it back"))
        );
    }
    let number = find(&document, id.as_str(), which)?;
    let criterion = &document.criteria()[number];
    if let Some(earlier) = waiver(&document, criterion) {
        let message = format!("{} has let it go already: {}", earlier.by, earlier.reason);
        return Err(Error::new(Code::NothingToDo, message).hint(format!(
            "to take it back, remove it from `waived`: chant edit {id}"
        )));
    }
    let waiver = Waiver {
        criterion: criterion.text.clone(),
        by,
        reason,
        at: now(),
    };
    let mut all = document.frontmatter().waived.clone();
    all.push(waiver.clone());
    let bytes = set_block(&document, "waived", &Waiver::to_yaml(&all))?;
    let recorded = record_spec_change(project, id, &bytes, &format!("chant({id}): waive"))?;
    Ok(Waived {
        id: id.to_string(),
        was: detail.criteria_items[number].state,
        waiver,
        recorded,
    })
}

fn said(option: &str, text: &str) -> Result<String> {
    let text = crate::one_line(text.trim());
    if text.is_empty() {
        return Err(Error::new(Code::Usage, format!("{option} is empty"))
            .hint("a criterion is let go by somebody, for a reason"));
    }
    Ok(text)
}

fn now() -> Option<String> {
    let now = chant_os::clock::now().round(jiff::Unit::Second).ok()?;
    Some(now.to_string())
}

/// The criterion that a number (from 1), a text or a part of one stands for.
fn find(document: &Document, id: &str, which: &str) -> Result<usize> {
    let all = document.criteria();
    let which = which.trim();
    if let Ok(number) = which.parse::<usize>()
        && (1..=all.len()).contains(&number)
    {
        return Ok(number - 1);
    }
    let wanted = which.to_lowercase();
    let matching = |holds: &dyn Fn(&Criterion) -> bool| -> Vec<usize> {
        (0..all.len())
            .filter(|&number| holds(&all[number]))
            .collect()
    };
    let exact = matching(&|criterion| criterion.text == which);
    let partly = matching(&|criterion| {
        !wanted.is_empty() && criterion.text.to_lowercase().contains(&wanted)
    });
    match (exact.as_slice(), partly.as_slice()) {
        ([one], _) | ([], [one]) => Ok(*one),
        ([], []) => Err(none_such(id, all, which)),
        ([], several) | (several, _) => Err(Error::new(
            Code::Usage,
            format!("{} criteria of {id} hold {which:?}", several.len()),
        )
        .hint(format!(
            "say which by its number: {}",
            listed(all, several.iter().copied())
        ))),
    }
}

fn none_such(id: &str, all: &[Criterion], which: &str) -> Error {
    let error = Error::new(Code::Usage, format!("{id} has no criterion {which:?}"));
    match all {
        [] => error.hint(format!("it has no acceptance criteria: chant edit {id}")),
        _ => error.hint(format!("it has: {}", listed(all, 0..all.len()))),
    }
}

fn listed(all: &[Criterion], numbers: impl Iterator<Item = usize>) -> String {
    let lines: Vec<String> = numbers
        .map(|number| format!("{} {:?}", number + 1, all[number].text))
        .collect();
    lines.join(", ")
}
