//! `chant log`: the events of a spec's runs, as they were written down.

use std::path::PathBuf;

use chant_spec::SpecId;

use crate::error::{Code, Error, Result};
use crate::journal::{Journal, RunRecord, run_dir};
use crate::project::Project;

/// The runs of a spec, oldest first.
pub fn runs(project: &Project, id: &SpecId) -> Result<Vec<RunRecord>> {
    let journal = Journal::open_existing(&project.state_dir(), &project.project_key())?;
    let runs = match journal {
        Some(journal) => journal.runs_of(id.as_str())?,
        None => Vec::new(),
    };
    if runs.is_empty() {
        return Err(Error::new(
            Code::RunNotFound,
            format!("{id} has not been worked in this clone"),
        )
        .hint(format!(
            "`chant work {id}` starts a run; the spec's own history is in `git log`"
        )));
    }
    Ok(runs)
}

/// The agent's own output of a run, as it was.
pub fn transcript(project: &Project, run: &str) -> PathBuf {
    run_dir(project, run).join("transcript")
}

/// Whether a living process works this spec.
pub fn is_live(project: &Project, id: &SpecId) -> bool {
    crate::claim::is_held(&project.state_dir(), &project.project_key(), id.as_str())
}
