//! `chant reset`: a spec back to pending. What its run left is kept, and `chant undo` brings it back.

use chant_git::{BranchName, Oid};
use chant_spec::status::{Action, State, allowed};
use chant_spec::{SpecId, Status, set_scalar};
use serde::Serialize;

use super::undo::{self, Aside, Undoable};
use crate::claim;
use crate::error::Result;
use crate::journal::{Journal, RunRecord, RunState};
use crate::landing::known;
use crate::project::Project;
use crate::record::record_spec_change;
use crate::run::{kept, worktree};

/// What a reset did.
#[derive(Debug, Clone, Serialize)]
pub struct Reset {
    /// The spec's id.
    pub id: String,
    /// The ref that keeps what the run had done, where it had done anything.
    pub kept: Option<String>,
    /// What it was before.
    pub was: String,
    /// Whether it was pending, with no run to put aside.
    pub already: bool,
}

/// Puts a spec's run aside and makes the spec pending.
pub fn reset(project: &Project, id: &SpecId) -> Result<Reset> {
    let shown = project.show(id)?;
    allowed(shown.state, Action::Reset).map_err(|refusal| refusal.of(id.as_str()))?;
    let _claim = claim::hold(
        &project.state_dir(),
        &project.project_key(),
        id.as_str(),
        "chant reset",
    )?;
    let journal = Journal::open(&project.state_dir(), &project.project_key())?;
    let again = journal
        .latest(id.as_str())?
        .is_some_and(|run| run.facts.again && !run.state.is_over());
    let idle = matches!(shown.state, State::Pending | State::Ready | State::Blocked)
        && journal.latest(id.as_str())?.is_none();
    let document = project.document(&project.spec_path_from_root(id))?;
    let stored = &document.frontmatter().status;
    // What was to be made again is completed all the same.
    let already = idle && *stored == Status::Pending;
    let changes = *stored != Status::Pending && !again;
    let stored = changes.then(|| stored.as_str().to_owned());
    let kept = put_aside(project, &journal, id, stored)?;
    if changes {
        let bytes = set_scalar(&document, "status", "pending")?;
        record_spec_change(project, id, &bytes, &format!("chant({id}): reset"))?;
    }
    Ok(Reset {
        id: id.to_string(),
        kept,
        was: shown.state.to_string(),
        already,
    })
}

/// Puts the run of a spec aside, where it has one. Returns the ref that keeps what it had done.
pub(crate) fn put_run_aside(
    project: &Project,
    journal: &Journal,
    id: &SpecId,
) -> Result<Option<String>> {
    put_aside(project, journal, id, None)
}

/// The same for a spec whose file is about to lose this status. What `chant undo` needs is written down before anything is
/// forgotten.
fn put_aside(
    project: &Project,
    journal: &Journal,
    id: &SpecId,
    stored: Option<String>,
) -> Result<Option<String>> {
    let newest = journal.runs_of(id.as_str())?.pop().map(|run| run.id);
    let is_changed = stored.is_some();
    let undoable = |aside| Undoable::Reset {
        spec: id.to_string(),
        aside,
        stored,
        newest,
    };
    let Some(mut run) = journal.latest(id.as_str())? else {
        if is_changed {
            remember(journal, id, &undoable(None))?;
        }
        return Ok(None);
    };
    let repo = project.repo();
    chant_os::tree::end_marked(crate::claim::MARKER, &run.id);
    let local = kept::keep_local_files(project, &run)?;
    let mut kept = worktree::give_back(project, &run)?.or(local);
    let branch = own_branch(project, &run)?;
    if let Some((_, tip)) = &branch {
        let base = known(Some(&run.facts.base))?;
        kept = kept::keep(repo, id.as_str(), tip, &base)?.or(kept);
    }
    if let Some(before) = remembered(journal, &run.id)? {
        kept = kept.or(before.kept);
    } else {
        let aside = Aside {
            run: run.id.clone(),
            state: run.state.name().to_owned(),
            branch: run.facts.branch.clone(),
            kept: kept.clone(),
        };
        remember(journal, id, &undoable(Some(aside)))?;
    }
    chant_os::crash::point("reset:remembered");
    if let Some((branch, tip)) = branch {
        repo.delete_branch(&branch, &tip)?;
    }
    chant_os::crash::point("reset:deleted");
    // What it points to is kept with the branch.
    if let Some(result) = run.facts.result_ref.take()
        && let Some(at) = repo.resolve(&result)?
    {
        repo.delete_ref(&result, &at)?;
    }
    run.state = RunState::Reset;
    run.facts.kept.clone_from(&kept);
    journal.save(&run)?;
    journal.put_aside(id.as_str())?;
    Ok(kept)
}

fn remember(journal: &Journal, id: &SpecId, undoable: &Undoable) -> Result<()> {
    let data = serde_json::json!(undoable);
    journal.remember_undo(&format!("reset {id}"), &data)?;
    Ok(())
}

/// The branch that goes with a run, where there is one. A driver's checks have had none.
fn own_branch(project: &Project, run: &RunRecord) -> Result<Option<(BranchName, Oid)>> {
    match run.facts.branch.parse::<BranchName>() {
        Ok(branch) if run.state != RunState::Completed => {
            let tip = project.repo().branch_oid(&branch)?;
            Ok(tip.map(|tip| (branch, tip)))
        }
        _ => Ok(None),
    }
}

/// What a reset of this run has remembered that was killed before it was done.
fn remembered(journal: &Journal, run: &str) -> Result<Option<Aside>> {
    for entry in journal.undoable()? {
        if let Undoable::Reset {
            aside: Some(aside), ..
        } = undo::read(&entry)?
            && aside.run == run
        {
            return Ok(Some(aside));
        }
    }
    Ok(None)
}
