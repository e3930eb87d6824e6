//! The names a run gets: its branch, and its folder outside the repository.

use std::path::{Path, PathBuf};

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
    let runs = match journal {
        Some(journal) => journal.runs_of(id.as_str())?,
        None => Vec::new(),
    };
    Ok(Place {
        branch: choose_branch(project, journal, &runs, id)?,
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

/// `runs` are those of this spec.
fn choose_branch(
    project: &Project,
    journal: Option<&Journal>,
    runs: &[RunRecord],
    id: &SpecId,
) -> Result<BranchName> {
    let repo = project.repo();
    let taken_out = repo.worktrees()?;
    for name in numbered(&wanted_branch(project, id)) {
        let branch: BranchName = name.parse()?;
        let ours = runs.iter().any(|run| run.facts.branch == name);
        if !ours && repo.branch_oid(&branch)?.is_some() {
            continue;
        }
        let mut there = taken_out
            .iter()
            .filter(|worktree| worktree.branch.as_ref() == Some(&branch));
        let elsewhere = match there.next() {
            Some(worktree) => !is_of_a_run(journal, &worktree.path)?,
            None => false,
        };
        if !elsewhere {
            return Ok(branch);
        }
    }
    unreachable!("some number is free")
}

/// Whether a worktree is one of chant's.
fn is_of_a_run(journal: Option<&Journal>, folder: &Path) -> Result<bool> {
    let runs = journal.map(Journal::all).transpose()?.unwrap_or_default();
    Ok(runs.iter().any(|run| run.facts.worktree == folder))
}

fn choose_folder(project: &Project, runs: &[RunRecord], id: &SpecId) -> Result<PathBuf> {
    let root = project.worktrees()?;
    for name in numbered(&id.branch_component()) {
        let folder = root.join(name);
        let ours = runs.iter().any(|run| run.facts.worktree == folder);
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
