//! How the criteria of specs stand, from the record: of a landing for what is completed, else of the last attempt.

use std::collections::BTreeMap;

use chant_spec::{
    CheckResult, Criterion, CriterionState, Document, criteria_states, proving_check, waiver,
};
use serde::Serialize;

use crate::error::Result;
use crate::history::{History, Landing};
use crate::index::Summary;
use crate::journal::{Journal, RunState};
use crate::project::Project;

/// One acceptance criterion.
#[derive(Debug, Clone, Serialize)]
pub struct Item {
    /// What has to hold.
    pub text: String,
    /// Whether it is ticked.
    pub checked: bool,
    /// How deep it is nested.
    pub depth: usize,
    /// `open`, `claimed`, `proven`, `refuted` or `waived`.
    pub state: CriterionState,
    /// The command of the check that it names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub check: Option<String>,
    /// Who let it go, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waived: Option<chant_spec::Waiver>,
}

/// How many criteria stand how, by the state's name; states without any are left out.
pub type Counts = BTreeMap<&'static str, u32>;

/// The criteria of a spec with how they stand.
pub(super) fn items(
    project: &Project,
    id: &str,
    completed: bool,
    document: &Document,
) -> Result<Vec<Item>> {
    let named = |criterion: &Criterion| proving_check(document, criterion).is_some();
    let results = match document.criteria().iter().any(named) {
        false => Vec::new(),
        true if completed => landed(project, id, document)?,
        true => refuted(project, id, document)?,
    };
    let states = criteria_states(document, &results);
    let items = document.criteria().iter().zip(states);
    Ok(items
        .map(|(criterion, state)| Item {
            text: criterion.text.clone(),
            checked: criterion.checked,
            depth: criterion.depth,
            state,
            check: proving_check(document, criterion).map(|check| check.run.clone()),
            waived: waiver(document, criterion).cloned(),
        })
        .collect())
}

/// How many of these stand how.
pub fn counted(states: impl IntoIterator<Item = CriterionState>) -> Counts {
    let mut counts = Counts::new();
    for state in states {
        *counts.entry(state.as_str()).or_default() += 1;
    }
    counts
}

/// `2 proven, 1 claimed`: in the order of [`CriterionState::ALL`].
pub fn in_words(counts: &Counts) -> String {
    let parts: Vec<String> = CriterionState::ALL
        .iter()
        .filter_map(|state| {
            let word = state.as_str();
            counts.get(word).map(|number| format!("{number} {word}"))
        })
        .collect();
    parts.join(", ")
}

/// What the last landing of a spec says its checks found.
fn landed(project: &Project, id: &str, document: &Document) -> Result<Vec<CheckResult>> {
    let Some(history) = history(project)? else {
        return Ok(Vec::new());
    };
    let checks = document.frontmatter().verify.iter();
    Ok(checks
        .filter(|check| passed(history.latest(id), &check.run))
        .map(|check| CheckResult {
            run: check.run.clone(),
            passed: true,
        })
        .collect())
}

/// Whether a landing's record holds a check. Nothing lands whose checks did not do as expected.
fn passed(landing: Option<&Landing>, run: &str) -> bool {
    let wanted = crate::one_line(run);
    landing.is_some_and(|landing| {
        let recorded = landing.checks.iter();
        recorded
            .filter_map(|check| check.split_once(": "))
            .any(|(_, run)| crate::one_line(run) == wanted)
    })
}

/// What landed on the main branch, where there is one.
fn history(project: &Project) -> Result<Option<History>> {
    match project.start_point() {
        Ok((_, tip)) => History::load(project, &tip).map(Some),
        Err(_) => Ok(None),
    }
}

/// What failed when this text of a spec was last tried. What passed there proves nothing yet: it has not landed.
fn refuted(project: &Project, id: &str, document: &Document) -> Result<Vec<CheckResult>> {
    let Some(journal) = Journal::open_existing(&project.state_dir(), &project.project_key())?
    else {
        return Ok(Vec::new());
    };
    let Some(run) = journal.latest(id)? else {
        return Ok(Vec::new());
    };
    let same = crate::blob_id(document.bytes(), run.facts.spec_oid.len()) == run.facts.spec_oid;
    if !same || run.state == RunState::Reset {
        return Ok(Vec::new());
    }
    let failed = run.facts.checks.into_iter().filter(|check| !check.passed);
    Ok(failed
        .map(|check| CheckResult {
            run: check.run,
            passed: false,
        })
        .collect())
}

/// How the criteria of many specs stand, counted from what the index knows. What landed is read only if any of them needs it.
#[derive(Debug, Default)]
pub(super) struct Tally {
    counts: Counts,
    /// Completed specs with the commands of the checks that their criteria name, and whether the box is ticked.
    provable: Vec<(String, Vec<(String, bool)>)>,
}

impl Tally {
    pub(super) fn add(&mut self, id: &str, completed: bool, summary: &Summary) {
        let mut provable = 0;
        let mut ticked = 0;
        if completed && !summary.provable.is_empty() {
            provable = summary.provable.len();
            ticked = summary.provable.iter().filter(|(_, tick)| *tick).count();
            let named = summary.provable.clone();
            self.provable.push((id.to_owned(), named));
        }
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let claimed = summary.claimed.saturating_sub(number(ticked));
        let rest = summary.criteria - summary.waived;
        let open = rest
            .saturating_sub(claimed)
            .saturating_sub(number(provable));
        self.count(CriterionState::Claimed, claimed);
        self.count(CriterionState::Waived, summary.waived);
        self.count(CriterionState::Open, open);
    }

    fn count(&mut self, state: CriterionState, number: u32) {
        if number > 0 {
            *self.counts.entry(state.as_str()).or_default() += number;
        }
    }

    pub(super) fn into_counts(mut self, project: &Project) -> Result<Counts> {
        let provable = std::mem::take(&mut self.provable);
        let history = if provable.is_empty() {
            None
        } else {
            history(project)?
        };
        for (id, named) in provable {
            let landing = history.as_ref().and_then(|history| history.latest(&id));
            for (run, ticked) in named {
                self.count(
                    match (passed(landing, &run), ticked) {
                        (true, _) => CriterionState::Proven,
                        (false, true) => CriterionState::Claimed,
                        (false, false) => CriterionState::Open,
                    },
                    1,
                );
            }
        }
        Ok(self.counts)
    }
}
