//! A run's branch that was deleted by hand: where it was, as far as anything still says.

use chant_git::{BranchName, Head, Oid};

use crate::error::Result;
use crate::journal::RunRecord;
use crate::project::Project;

/// Makes the branch of an unfinished run again where it is gone. Returns where it is then, if it had to be made.
pub(crate) fn restore(project: &Project, run: &RunRecord) -> Result<Option<Oid>> {
    let Ok(branch) = run.facts.branch.parse::<BranchName>() else {
        return Ok(None);
    };
    let repo = project.repo();
    if repo.branch_oid(&branch)?.is_some() {
        return Ok(None);
    }
    let Some(at) = last_place(project, run)? else {
        return Ok(None);
    };
    repo.set_branch(&branch, &at, None)?;
    Ok(Some(at))
}

/// Where the branch was: as the run's result names it, as the run recorded it, or as its worktree remembers it.
pub(crate) fn last_place(project: &Project, run: &RunRecord) -> Result<Option<Oid>> {
    let repo = project.repo();
    // In silent mode the result also holds what git must not know of; the branch never did.
    let result = crate::journal::result_ref(&run.id);
    if !run.facts.silent
        && let Some(at) = repo.resolve(&result)?
    {
        return Ok(Some(at));
    }
    let recorded = run.facts.tip.as_deref().and_then(|tip| tip.parse().ok());
    let remembered = remembered(project, run)?;
    let begun = run.facts.base.parse().ok();
    let known = [recorded, remembered, begun].into_iter().flatten();
    for at in known {
        if repo.resolve(&format!("{at}^{{commit}}"))?.is_some() {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

/// The last commit that the worktree had checked out, where it is still on that branch.
fn remembered(project: &Project, run: &RunRecord) -> Result<Option<Oid>> {
    if !run.facts.worktree.join(".git").exists() {
        return Ok(None);
    }
    let there = project.repo().at(&run.facts.worktree);
    match there.head()? {
        Head::Unborn(name) if name.as_str() == run.facts.branch => Ok(there.last_head()),
        _ => Ok(None),
    }
}
