//! Which commit broke what held: each check that is broken now, at commits between its landing and the main branch.

use chant_git::Oid;
use chant_spec::Check;
use serde::Serialize;

use super::{Session, Subject, Verified, interrupted};
use crate::bench::{self, Stopped, name_of};
use crate::error::Result;
use crate::index::SpecRef;

/// How the search for the commit that broke a check ended.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "found", rename_all = "snake_case")]
pub enum Search {
    /// It held before this commit.
    Commit {
        /// The commit.
        commit: String,
        /// Its subject.
        subject: String,
        /// Who wrote it.
        author: String,
        /// How many commits were looked at, the ends left out.
        steps: u32,
    },
    /// There is no such commit to be found.
    Nothing {
        /// Why.
        reason: String,
    },
}

impl Session<'_, '_> {
    /// Searches for what broke each check that is broken.
    pub(super) fn search_all(&mut self, subjects: &[Subject], all: &mut [Verified]) -> Result<()> {
        for (verified, subject) in all.iter_mut().zip(subjects) {
            for (rerun, check) in verified.checks.iter_mut().zip(&subject.checks) {
                if !rerun.record.passed {
                    rerun.search = Some(self.search(&subject.spec, check)?);
                }
            }
        }
        Ok(())
    }

    /// Which commit of the main line since the landing broke a check.
    fn search(&mut self, spec: &SpecRef, check: &Check) -> Result<Search> {
        let id = spec.id.as_str();
        let nothing = |reason: String| Ok(Search::Nothing { reason });
        let Some(from) = self.landing_of(id) else {
            return nothing("its landing is not recorded, so there is nowhere to begin".to_owned());
        };
        let Some(line) = bench::main_line(self.project, &from, &self.tip)? else {
            let from = short(&from);
            return nothing(format!(
                "the main branch does not contain its landing {from} any more"
            ));
        };
        let row: Vec<&Oid> = std::iter::once(&from).chain(&line).collect();
        let steps = bench::most_looks(row.len());
        self.note(format!(
            "{id}: {}: searching {} commits since {}, in at most {steps} steps",
            name_of(check),
            line.len(),
            short(&from)
        ));
        if !self.holds_at(spec, check, &from)? {
            let from = short(&from);
            return nothing(format!(
                "it fails on {from}, where it landed, as well: something other than a commit changed"
            ));
        }
        let looked =
            bench::first_unlike(row.len(), |at| self.holds_at(spec, check, row[at]).map(Ok))?;
        match looked {
            Ok((at, steps)) if at > 0 => self.culprit(row[at], steps),
            Ok(_) => {
                nothing("nothing was committed since it landed; it fails only sometimes".to_owned())
            }
            Err(Stopped) => Err(interrupted()),
        }
    }

    fn culprit(&self, commit: &Oid, steps: u32) -> Result<Search> {
        let repo = self.project.repo();
        let parent = repo.parent_of(commit)?.unwrap_or_else(|| commit.clone());
        let details = repo.log(&parent, commit)?.into_iter().next();
        let (subject, author) = details
            .map(|commit| (commit.subject, commit.author.name))
            .unwrap_or_default();
        Ok(Search::Commit {
            commit: commit.to_string(),
            subject,
            author,
            steps,
        })
    }

    fn holds_at(&self, spec: &SpecRef, check: &Check, commit: &Oid) -> Result<bool> {
        let place = self.place(commit)?;
        let log = format!("{}-at-{}", spec.id, short(commit));
        Ok(self.run(&place, spec, &log, check)?.passed)
    }
}

fn short(oid: &Oid) -> String {
    oid.as_str().chars().take(10).collect()
}
