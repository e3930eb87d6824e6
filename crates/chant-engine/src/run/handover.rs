//! What a run has done so far and what is open: for the next agent, and for the person who goes on by hand.
//!
//! Read from the worktree, the spec in it and the run's events; nothing of it is the agent's own account alone.

use std::fmt::Write as _;
use std::path::PathBuf;

use chant_agent::AgentEvent;
use chant_agent::redact::Redactor;
use chant_git::{Oid, Repo};
use chant_spec::Document;
use serde::Serialize;

use crate::error::Result;
use crate::event::Event;
use crate::journal::Follower;
use crate::journal::{Facts, RunRecord};
use crate::landing::known;
use crate::project::Project;
use crate::run::with_local_files;

/// The last words of an agent that are handed on.
const WORDS: usize = 3;

/// The longest of them, in characters.
const LONGEST: usize = 800;

/// More files and commits than this are counted, not listed.
const LISTED: usize = 40;

/// How far a run is.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Handover {
    /// Why it stopped.
    pub reason: String,
    /// The commits on its branch, oldest first: id and subject.
    pub commits: Vec<String>,
    /// The files it changed.
    pub files: Vec<Touched>,
    /// The criteria that are ticked.
    pub ticked: Vec<String>,
    /// The criteria that are not.
    pub open: Vec<String>,
    /// The agent's last words.
    pub said: Vec<String>,
}

/// A file that a run changed.
#[derive(Debug, Clone, Serialize)]
pub struct Touched {
    /// Its path from the repository's root.
    pub path: String,
    /// Lines added; absent where it is not text.
    pub added: Option<u32>,
    /// Lines removed.
    pub removed: Option<u32>,
}

impl Handover {
    /// Looks at a run that stands still.
    pub(crate) fn of(project: &Project, run: &RunRecord) -> Result<Self> {
        let mut handover = Self {
            reason: run.reason.clone(),
            said: last_words(project, &run.id),
            ..Self::default()
        };
        let facts = &run.facts;
        if !facts.start_tree.is_empty()
            && let Some((tip, tree)) = present(project, facts)?
        {
            handover.look(project.repo(), facts, &tip, &tree)?;
            handover.clean();
        }
        Ok(handover)
    }

    fn look(&mut self, repo: &Repo, facts: &Facts, tip: &Oid, tree: &Oid) -> Result<()> {
        let log = repo.log(&known(Some(&facts.base))?, tip)?;
        let line = |commit: &chant_git::Commit| {
            let subject = commit.message.lines().next().unwrap_or_default();
            format!("{} {}", commit.oid.short(), crate::one_line(subject))
        };
        self.commits = log.iter().rev().map(line).collect();
        let changes = repo.line_counts(&known(Some(&facts.start_tree))?, tree)?;
        // What became of the spec is told by its criteria.
        let others = changes.into_iter().filter(|it| it.path != facts.spec_path);
        self.files = others.map(Touched::from).collect();
        if let Some(entry) = repo.read_file(tree, &facts.spec_path)?
            && let Ok(spec) = Document::parse(repo.blob(&entry.oid)?)
        {
            for criterion in spec.criteria() {
                let list = if criterion.checked {
                    &mut self.ticked
                } else {
                    &mut self.open
                };
                list.push(criterion.text.clone());
            }
        }
        Ok(())
    }

    /// What the agent wrote to its commits and its spec is not known to be free of secrets yet.
    fn clean(&mut self) {
        let redactor = Redactor::of_user();
        let lists = [&mut self.commits, &mut self.ticked, &mut self.open];
        lists
            .into_iter()
            .flatten()
            .for_each(|text| redactor.clean(text));
    }

    /// Whether there is nothing to hand on: no agent has done anything yet.
    pub(crate) fn is_empty(&self) -> bool {
        self.commits.is_empty() && self.files.is_empty() && self.said.is_empty()
    }

    /// As sections of markdown, each a sentence and a list. No line is a task: criteria are counted elsewhere.
    pub(crate) fn markdown(&self) -> String {
        let mut text = String::new();
        let files = self
            .files
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>();
        section(&mut text, "Changed so far", &files);
        section(&mut text, "Commits so far", &self.commits);
        section(&mut text, "Criteria that are ticked", &self.ticked);
        section(&mut text, "Criteria that are open", &self.open);
        section(&mut text, "The agent's last words", &self.said);
        text
    }
}

impl From<chant_git::LineCount> for Touched {
    fn from(count: chant_git::LineCount) -> Self {
        Self {
            path: count.path,
            added: count.added,
            removed: count.removed,
        }
    }
}

impl std::fmt::Display for Touched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let path = crate::one_line(&self.path);
        match (self.added, self.removed) {
            (Some(added), Some(removed)) => write!(f, "`{path}` (+{added} -{removed})"),
            _ => write!(f, "`{path}` (not text)"),
        }
    }
}

fn section(text: &mut String, heading: &str, items: &[String]) {
    if items.is_empty() {
        return;
    }
    // Writing to a string does not fail.
    let _ = write!(text, "{heading}:\n\n");
    for item in items.iter().take(LISTED) {
        let _ = writeln!(text, "- {}", crate::one_line(item));
    }
    if let Some(more) = items.len().checked_sub(LISTED).filter(|more| *more > 0) {
        let _ = writeln!(text, "- and {more} more");
    }
    text.push('\n');
}

/// Where a person, or an agent, works: the project's folder in the run's worktree.
pub(crate) fn folder(project: &Project, facts: &Facts) -> PathBuf {
    match project.prefix_text().as_str() {
        "" => facts.worktree.clone(),
        prefix => facts.worktree.join(prefix),
    }
}

/// The run's tip and everything in its worktree as one tree; where that is gone, what is on its branch.
fn present(project: &Project, facts: &Facts) -> Result<Option<(Oid, Oid)>> {
    let repo = project.repo();
    if !facts.worktree.join(".git").exists() {
        let tip = repo.branch_oid(&facts.branch.parse()?)?;
        return Ok(match tip {
            Some(tip) => Some((tip.clone(), repo.tree_of(&tip)?)),
            None => None,
        });
    }
    let there = repo.at(&facts.worktree);
    let Some(tip) = there.head_oid()? else {
        return Ok(None);
    };
    let tree = there.snapshot()?;
    let tree = if facts.silent {
        with_local_files(project, &tree, &facts.worktree)?
    } else {
        tree
    };
    Ok(Some((tip, tree)))
}

fn last_words(project: &Project, run: &str) -> Vec<String> {
    let events = Follower::new(project, run).all_events().unwrap_or_default();
    let texts = events
        .into_iter()
        .rev()
        .filter_map(|stamped| match stamped.event {
            Event::Agent(AgentEvent::Text { text }) => Some(text),
            _ => None,
        });
    let mut words: Vec<String> = texts
        .filter(|text| !text.trim().is_empty())
        .take(WORDS)
        .map(|text| cut(&crate::one_line(text.trim())))
        .collect();
    words.reverse();
    words
}

fn cut(text: &str) -> String {
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    let kept: String = text.chars().take(LONGEST).collect();
    format!("{kept} …")
}
