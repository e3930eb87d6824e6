//! `chant prep`: what an agent would be given now, with nothing changed. Only the mark of the fences is each run's own.

use chant_spec::SpecId;
use serde::Serialize;

use crate::error::Result;
use crate::inputs;
use crate::journal::{InputRecord, Journal};
use crate::order::Order;
use crate::project::Project;
use crate::run::{self, provision};

/// A prompt before a run.
#[derive(Debug, Clone, Serialize)]
pub struct Prepared {
    /// The spec's id.
    pub id: String,
    /// The prompt's name.
    pub prompt: String,
    /// The whole text.
    pub text: String,
    /// The inputs in it, by content.
    pub inputs: Vec<InputRecord>,
}

/// Renders the prompt of a spec's next run.
pub fn prep(project: &Project, id: &SpecId, order: &Order) -> Result<Prepared> {
    let document = project.document(&project.spec_path_from_root(id))?;
    let (_, base) = project.start_point()?;
    let sources = inputs::gather(project, &document, &base)?;
    let prompt = crate::agents::prompt_name(project, order, &document);
    let journal = Journal::open_existing(&project.state_dir(), &project.project_key())?;
    let runs = journal
        .as_ref()
        .map(|journal| journal.runs_of(id.as_str()))
        .transpose()?
        .unwrap_or_default();
    let (attempt, previous) = runs
        .last()
        .map_or((1, ""), |run| (run.attempt + 1, run.reason.as_str()));
    let place = run::choose_place(project, journal.as_ref(), id)?;
    let text = provision::render(
        project,
        &document,
        &sources,
        &provision::Occasion {
            run: "",
            id: id.as_str(),
            prompt: &prompt,
            worktree: &place.folder,
            branch: place.branch.as_str(),
            base: base.as_str(),
            attempt,
            previous_failure: previous,
            feedback: &crate::feedback::open(project, id.as_str())?,
            conflict: None,
            silent: project.hides(id)?,
        },
    )?;
    Ok(Prepared {
        id: id.to_string(),
        prompt,
        text,
        inputs: sources.iter().map(run::input_record).collect(),
    })
}
