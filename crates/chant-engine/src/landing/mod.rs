//! How a result reaches the main branch.
//!
//! [`Candidate::plan`] computes, in memory, exactly what would land. The checks run on that tree. The queue (`run/queue/`) makes the
//! commits of all that wait, each on the one before, and moves the branch once by compare-and-swap; a branch that moved
//! meanwhile is planned for again. The checkout of the main branch follows, if there is one. In silent mode what lies
//! under `.chant/` never becomes part of a commit: it is copied back as files.

pub(crate) mod checkout;
mod message;
mod silent;
mod strategy;
mod turn;

use chant_git::{Change, Oid, Repo, TreeEdit};
use chant_spec::{Document, push_list, replace_frontmatter, set_scalar};

use crate::config::Strategy;
use crate::error::{Code, Error, Result};
use crate::journal::{Landing, OutputRecord, RunRecord};
use crate::project::Project;

pub(crate) use message::{LISTED, commit_message, subject, title};
pub(crate) use silent::{chant_files, files_of_checkout, is_chants};
pub(crate) use strategy::Onto;
pub(crate) use turn::{Move, Turn};

use strategy::{Branch, Joined, Line, join};

/// What planning a landing gives.
#[derive(Debug)]
pub(crate) enum Plan {
    /// This would land.
    Ready(Landing),
    /// The main branch and the result contradict each other.
    Conflict {
        /// The commit it was to land on.
        onto: Oid,
        /// What both changed.
        files: Vec<String>,
    },
}

/// A run with what is needed to land it.
#[derive(Debug)]
pub(crate) struct Candidate<'a> {
    /// The project.
    pub(crate) project: &'a Project,
    /// The run; its `tip` and `result_tree` are known.
    pub(crate) run: &'a RunRecord,
    /// The spec when the run began.
    pub(crate) start: &'a Document,
}

impl Candidate<'_> {
    pub(crate) fn repo(&self) -> &Repo {
        self.project.repo()
    }

    pub(crate) fn main_tip(&self) -> Result<Oid> {
        let name = self.run.facts.main.parse()?;
        self.repo().branch_oid(&name)?.ok_or_else(|| {
            Error::new(
                Code::MainBranchUnknown,
                format!("the branch {name} does not exist any more"),
            )
            .hint(
                "set `defaults.main_branch` in .chant/config.md to the branch that results land on",
            )
        })
    }

    /// Computes what would land on the main branch as it is now.
    pub(crate) fn plan(&self) -> Result<Plan> {
        self.plan_onto(Onto::Main(&self.main_tip()?))
    }

    /// Whether the main branch as it is cannot contradict the result: it is where the run began, or what the result changes is
    /// there as it was then.
    pub(crate) fn lies_apart(&self) -> Result<bool> {
        let facts = &self.run.facts;
        let (base, tip): (Oid, Oid) = (known(Some(&facts.base))?, known(facts.tip.as_deref())?);
        let main = self.main_tip()?;
        if facts.silent || self.spec_edited_since(&main)? {
            return Ok(false);
        }
        Ok(main == base || self.repo().lie_apart(&base, &main, &tip)?)
    }

    /// Computes what would land on a commit.
    pub(crate) fn plan_onto(&self, onto: Onto<'_>) -> Result<Plan> {
        let facts = &self.run.facts;
        let repo = self.repo();
        let at = onto.oid();
        if !facts.silent && self.spec_edited_since(at)? {
            return Ok(Plan::Conflict {
                onto: at.clone(),
                files: vec![facts.spec_path.clone()],
            });
        }
        let (base, tip): (Oid, Oid) = (known(Some(&facts.base))?, known(facts.tip.as_deref())?);
        let own = self.own_tip(&tip)?;
        let branch = Branch {
            base: &base,
            tip: &tip,
            own: &own,
            spec_path: &facts.spec_path,
        };
        let line = match join(repo, self.strategy(), &branch, onto)? {
            Joined::Clean(line) => line,
            Joined::Conflict(files) => {
                return Ok(Plan::Conflict {
                    onto: at.clone(),
                    files,
                });
            }
        };
        let (tree, full_tree) = if facts.silent {
            self.silent_trees(&line, at)?
        } else {
            self.open_trees(&line, at)?
        };
        let text = |oids: &[Oid]| oids.iter().map(Oid::to_string).collect();
        Ok(Plan::Ready(Landing {
            onto: at.to_string(),
            tree: tree.to_string(),
            full_tree: full_tree.to_string(),
            commit: None,
            parents: text(&line.parents),
            commits: text(&line.commits),
            remark: line.remark,
        }))
    }

    /// Silent landings are one commit, so that no message of the run's is pushed.
    fn strategy(&self) -> Strategy {
        if self.run.facts.silent {
            Strategy::Squash
        } else {
            self.project.config().landing
        }
    }

    /// chant's own commit of what was left uncommitted is not worth a commit of its own: the landing takes its place.
    fn own_tip(&self, tip: &Oid) -> Result<Oid> {
        let collected = self.run.facts.collected.as_deref() == Some(tip.as_str());
        let parent = if collected {
            self.repo().parent_of(tip)?
        } else {
            None
        };
        Ok(parent.unwrap_or_else(|| tip.clone()))
    }

    /// With chant's record in it, and without what was only brought for the agent to read.
    fn open_trees(&self, line: &Line, onto: &Oid) -> Result<(Oid, Oid)> {
        let (facts, merged) = (&self.run.facts, &line.tree);
        let spec = self.finished_spec(&line.commits)?;
        let mut edits = vec![put(&facts.spec_path, &self.repo().hash_object(&spec)?)?];
        for (path, oid) in &facts.brought {
            let unchanged = self
                .repo()
                .read_file(merged, path)?
                .is_some_and(|entry| entry.oid.as_str() == oid);
            if unchanged && self.repo().read_file(onto, path)?.is_none() {
                edits.push(TreeEdit::remove(path.parse()?));
            }
        }
        let tree = self.repo().write_tree(Some(merged), &edits)?;
        Ok((tree.clone(), tree))
    }

    /// Git's tree has nothing of `.chant/` that the main branch does not have; the full one has it all.
    fn silent_trees(&self, line: &Line, onto: &Oid) -> Result<(Oid, Oid)> {
        let (repo, merged) = (self.repo(), &line.tree);
        let tree = repo.write_tree(Some(merged), &silent::withdrawn(repo, onto, merged)?)?;
        let mut edits =
            silent::local_files(repo, &known(self.run.facts.result_tree.as_deref())?, &tree)?;
        edits.push(put(
            &self.run.facts.spec_path,
            &repo.hash_object(&self.finished_spec(&[])?)?,
        )?);
        let full = repo.write_tree(Some(&tree), &edits)?;
        Ok((tree, full))
    }

    /// The spec as it will stand: the agent's body, the frontmatter the run began with, and the record.
    fn finished_spec(&self, commits: &[Oid]) -> Result<Vec<u8>> {
        let facts = &self.run.facts;
        let result: Oid = known(facts.result_tree.as_deref())?;
        let entry = self
            .repo()
            .read_file(&result, &facts.spec_path)?
            .ok_or_else(|| {
                Error::new(
                    Code::Internal,
                    format!("{} is gone from the result", facts.spec_path),
                )
            })?;
        let left = Document::parse(self.repo().blob(&entry.oid)?)?;
        let mut bytes = replace_frontmatter(&left, self.start.frontmatter_text())?;
        let completed_at = chant_os::clock::now()
            .round(jiff::Unit::Second)
            .map_or_else(|_| String::new(), |at| at.to_string());
        for (key, value) in [
            ("status", "completed"),
            ("completed_at", completed_at.as_str()),
        ] {
            bytes = set_scalar(&Document::parse(bytes)?, key, value)?;
        }
        if let Some(ending) = facts.ending {
            bytes = set_scalar(&Document::parse(bytes)?, "outcome", ending.as_str())?;
        }
        if let (None, Some(model)) = (&self.start.frontmatter().model, &facts.model) {
            bytes = set_scalar(&Document::parse(bytes)?, "model", model)?;
        }
        if !commits.is_empty() {
            let commits: Vec<&str> = commits.iter().map(Oid::as_str).collect();
            bytes = push_list(&Document::parse(bytes)?, "commits", &commits)?;
        }
        Ok(bytes)
    }

    fn spec_edited_since(&self, onto: &Oid) -> Result<bool> {
        let facts = &self.run.facts;
        if onto.as_str() == facts.base {
            return Ok(false);
        }
        let at = |commit: &Oid| -> Result<Option<Oid>> {
            Ok(self
                .repo()
                .read_file(commit, &facts.spec_path)?
                .map(|entry| entry.oid))
        };
        let (before, now) = (at(&known(Some(&facts.base))?)?, at(onto)?);
        Ok(before != now && now.as_ref().map(Oid::as_str) != Some(facts.spec_in_checkout()))
    }

    /// Makes the commit. Moves nothing.
    pub(crate) fn commit(&self, landing: &Landing) -> Result<Oid> {
        let facts = &self.run.facts;
        let (onto, tree): (Oid, Oid) = (known(Some(&landing.onto))?, known(Some(&landing.tree))?);
        if facts.silent && self.repo().tree_of(&onto)? == tree {
            return Ok(onto);
        }
        let parents = landing
            .parents
            .iter()
            .map(|parent| known(Some(parent)))
            .collect::<Result<Vec<Oid>>>()?;
        let message = commit_message(self.project, self.run, self.start, landing);
        Ok(self.repo().commit_tree(&tree, &parents, &message)?)
    }

    /// The commit of a landing that another process may have cut short, where the main branch has it by now.
    pub(crate) fn landed_before(&self, main: &Oid) -> Result<Option<Landing>> {
        let Some(landing) = &self.run.facts.landing else {
            return Ok(None);
        };
        let Some(commit) = landing.commit.as_deref() else {
            return Ok(None);
        };
        let is_there =
            commit != landing.onto && self.repo().is_ancestor(&known(Some(commit))?, main)?;
        Ok(is_there.then(|| landing.clone()))
    }

    /// The specs whose landings between two commits changed one of these files.
    pub(crate) fn landed_in(
        &self,
        base: &Oid,
        onto: &Oid,
        files: &[String],
    ) -> Result<Vec<String>> {
        let mut specs: Vec<String> = Vec::new();
        for commit in self.repo().log_trailers(onto, Some(base))? {
            let values = |key: &'static str| {
                let all = commit.trailers.iter();
                all.filter(move |(name, _)| name == key)
                    .map(|(_, value)| value)
            };
            let mut outputs = values("Chant-Output").filter_map(|value| value.split_once(' '));
            let is_in = |path: &str| files.contains(&self.project.path_from_repo(path));
            if outputs.any(|(_, path)| is_in(path)) {
                specs.extend(values("Chant-Spec").cloned());
            }
        }
        specs.reverse();
        specs.dedup();
        Ok(specs)
    }

    /// What this landing changed, the spec aside, with the content that lands: it may be merged with others' changes.
    /// Paths are from the project's root.
    pub(crate) fn output_records(&self, landing: &Landing) -> Result<Vec<OutputRecord>> {
        let prefix = self.project.prefix_text();
        let tree: Oid = known(Some(&landing.full_tree))?;
        let record = |change: Change| -> Result<OutputRecord> {
            let path = &change.path;
            let landed = self.repo().read_file(&tree, path)?;
            Ok(OutputRecord {
                path: path.strip_prefix(&prefix).unwrap_or(path).to_owned(),
                oid: landed.map(|entry| entry.oid.to_string()),
            })
        };
        self.outputs()?.into_iter().map(record).collect()
    }

    /// What changed on the main branch's side by this landing, the spec aside.
    fn outputs(&self) -> Result<Vec<Change>> {
        let start: Oid = known(Some(&self.run.facts.start_tree))?;
        let full: Oid = known(self.run.facts.result_tree.as_deref())?;
        let changes = self.repo().diff(&start, &full)?;
        Ok(changes
            .into_iter()
            .filter(|change| change.path != self.run.facts.spec_path)
            .collect())
    }
}

/// An edit that puts a plain file.
fn put(path: &str, oid: &Oid) -> Result<TreeEdit> {
    Ok(TreeEdit::put(path.parse()?, "100644", oid.clone()))
}

/// A fact that an earlier step has written down.
pub(crate) fn known(oid: Option<&str>) -> Result<Oid> {
    oid.ok_or_else(|| Error::new(Code::Internal, "the run's record lacks an object id"))?
        .parse()
        .map_err(Error::from)
}
