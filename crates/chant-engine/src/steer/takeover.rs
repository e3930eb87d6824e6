//! `chant takeover`: a person goes on by hand, in the run's worktree.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use chant_spec::status::{Action, State, allowed};
use chant_spec::{Document, SpecId, append_section};
use serde::Serialize;

use super::stop::{Held, stop};
use crate::error::{Code, Error, Result};
use crate::journal::{Phase, RunRecord, RunState, Step, Takeover};
use crate::journal::{What, Wish};
use crate::person::Name;
use crate::person::person_only;
use crate::project::Project;
use crate::run::worktree;
use crate::run::{Handover, folder};

/// The heading in the spec under which the person finds what was done.
const HEADING: &str = "Takeover";

/// A run in a person's hands.
#[derive(Debug, Clone, Serialize)]
pub struct TakenOver {
    /// The spec.
    pub id: String,
    /// The run.
    pub run: String,
    /// How the spec stood.
    pub was: State,
    /// Whether it was taken over before.
    pub already: bool,
    /// Where the work is, and where to go on.
    pub worktree: PathBuf,
    /// Its branch.
    pub branch: String,
    /// The spec in it.
    pub spec_file: PathBuf,
    /// What was done, and what is open.
    #[serde(flatten)]
    pub handover: Handover,
}

/// Stops the run of a spec where it runs, and gives its worktree to a person.
pub fn takeover(project: &Project, id: &SpecId, by: &Name) -> Result<TakenOver> {
    person_only("take over a run")?;
    let was = project.show(id)?.state;
    allowed(was, Action::Takeover).map_err(|refusal| refusal.of(id.as_str()))?;
    let wish = Wish::new(What::Takeover, by);
    let mut held = stop(project, id, &wish)?;
    let mut run = held.run.take().ok_or_else(|| no_run(id))?;
    may_be_taken(&run)?;
    let already = run.facts.takeover.is_some();
    let reason = if already {
        String::new()
    } else {
        why(&run, &wish)
    };
    if !run.facts.worktree.join(".git").exists() {
        worktree::restore(project, &run)?;
    }
    let mut handover = Handover::of(project, &run)?;
    handover.reason = reason;
    if !already {
        write_into_spec(project, &run, &wish, &handover)?;
        hand_over(&held, &mut run, wish)?;
    }
    Ok(TakenOver {
        id: id.to_string(),
        was,
        already,
        worktree: folder(project, &run.facts),
        spec_file: run.facts.worktree.join(&run.facts.spec_path),
        branch: run.facts.branch,
        run: run.id,
        handover,
    })
}

/// Why the agent stopped, where that was not for this wish.
fn why(run: &RunRecord, wish: &Wish) -> String {
    match &run.facts.wish {
        Some(stopped) if stopped.what == wish.what => String::new(),
        _ => run.reason.clone(),
    }
}

fn hand_over(held: &Held, run: &mut RunRecord, wish: Wish) -> Result<()> {
    run.facts.takeover = Some(Takeover::of(run, &wish));
    run.facts.agent_failure = None;
    run.facts.violation = None;
    run.reason = format!(
        "{}, in {}",
        wish.reason(&run.spec),
        run.facts.worktree.display()
    );
    run.facts.wish = Some(wish);
    run.state = RunState::Paused;
    run.ended_at = None;
    run.step = Step::Collect;
    run.phase = Phase::Waiting;
    held.journal.save(run)
}

fn no_run(id: &SpecId) -> Error {
    Error::new(
        Code::WrongStatus,
        format!("{id} has no run in this clone that could be taken over"),
    )
    .hint(format!("chant work {id}"))
}

/// What is landed, or half landed, has nothing left to go on with.
fn may_be_taken(run: &RunRecord) -> Result<()> {
    let spec = &run.spec;
    let landing = run.step > Step::Land || run.state == RunState::Completed;
    if landing {
        return Err(Error::new(
            Code::WrongStatus,
            format!("{spec} is landing, or has landed"),
        )
        .hint(format!("chant show {spec}")));
    }
    Ok(())
}

/// The section lands with the result: how a change came about is part of it.
fn write_into_spec(
    project: &Project,
    run: &RunRecord,
    wish: &Wish,
    handover: &Handover,
) -> Result<()> {
    let path = run.facts.worktree.join(&run.facts.spec_path);
    let text = section(project, run, wish, handover);
    let Ok(bytes) = chant_os::file::read_regular(&path, u64::MAX) else {
        // The agent deleted it; the person sees that in the worktree.
        return Ok(());
    };
    let Ok(document) = Document::parse(bytes) else {
        return Ok(());
    };
    let bytes = append_section(&document, HEADING, &text)?;
    Ok(chant_os::file::replace(Path::new(&path), &bytes)?)
}

fn section(project: &Project, run: &RunRecord, wish: &Wish, handover: &Handover) -> String {
    let facts = &run.facts;
    let by = crate::one_line(&wish.by);
    let at = wish.at.get(..10).unwrap_or(&wish.at);
    // Writing to a string does not fail.
    let mut text = format!(
        "{by} took this over from {} on {at}, in attempt {}.",
        crate::one_line(&facts.agent),
        run.attempt
    );
    if !handover.reason.is_empty() {
        let reason = crate::one_line(&handover.reason);
        let _ = write!(text, " The agent had stopped: {reason}.");
    }
    if !project.silent() {
        let _ = write!(text, " The work is on the branch `{}`.", facts.branch);
    }
    let spec = &run.spec;
    let _ = write!(
        text,
        "\n\n{}`chant finalize {spec}` accepts what is in the worktree through the same checks; `chant work {spec}` gives it back to the agent.",
        handover.markdown()
    );
    text
}
