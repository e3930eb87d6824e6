//! The steps around the worktree: make it, fill it, and take it away without losing anything.

use std::path::Path;

use chant_git::{BranchName, Oid, Repo, RepoPath, TreeEdit, WorktreeInfo};

use super::collect::{with_local_files, write_local_files};
use super::{Flow, Run, idle};
use crate::error::{Code, Error, Result};
use crate::feedback;
use crate::feedback::Feedback;
use crate::fence::Fence;
use crate::inputs;
use crate::journal::RunRecord;
use crate::landing::known;
use crate::project::Project;
use crate::prompt::{Contradiction, Prompt, Variables};

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
        let folder = self.record.facts.worktree.clone();
        self.give_worktree_back()?;
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

    /// The spec, what the base lacks, and the prompt. Repeatable as long as the agent has not begun.
    pub(super) fn provision(&mut self) -> Result<Flow> {
        let repo = self.project.repo().clone();
        let facts = self.record.facts.clone();
        let base: Oid = known(Some(&facts.base))?;
        let mut edits = Vec::new();
        let spec = (facts.spec_path.clone(), facts.spec_oid.clone());
        for (path, oid) in facts.brought.iter().chain([&spec]) {
            let oid: Oid = known(Some(oid))?;
            if repo
                .read_file(&base, path)?
                .is_some_and(|entry| entry.oid == oid)
            {
                continue;
            }
            bring(&facts.worktree, path, &repo.blob(&oid)?)?;
            edits.push(TreeEdit::put(path.parse()?, "100644", oid));
        }
        self.record.facts.start_tree = repo
            .write_tree(Some(&repo.tree_of(&base)?), &edits)?
            .to_string();
        self.record.facts.heard = feedback::count(self.project, &self.record.spec);
        let prompt = self.prompt_text()?;
        chant_os::file::replace(&self.dir().join("prompt.md"), prompt.as_bytes())?;
        self.take_ports()?;
        if let Some(flow) = self.make_ready()? {
            return Ok(flow);
        }
        Ok(self.can_be_proven()?.unwrap_or(Flow::Next))
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
        self.give_worktree_back()?;
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

    fn prompt_text(&self) -> Result<String> {
        let facts = &self.record.facts;
        let sources = inputs::gather(self.project, &self.start, &known(Some(&facts.base))?)?;
        let previous = self.previous_failure()?;
        let told = feedback::open(self.project, &self.record.spec)?;
        render(
            self.project,
            &self.start,
            &sources,
            &Occasion {
                run: &self.record.id,
                id: &self.record.spec,
                prompt: &facts.prompt,
                worktree: &facts.worktree,
                branch: &facts.branch,
                base: &facts.base,
                attempt: self.record.attempt,
                previous_failure: &previous,
                feedback: &told,
                conflict: None,
                silent: facts.silent,
            },
        )
    }

    fn previous_failure(&self) -> Result<String> {
        let runs = self.journal.runs_of(&self.record.spec)?;
        let last = runs
            .into_iter()
            .rev()
            .find(|run| run.attempt < self.record.attempt);
        Ok(last.map(|run| run.reason).unwrap_or_default())
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
    remove(repo, &run.spec, &facts.worktree)?;
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
        return remove(repo, spec, folder);
    };
    let kept = save(repo, spec, &worktree, &run.facts.base)?;
    if !idle::put(project, folder) {
        take_away(repo, folder)?;
    }
    Ok(kept)
}

/// Removes a worktree, keeping what is in it and nowhere else. Returns the ref that keeps it.
pub(crate) fn remove(repo: &Repo, spec: &str, folder: &Path) -> Result<Option<String>> {
    match listed(repo, folder)? {
        Some(worktree) => {
            let kept = save(repo, spec, &worktree, "")?;
            take_away(repo, folder)?;
            Ok(kept)
        }
        None if folder.exists() => {
            // Left by a `git worktree add` that was killed: nothing git would know.
            chant_os::file::remove_tree(folder)?;
            Ok(None)
        }
        None => Ok(None),
    }
}

fn listed(repo: &Repo, folder: &Path) -> Result<Option<WorktreeInfo>> {
    let mut worktrees = repo.worktrees()?.into_iter();
    Ok(worktrees.find(|worktree| worktree.path == folder))
}

/// Keeps what is in a worktree and nowhere else: what is uncommitted, and commits on no branch but for `base`.
fn save(repo: &Repo, spec: &str, worktree: &WorktreeInfo, base: &str) -> Result<Option<String>> {
    if !worktree.path.join(".git").exists() {
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

pub(super) fn save_uncommitted(repo: &Repo, spec: &str, folder: &Path) -> Result<Option<String>> {
    let there = repo.at(folder);
    let Some(head) = there.head_oid()? else {
        return Ok(None);
    };
    let tree = there.snapshot()?;
    if tree == repo.tree_of(&head)? {
        return Ok(None);
    }
    let commit = repo.commit_tree_unsigned(
        &tree,
        &[head],
        "chant: uncommitted work, kept before its worktree was removed\n",
    )?;
    keep_always(repo, spec, &commit).map(Some)
}

/// In silent mode a snapshot lacks what a run wrote below `.chant/`: where the run is given up, that is kept as well.
pub(crate) fn keep_local_files(project: &Project, run: &RunRecord) -> Result<Option<String>> {
    let (facts, repo) = (&run.facts, project.repo());
    if !facts.silent || facts.start_tree.is_empty() || !facts.worktree.join(".git").exists() {
        return Ok(None);
    }
    let there = repo.at(&facts.worktree);
    let Some(head) = there.head_oid()? else {
        return Ok(None);
    };
    let tree = with_local_files(project, &there.snapshot()?, &facts.worktree)?;
    let chants = format!("{}.chant/", project.prefix_text());
    if !repo
        .diff(&known(Some(&facts.start_tree))?, &tree)?
        .iter()
        .any(|change| change.path.starts_with(&chants))
    {
        return Ok(None);
    }
    let commit = repo.commit_tree_unsigned(
        &tree,
        &[head],
        "a run's work, with the files that git ignores\n",
    )?;
    keep_always(repo, &run.spec, &commit).map(Some)
}

/// Keeps a commit under `refs/chant/kept/`, unless it is part of `base` anyway.
pub(crate) fn keep(repo: &Repo, spec: &str, tip: &Oid, base: &Oid) -> Result<Option<String>> {
    if repo.is_ancestor(tip, base)? {
        Ok(None)
    } else {
        keep_always(repo, spec, tip).map(Some)
    }
}

/// Keeps a commit under `refs/chant/kept/`.
pub(crate) fn keep_always(repo: &Repo, spec: &str, tip: &Oid) -> Result<String> {
    let id = chant_spec::SpecId::parse(spec)
        .map_err(|error| Error::new(Code::Internal, error.to_string()))?;
    let name = format!(
        "refs/chant/kept/{}/{}",
        id.branch_component(),
        &tip.as_str()[..12]
    );
    repo.set_ref(&name, tip, "chant: keep")?;
    Ok(name)
}

/// Writes a file into a worktree. A link in the worktree must not lead it outside.
pub(super) fn bring(worktree: &Path, path: &str, bytes: &[u8]) -> Result<()> {
    let target = worktree.join(path);
    let parent = target.parent().unwrap_or(worktree);
    chant_os::file::create_dir_all(parent)?;
    let inside = match (parent.canonicalize(), worktree.canonicalize()) {
        (Ok(parent), Ok(worktree)) => parent.starts_with(worktree),
        _ => false,
    };
    if !inside || target.is_symlink() {
        return Err(Error::new(
            Code::InputMissing,
            format!("{path} would be written through a link that leads elsewhere"),
        )
        .hint("remove the link from the repository, or name the real file"));
    }
    Ok(chant_os::file::replace(&target, bytes)?)
}

/// What a prompt is rendered for.
pub(crate) struct Occasion<'a> {
    /// The run's id; empty where it is only looked at.
    pub(crate) run: &'a str,
    pub(crate) id: &'a str,
    pub(crate) prompt: &'a str,
    pub(crate) worktree: &'a Path,
    pub(crate) branch: &'a str,
    pub(crate) base: &'a str,
    pub(crate) attempt: u32,
    pub(crate) previous_failure: &'a str,
    pub(crate) feedback: &'a [Feedback],
    pub(crate) conflict: Option<&'a Contradiction>,
    pub(crate) silent: bool,
}

impl Occasion<'_> {
    /// The fence of this prompt, around everything that is quoted in it.
    fn fence(&self, document: &chant_spec::Document, inputs: &[Option<Vec<u8>>]) -> Fence {
        let told = self.feedback.iter().map(|told| told.text.as_str());
        let others = self.conflict.iter().flat_map(|conflict| &conflict.with);
        let texts: Vec<&str> = [document.text(), self.previous_failure]
            .into_iter()
            .chain(told)
            .chain(others.map(|other| other.text.as_str()))
            .collect();
        let texts = texts.iter().map(|text| text.as_bytes());
        Fence::around(
            self.run,
            &texts.chain(inputs.iter().flatten().map(Vec::as_slice)),
        )
    }
}

/// The prompt as an agent gets it, but for the mark of its fences: that is each run's own.
pub(crate) fn render(
    project: &Project,
    document: &chant_spec::Document,
    sources: &[inputs::Source],
    occasion: &Occasion<'_>,
) -> Result<String> {
    let prompt = Prompt::find(&project.dot_chant().join("prompts"), occasion.prompt)?;
    let contents = inputs::contents(project.repo(), sources)?;
    let fence = occasion.fence(document, &contents);
    let most = project.config().limits.inputs_bytes;
    let (inputs, budget) = inputs::fenced(sources, &contents, most, &fence);
    let id = chant_spec::SpecId::parse(occasion.id)
        .map_err(|error| Error::new(Code::Internal, error.to_string()))?;
    // What could not be proven is refused when the spec is worked; a look at its prompt is not the place.
    let proof = crate::proof::Plan::of(project, &id, document)
        .ok()
        .flatten();
    prompt.render(&Variables {
        document,
        id: occasion.id,
        path: &project.spec_path_from_root(&id),
        project: &project.name(),
        worktree: &occasion.worktree.join(project.prefix_text()),
        branch: occasion.branch,
        base: occasion.base,
        inputs: &inputs,
        proof: proof.as_ref(),
        inputs_budget: &budget,
        attempt: occasion.attempt,
        previous_failure: occasion.previous_failure,
        feedback: occasion.feedback,
        conflict: occasion.conflict,
        fence: &fence,
        silent: occasion.silent,
    })
}
