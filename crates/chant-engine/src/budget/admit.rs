//! Which budgets a run takes from, and whether it may begin.

use chant_spec::{Document, SpecId};

use super::{Account, Ledger, Level, Spent, ledger, tightest};
use crate::error::{Code, Error, Result};
use crate::journal::{Journal, RunRecord};
use crate::project::Project;

/// Every account that `run` of `spec` takes from, or one that is to begin. Its own budget is the one in its file now: a person may
/// have raised it since the run began.
pub(crate) fn accounts(
    project: &Project,
    journal: &Journal,
    run: Option<&str>,
    spec: &str,
    start: &Document,
) -> Result<Vec<Account>> {
    let spending = &project.config().spending;
    let labels = &start.frontmatter().labels;
    let is_shared = !spending.day.is_empty()
        || labels
            .iter()
            .any(|label| spending.labels.contains_key(label));
    let mut accounts = Vec::new();
    if is_shared {
        let ledger = Ledger::read(Some(journal), spending, chant_os::clock::now())?;
        let ledger = ledger.beside(run.unwrap_or_default());
        accounts = ledger.shared(labels, spending);
    }
    let now = SpecId::parse(spec)
        .ok()
        .and_then(|id| project.document(&project.spec_path_from_root(&id)).ok());
    let budget = spending
        .spec
        .or_as(&now.as_ref().unwrap_or(start).frontmatter().budget);
    if !budget.is_empty() {
        let runs = journal.paid_for(spec)?;
        accounts.push(ledger::own(
            &runs.iter().collect::<Vec<&RunRecord>>(),
            budget,
        ));
    }
    Ok(accounts)
}

/// Refuses to begin where a budget is spent, unless a person let it go over; far over, nobody is asked.
pub(crate) fn admit(
    project: &Project,
    journal: &Journal,
    spec: &str,
    start: &Document,
    over_budget: bool,
) -> Result<()> {
    let accounts = accounts(project, journal, None, spec, start)?;
    let reading = tightest(
        &accounts,
        Spent::default(),
        (&project.config().spending).into(),
    );
    let bound = if over_budget {
        Level::Over
    } else {
        Level::Reached
    };
    match reading {
        Some(reading) if reading.level >= bound => Err(Error::new(
            Code::BudgetSpent,
            format!("{spec}: {}", reading.sentence()),
        )
        .hint(reading.way_on(spec))),
        _ => Ok(()),
    }
}
