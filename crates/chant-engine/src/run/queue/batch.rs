//! What lands with one move of the main branch: runs, each planned on top of the one before.

use std::collections::HashSet;

use chant_git::Oid;

use crate::error::Result;
use crate::journal::Landing;
use crate::landing::{Onto, Plan, known};
use crate::run::Run;

/// So many runs land together at most: each holds files open.
pub(super) const MOST: usize = 64;

/// One run of a batch.
#[derive(Debug)]
pub(super) struct Planned {
    /// Which of the queue's runs.
    pub(super) at: usize,
    /// What it lands as.
    pub(super) landing: Landing,
}

/// Runs that land together.
#[derive(Debug)]
pub(super) struct Batch {
    /// The main branch's tip that the first of them lands on.
    pub(super) tip: Oid,
    /// In the order in which they land.
    pub(super) planned: Vec<Planned>,
}

/// Why a run is not in a batch.
#[derive(Debug)]
pub(super) enum Left {
    /// It contradicts the main branch as it is, in these files.
    Conflict(Vec<String>),
    /// It may have its place in a later batch: it contradicts one in front of it, or has to be checked alone.
    Later,
}

impl Batch {
    pub(super) fn new(tip: Oid) -> Self {
        Self {
            tip,
            planned: Vec::new(),
        }
    }

    /// Whether the next run would not fit.
    pub(super) fn is_full(&self, runs: &[Run<'_, '_>], most: usize) -> bool {
        let alone = |planned: &Planned| runs[planned.at].is_checked_alone();
        self.planned.len() >= most || self.planned.iter().any(alone)
    }

    /// Plans the next run on top of those it holds. The one it lands on gets its commit by that.
    pub(super) fn add(&mut self, runs: &mut [Run<'_, '_>], at: usize) -> Result<Option<Left>> {
        if !self.planned.is_empty() && runs[at].is_checked_alone() {
            return Ok(Some(Left::Later));
        }
        let planned = match self.last(runs)? {
            None => self.first(&runs[at])?,
            Some(commit) => runs[at].candidate().plan_onto(Onto::Planned(&commit))?,
        };
        match planned {
            Plan::Ready(landing) => {
                self.planned.push(Planned { at, landing });
                Ok(None)
            }
            Plan::Conflict { files, .. } if self.planned.is_empty() => {
                Ok(Some(Left::Conflict(files)))
            }
            Plan::Conflict { .. } => Ok(Some(Left::Later)),
        }
    }

    /// What was planned and checked before holds as long as the main branch is where it was.
    fn first(&self, run: &Run<'_, '_>) -> Result<Plan> {
        let known = run.record().facts.landing.as_ref();
        match known.filter(|landing| landing.onto == self.tip.as_str() && run.has_verified(landing))
        {
            Some(landing) => Ok(Plan::Ready(Landing {
                commit: None,
                ..landing.clone()
            })),
            None => run.candidate().plan_onto(Onto::Main(&self.tip)),
        }
    }

    /// The last commit so far, where there is one other than the main branch's tip.
    fn last(&mut self, runs: &mut [Run<'_, '_>]) -> Result<Option<Oid>> {
        let Some(last) = self.planned.last_mut() else {
            return Ok(None);
        };
        commit(runs, last)?;
        known(last.landing.commit.as_deref()).map(Some)
    }

    /// Makes the commits that are still missing. Returns where the main branch is to be.
    pub(super) fn commit(&mut self, runs: &mut [Run<'_, '_>]) -> Result<Oid> {
        for planned in &mut self.planned {
            commit(runs, planned)?;
        }
        match self.planned.last() {
            Some(last) => known(last.landing.commit.as_deref()),
            None => Ok(self.tip.clone()),
        }
    }

    /// The objects that its landings need.
    pub(super) fn made(&self) -> Result<Vec<Oid>> {
        let mut made = Vec::new();
        for planned in &self.planned {
            let landing = &planned.landing;
            let trees = [&landing.tree, &landing.full_tree].into_iter();
            let commits = landing.parents.iter().chain(&landing.commits);
            for oid in trees.chain(commits).chain(&landing.commit) {
                made.push(known(Some(oid))?);
            }
        }
        Ok(made)
    }

    /// The runs in it.
    pub(super) fn members(&self) -> Vec<usize> {
        self.planned.iter().map(|planned| planned.at).collect()
    }

    /// The runs that changed one of these files.
    pub(super) fn changing(&self, runs: &[Run<'_, '_>], files: &[String]) -> Result<Vec<usize>> {
        let mut changing = Vec::new();
        for planned in &self.planned {
            let (onto, tree): (Oid, Oid) = (
                known(Some(&planned.landing.onto))?,
                known(Some(&planned.landing.tree))?,
            );
            let candidate = runs[planned.at].candidate();
            let changes = candidate.repo().diff(&onto, &tree)?;
            let paths: HashSet<&str> = changes.iter().map(|change| change.path.as_str()).collect();
            let is_in_way = |file: &String| {
                paths
                    .iter()
                    .any(|path| path == file || lies_below(path, file) || lies_below(file, path))
            };
            if files.iter().any(is_in_way) {
                changing.push(planned.at);
            }
        }
        Ok(changing)
    }
}

fn lies_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder)
        .is_some_and(|rest| rest.starts_with('/'))
}

fn commit(runs: &mut [Run<'_, '_>], planned: &mut Planned) -> Result<()> {
    if planned.landing.commit.is_some() {
        return Ok(());
    }
    let run = &mut runs[planned.at];
    let outputs = run.candidate().output_records(&planned.landing)?;
    run.record_mut().facts.outputs = outputs;
    planned.landing.commit = Some(run.candidate().commit(&planned.landing)?.to_string());
    Ok(())
}
