//! The steps around the worktree: make it, and take it away without losing anything.

use std::path::Path;

use chant_git::{BranchName, Oid, Repo, RepoPath, Which, WorktreeInfo};

use super::collect::write_local_files;
use super::kept::{self, keep, keep_always, save_uncommitted};
use super::place::choose_place;
use super::provision::bring;
use super::{Flow, Run, idle};
use crate::error::{Code, Error, Result};
use crate::journal::RunRecord;
use crate::landing::known;
use crate::project::Project;

impl Run<'_, '_> {
    /// Removes git's locks from the run's worktree: whoever held them is gone, because the run is claimed and its agent's
    /// processes have ended. A worktree that is in a person's hands is left alone.
    pub(super) fn remove_stale_locks(&self) -> Result<()> {
        let facts = &self.record.facts;
        if facts.takeover.is_some() || !facts.worktree.join(".git").exists() {
            return Ok(());
        }
        let there = self.project.repo().at(&facts.worktree);
        Ok(there.remove_stale_locks(&facts.branch.parse()?)?)
    }

    /// Branch and worktree. Probe: the branch is at the base and the worktree is listed.
    pub(super) fn make_worktree(&mut self) -> Result<Flow> {
        let repo = self.project.repo().clone();
        let branch: BranchName = self.record.facts.branch.parse()?;
        repo.remove_stale_branch_lock(&branch)?;
        let base: Oid = known(Some(&self.record.facts.base))?;
        self.settle_folder()?;
        let folder = self.record.facts.worktree.clone();
        self.clear_worktree()?;
        match repo.branch_oid(&branch)? {
            Some(tip) if tip != base => {
                if let Some(name) = keep(&repo, &self.record.spec, &tip, &base)? {
                    self.note(format!("what the earlier attempt left is kept at {name}"))?;
                    self.record.facts.kept = Some(name);
                }
                repo.set_branch(&branch, &base, Some(&tip))?;
            }
            Some(_) => {}
            None => repo.set_branch(&branch, &base, None)?,
        }
        if let Some(parent) = folder.parent() {
            chant_os::file::create_dir_all(parent)?;
        }
        self.check_out(&folder, &branch)?;
        if self
            .record
            .facts
            .branch
            .ends_with(|c: char| c.is_ascii_digit())
        {
            let id = chant_spec::SpecId::parse(&self.record.spec)
                .map_err(|error| Error::new(Code::Internal, error.to_string()))?;
            let wanted = super::place::wanted_branch(self.project, &id);
            if self.record.facts.branch != wanted && self.record.facts.branch.starts_with(&wanted) {
                self.note(format!(
                    "the branch {wanted} is yours, so this run uses {}",
                    self.record.facts.branch
                ))?;
            }
        }
        Ok(Flow::Next)
    }

    /// All of the branch's files; for research only what the settings name, the project's `.chant`, and the spec's inputs.
    fn check_out(&mut self, folder: &Path, branch: &BranchName) -> Result<()> {
        let sparse = self.project.config().worktree.sparse.clone();
        let front = self.start.frontmatter();
        if sparse.is_empty() || front.kind != chant_spec::Kind::Research {
            return check_out_all(self.project, folder, branch);
        }
        let inputs = self.record.facts.inputs.iter();
        let inputs = inputs.filter(|input| input.kind != "url");
        let named = sparse
            .iter()
            .chain(&front.target_files)
            .map(String::as_str)
            .chain([crate::DOT_CHANT])
            .chain(inputs.map(|input| input.name.as_str()));
        let mut wanted: Vec<RepoPath> = Vec::new();
        for path in named {
            let path = self.project.path_from_repo(path.trim_end_matches('/'));
            wanted.push(path.parse()?);
        }
        self.note(format!(
            "the worktree holds only {}, the spec and its inputs; `git show HEAD:<path>` shows the rest",
            sparse.join(", ")
        ))?;
        let repo = self.project.repo();
        Ok(repo.add_sparse_worktree(folder, branch, &wanted)?)
    }

    /// For a worktree that was deleted by hand while its run was under way: made again where the branch is, so that what the
    /// agent has committed is not paid for twice. `false` where there is nothing on the branch to go on with.
    pub(super) fn make_worktree_again(&mut self) -> Result<bool> {
        let repo = self.project.repo().clone();
        let branch: BranchName = self.record.facts.branch.parse()?;
        let base: Oid = known(Some(&self.record.facts.base))?;
        let folder = self.record.facts.worktree.clone();
        let Some(tip) = repo.branch_oid(&branch)? else {
            return Ok(false);
        };
        if tip == base || !repo.is_ancestor(&base, &tip)? {
            return Ok(false);
        }
        self.clear_worktree()?;
        if let Some(parent) = folder.parent() {
            chant_os::file::create_dir_all(parent)?;
        }
        self.check_out(&folder, &branch)?;
        let facts = self.record.facts.clone();
        let spec = (facts.spec_path.clone(), facts.spec_oid.clone());
        for (path, oid) in facts.brought.iter().chain([&spec]) {
            if !folder.join(path).exists() {
                bring(&folder, path, &repo.blob(&known(Some(oid))?)?)?;
            }
        }
        Ok(true)
    }

    /// Nothing is there yet, so where worktrees have another place by now, this one goes there: the former may be a disk that
    /// is not there any more.
    fn settle_folder(&mut self) -> Result<()> {
        let facts = &self.record.facts;
        let root = self.project.worktrees()?;
        if facts.worktree.parent() == Some(&root) || facts.worktree.exists() {
            return Ok(());
        }
        // Git forgets the former place as well.
        self.clear_worktree()?;
        let id = chant_spec::SpecId::parse(&self.record.spec)
            .map_err(|error| Error::new(Code::Internal, error.to_string()))?;
        let place = choose_place(self.project, Some(&self.journal), &id)?;
        self.record.facts.worktree = place.folder;
        self.journal.save(&self.record)
    }

    /// Makes room for the worktree, and says where what lay there is kept.
    fn clear_worktree(&mut self) -> Result<()> {
        if let Some(name) = give_back(self.project, &self.record)? {
            self.note(format!("what lay in its folder is kept at {name}"))?;
        }
        Ok(())
    }

    /// Puts the worktree aside, or removes it; what is in it and nowhere else is kept first.
    pub(super) fn give_worktree_back(&self) -> Result<()> {
        give_back(self.project, &self.record).map(drop)
    }
}

fn check_out_all(project: &Project, folder: &Path, branch: &BranchName) -> Result<()> {
    if !idle::take(project, folder, branch)? {
        project.repo().add_worktree(folder, branch)?;
        idle::allow(project, folder)?;
    }
    Ok(())
}

/// Checks a run's branch out again where its worktree was: that of a run that ended is gone.
pub(crate) fn restore(project: &Project, run: &RunRecord) -> Result<()> {
    let (repo, facts) = (project.repo(), &run.facts);
    let branch: BranchName = facts.branch.parse()?;
    if repo.branch_oid(&branch)?.is_none() {
        let tip = facts.tip.as_deref().unwrap_or(&facts.base);
        repo.set_branch(&branch, &known(Some(tip))?, None)?;
    }
    give_back(project, run)?;
    if let Some(parent) = facts.worktree.parent() {
        chant_os::file::create_dir_all(parent)?;
    }
    check_out_all(project, &facts.worktree, &branch)?;
    if facts.silent
        && let Some(result) = facts.result_tree.as_deref()
    {
        write_local_files(repo, &known(Some(result))?, &facts.worktree)?;
    }
    Ok(())
}

/// Puts a run's worktree aside for another, or removes it. What is in it and nowhere else is kept first. Returns the ref that
/// keeps it.
pub(crate) fn give_back(project: &Project, run: &RunRecord) -> Result<Option<String>> {
    let (repo, spec, folder) = (project.repo(), &run.spec, &run.facts.worktree);
    // One that a killed process was about to bring here from where it was put aside.
    repo.finish_move(folder)?;
    let Some(worktree) = listed(repo, folder)? else {
        // Left by a `git worktree add` that was killed, or put there by somebody.
        let base = run.facts.base.parse().ok();
        let kept = kept::save_stray(repo, spec, folder, base, Which::All)?;
        if folder.exists() {
            chant_os::file::remove_tree(folder)?;
        }
        return Ok(kept);
    };
    let kept = save(repo, spec, &worktree, &run.facts.base)?;
    if !idle::put(project, folder) {
        take_away(repo, folder)?;
    }
    Ok(kept)
}

/// Removes a worktree that git knows, keeping what is in it and nowhere else. Any other folder is not chant's to remove.
/// Returns the ref that keeps it.
pub(crate) fn remove(repo: &Repo, spec: &str, folder: &Path) -> Result<Option<String>> {
    let Some(worktree) = listed(repo, folder)? else {
        return Ok(None);
    };
    let kept = save(repo, spec, &worktree, "")?;
    take_away(repo, folder)?;
    Ok(kept)
}

fn listed(repo: &Repo, folder: &Path) -> Result<Option<WorktreeInfo>> {
    let mut worktrees = repo.worktrees()?.into_iter();
    Ok(worktrees.find(|worktree| worktree.path == folder))
}

/// Keeps what is in a worktree and nowhere else: what is uncommitted, and commits on no branch but for `base`.
fn save(repo: &Repo, spec: &str, worktree: &WorktreeInfo, base: &str) -> Result<Option<String>> {
    let is_linked = worktree.path.join(".git").is_file();
    if !is_linked {
        // Half removed by a command that was killed; or deleted by hand, and something else put in its place.
        let head = worktree.head.clone();
        return kept::save_stray(repo, spec, &worktree.path, head, Which::NotIgnored);
    }
    if !repo.at(&worktree.path).is_made() {
        return Ok(None);
    }
    let kept = save_uncommitted(repo, spec, &worktree.path)?;
    match &worktree.head {
        Some(head) if worktree.branch.is_none() && head.as_str() != base => {
            Ok(Some(keep_always(repo, spec, head)?))
        }
        _ => Ok(kept),
    }
}

fn take_away(repo: &Repo, folder: &Path) -> Result<()> {
    repo.remove_worktree(folder)?;
    if folder.exists() {
        // Left by ignored files: nothing git would know.
        chant_os::file::remove_tree(folder)?;
    }
    Ok(())
}
