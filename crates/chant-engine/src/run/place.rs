//! The names a run gets: its branch, and its folder outside the repository.

use std::path::PathBuf;

use chant_git::BranchName;
use chant_spec::SpecId;

use crate::error::Result;
use crate::journal::{Journal, RunRecord};
use crate::project::Project;

/// The names a run gets.
pub(crate) struct Place {
    pub(crate) branch: BranchName,
    pub(crate) folder: PathBuf,
}

/// `chant/<id>` and a folder outside the repository; with a number where a name is somebody else's.
pub(crate) fn choose_place(
    project: &Project,
    journal: Option<&Journal>,
    id: &SpecId,
) -> Result<Place> {
    let runs = journal.map(Journal::all).transpose()?.unwrap_or_default();
    Ok(Place {
        branch: choose_branch(project, &runs, id)?,
        folder: choose_folder(project, &runs, id)?,
    })
}

/// `chant/<id>`. The projects of one repository share its branches: one below the top puts its folder before ids that do not
/// begin with a prefix of its own, `chant/<folder>-<id>`.
pub(super) fn wanted_branch(project: &Project, id: &SpecId) -> String {
    let config = project.config();
    let begin = &config.defaults.branch_prefix;
    let prefix = config.id_prefix.as_deref().map(|own| format!("{own}-"));
    let told_apart = prefix.is_some_and(|own| id.as_str().starts_with(&own));
    let key = project.project_key();
    if key.is_empty() || told_apart {
        return format!("{begin}{}", id.branch_component());
    }
    let folder: String = key
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    let folder = folder.trim_start_matches('-');
    format!("{begin}{folder}-{}", id.branch_component())
}

fn choose_branch(project: &Project, runs: &[RunRecord], id: &SpecId) -> Result<BranchName> {
    let repo = project.repo();
    let taken_out = repo.worktrees()?;
    for name in numbered(&wanted_branch(project, id)) {
        let branch: BranchName = name.parse()?;
        let ours = runs
            .iter()
            .any(|run| run.spec == id.as_str() && run.facts.branch == name);
        let elsewhere = taken_out.iter().any(|worktree| {
            worktree.branch.as_ref() == Some(&branch)
                && !runs.iter().any(|run| run.facts.worktree == worktree.path)
        });
        if !elsewhere && (ours || repo.branch_oid(&branch)?.is_none()) {
            return Ok(branch);
        }
    }
    unreachable!("some number is free")
}

fn choose_folder(project: &Project, runs: &[RunRecord], id: &SpecId) -> Result<PathBuf> {
    let root = project.worktrees()?;
    for name in numbered(&id.branch_component()) {
        let folder = root.join(name);
        let ours = runs
            .iter()
            .any(|run| run.spec == id.as_str() && run.facts.worktree == folder);
        if ours || !folder.exists() {
            return Ok(folder);
        }
    }
    unreachable!("some number is free")
}

/// `name`, `name-2`, `name-3`, …
fn numbered(name: &str) -> impl Iterator<Item = String> + '_ {
    (1..).map(move |number| {
        if number == 1 {
            name.to_owned()
        } else {
            format!("{name}-{number}")
        }
    })
}
