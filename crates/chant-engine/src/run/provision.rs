//! What a worktree is given: the spec, the inputs that git does not have, the prompt.

use std::path::{Path, PathBuf};

use chant_git::{Oid, TreeEdit};

use super::{Flow, Run};
use crate::error::{Code, Error, Result};
use crate::feedback::{self, Feedback};
use crate::fence::Fence;
use crate::inputs;
use crate::landing::known;
use crate::project::Project;
use crate::prompt::{Contradiction, Prompt, Variables};

impl Run<'_, '_> {
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
        self.write_prompt()?;
        self.take_ports()?;
        if let Some(flow) = self.make_ready()? {
            return Ok(flow);
        }
        Ok(self.can_be_proven()?.unwrap_or(Flow::Next))
    }

    fn write_prompt(&self) -> Result<PathBuf> {
        let file = self.dir().join("prompt.md");
        chant_os::file::replace(&file, self.prompt_text()?.as_bytes())?;
        Ok(file)
    }

    /// The prompt's file; written again where the run's folder was deleted since.
    pub(super) fn prompt_file(&self) -> Result<PathBuf> {
        let file = self.dir().join("prompt.md");
        if file.exists() {
            return Ok(file);
        }
        self.write_prompt()
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
