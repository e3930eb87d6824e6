//! What landed, read back: which spec, from which inputs, with which outputs, by whom.
//!
//! In normal mode the main branch's commits are the record, so that a fresh clone knows as much as the clone that did
//! the work; they are read in one pass of `git log`. What silent mode landed is known to this clone's journal alone.
//! A cache keyed by the commit spares most of the pass; deleting it costs time, never truth.

mod cache;
mod silent;
#[cfg(test)]
mod tests;
mod trailers;

use std::collections::{HashMap, HashSet};

use chant_git::{Logged, Oid};
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::project::Project;

pub(crate) use trailers::claims_to_land;

/// One landing of one spec.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Landing {
    /// The spec's id.
    pub spec: String,
    /// The run's id; empty where it is inferred.
    pub run: String,
    /// The commit it landed as; `None` where git had nothing to land, as for silent research.
    pub commit: Option<Oid>,
    /// The main branch's tip that it landed on, where that was recorded.
    pub base: Option<Oid>,
    /// When, RFC 3339. For people: nothing is decided by it.
    pub at: String,
    /// The agent with its kind and version, as recorded.
    pub agent: String,
    /// The model, where known.
    pub model: Option<String>,
    /// The prompt's object id and name.
    pub prompt: Option<(Oid, String)>,
    /// What it was made from.
    pub inputs: Vec<Input>,
    /// What it changed, the spec itself left out.
    pub outputs: Vec<Output>,
    /// The checks, each as `<what came of it>: <command>`.
    pub checks: Vec<String>,
    /// Whether only this clone knows of it.
    pub silent: bool,
    /// How many landings came after it.
    #[serde(skip)]
    pub place: usize,
    /// Whether it was worked out from the commit that completed the spec, because nothing was recorded.
    pub inferred: bool,
}

/// What a landing was made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Input {
    /// The path from the project's root, or the URL.
    pub name: String,
    /// What it is.
    pub kind: InputKind,
    /// The object id of its content; of a spec, of its intent. `None` where it can not be known.
    pub oid: Option<String>,
}

/// What an input is: its name says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum InputKind {
    /// A file.
    File,
    /// A spec.
    Spec,
    /// An address; its content is never known.
    Url,
}

impl InputKind {
    /// What a recorded name stands for.
    pub(crate) fn of(name: &str) -> Self {
        if crate::inputs::is_url(name) {
            Self::Url
        } else if crate::inputs::spec_of_path(name).is_some() {
            Self::Spec
        } else {
            Self::File
        }
    }
}

/// What a landing changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Output {
    /// The path from the project's root.
    pub path: String,
    /// The object id of its content; `None` where it was deleted.
    pub oid: Option<String>,
}

/// Everything that landed, by spec.
#[derive(Debug, Default)]
pub(crate) struct History {
    landings: HashMap<String, Vec<Landing>>,
}

impl History {
    /// What had landed at a commit of the main branch. At most three processes, none where the cache is of that commit.
    pub(crate) fn load(project: &Project, at: &Oid) -> Result<Self> {
        let mut landings = recorded(project, at)?;
        let silent = silent::landings(project)?;
        if !silent.is_empty() {
            // No order but time holds between what git has and what the journal has.
            landings.extend(silent);
            landings.sort_by_key(|landing| std::cmp::Reverse(moment(&landing.at)));
        }
        let mut history = Self::default();
        for (place, mut landing) in landings.into_iter().enumerate() {
            landing.place = place;
            history
                .landings
                .entry(landing.spec.clone())
                .or_default()
                .push(landing);
        }
        Ok(history)
    }

    /// The last landing of a spec.
    pub(crate) fn latest(&self, spec: &str) -> Option<&Landing> {
        self.all(spec).first()
    }

    /// Every landing of a spec, newest first.
    pub(crate) fn all(&self, spec: &str) -> &[Landing] {
        self.landings.get(spec).map_or(&[], Vec::as_slice)
    }

    /// Every landing, in no order.
    pub(crate) fn landings(&self) -> impl Iterator<Item = &Landing> {
        self.landings.values().flatten()
    }

    /// Every landing of every spec, in no order.
    pub(crate) fn every(&self) -> impl Iterator<Item = &Landing> {
        self.landings.values().flatten()
    }
}

fn moment(at: &str) -> jiff::Timestamp {
    at.parse().unwrap_or(jiff::Timestamp::MIN)
}

/// What the commits say, no landing before a later one.
fn recorded(project: &Project, at: &Oid) -> Result<Vec<Landing>> {
    let cached = cache::read(project);
    if let Some(cached) = &cached
        && cached.tip == *at
    {
        return Ok(cache::distinct(cached.landings.clone()));
    }
    let landings = match cached.map(|cached| extended(project, at, cached)) {
        Some(Ok(Some(landings))) => landings,
        // A commit that is gone from the repository can not be gone on from: everything is read again.
        _ => of_commits(project, &project.repo().log_trailers(at, None)?),
    };
    cache::write(project, at, &landings);
    Ok(cache::distinct(landings))
}

/// The cached landings with those of the commits since, where these lie in one line on top of it; `None` where
/// they do not, and what comes before what is git's to say.
fn extended(project: &Project, at: &Oid, cached: cache::Cached) -> Result<Option<Vec<Landing>>> {
    if !project.repo().is_ancestor(&cached.tip, at)? {
        return Ok(None);
    }
    let new = project.repo().log_trailers(at, Some(&cached.tip))?;
    let mut known: HashSet<&Oid> = new.iter().map(|commit| &commit.oid).collect();
    known.insert(&cached.tip);
    let on_top = new.iter().flat_map(|commit| &commit.parents);
    if !on_top.into_iter().all(|parent| known.contains(parent)) {
        return Ok(None);
    }
    let mut landings = of_commits(project, &new);
    landings.extend(cached.landings);
    Ok(Some(landings))
}

fn of_commits(project: &Project, commits: &[Logged]) -> Vec<Landing> {
    let key = project.project_key();
    commits
        .iter()
        .filter_map(|commit| trailers::landing(commit, &key))
        .collect()
}
