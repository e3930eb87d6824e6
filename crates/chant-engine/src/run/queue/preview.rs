//! What the queue would do, with nothing touched: no claim, no ref, no file, no row. Objects that git may forget are made.

use std::collections::HashMap;
use std::path::PathBuf;

use chant_git::{Brought, Oid, Repo};
use chant_spec::Document;
use serde::Serialize;

use super::order;
use crate::error::Result;
use crate::journal::{Landing, RunRecord};
use crate::landing::{Candidate, Onto, Plan, checkout, known};
use crate::project::Project;

/// What would become of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Fate {
    /// It would land.
    Lands {
        /// How many commits of the agent's come with it.
        commits: usize,
        /// Whether its checks have to run again, because the main branch is not what they ran on.
        checked_again: bool,
        /// Why it does not land as the settings ask.
        remark: Option<String>,
    },
    /// It contradicts the main branch, or one that would land before it.
    Conflict {
        /// What both changed.
        files: Vec<String>,
        /// The specs that changed it.
        with: Vec<String>,
    },
    /// Uncommitted changes of the user's are in its way.
    InTheWay {
        /// The files.
        files: Vec<String>,
    },
    /// The main branch is being rebased.
    Rebase {
        /// Where.
        folder: PathBuf,
    },
    /// It depends on one that would not land.
    Waits {
        /// The spec.
        on: String,
    },
}

/// A run that waits for its turn.
#[derive(Debug, Clone, Serialize)]
pub struct Preview {
    /// The spec.
    pub id: String,
    /// The run.
    pub run: String,
    /// The branch it would land on.
    pub main_branch: String,
    /// The run's branch.
    pub branch: String,
    /// What would become of it.
    #[serde(flatten)]
    pub fate: Fate,
}

/// The runs in the order in which they would land.
pub fn preview(project: &Project, runs: &[RunRecord]) -> Result<Vec<Preview>> {
    let mut starts = Vec::with_capacity(runs.len());
    for run in runs {
        let oid: Oid = known(Some(&run.facts.spec_oid))?;
        starts.push(Document::parse(project.repo().blob(&oid)?)?);
    }
    let names: Vec<(&str, &str)> = runs
        .iter()
        .map(|run| (run.started_at.as_str(), run.spec.as_str()))
        .collect();
    let depends_on = |at: usize, spec: &str| {
        let ids = &starts[at].frontmatter().depends_on;
        ids.iter().any(|id| id == spec)
    };
    let order = order::order(&names, depends_on);
    let mut looker = Looker {
        project,
        last: HashMap::new(),
        absent: Vec::new(),
    };
    let mut previews = Vec::with_capacity(runs.len());
    for at in order {
        let mut run = runs[at].clone();
        let absent = looker.absent.iter().find(|spec| depends_on(at, spec));
        let fate = match absent.cloned() {
            Some(on) => Fate::Waits { on },
            None => looker.fate(&mut run, &starts[at])?,
        };
        if !matches!(fate, Fate::Lands { .. }) {
            looker.absent.push(run.spec.clone());
        }
        previews.push(Preview {
            id: run.spec,
            run: run.id,
            main_branch: run.facts.main,
            branch: run.facts.branch,
            fate,
        });
    }
    Ok(previews)
}

struct Looker<'a> {
    project: &'a Project,
    /// What each branch would be at, so far.
    last: HashMap<String, Oid>,
    /// The specs that would not land.
    absent: Vec<String>,
}

impl Looker<'_> {
    fn fate(&mut self, run: &mut RunRecord, start: &Document) -> Result<Fate> {
        let candidate = Candidate {
            project: self.project,
            run,
            start,
        };
        if let Some(folder) = self.project.repo().rebased_in(&run.facts.main.parse()?) {
            return Ok(Fate::Rebase { folder });
        }
        let tip = candidate.main_tip()?;
        let planned = match self.last.get(&run.facts.main) {
            Some(last) => candidate.plan_onto(Onto::Planned(last))?,
            None => candidate.plan_onto(Onto::Main(&tip))?,
        };
        let landing = match planned {
            Plan::Ready(landing) => landing,
            Plan::Conflict { onto, files } => {
                let with = candidate.landed_in(&known(Some(&run.facts.base))?, &onto, &files)?;
                return Ok(Fate::Conflict { files, with });
            }
        };
        let files = obstacles(self.project.repo(), &candidate, &landing)?;
        if !files.is_empty() {
            return Ok(Fate::InTheWay { files });
        }
        let again = landing.onto != run.facts.base && has_checks(self.project, run, start);
        run.facts.outputs = candidate.output_records(&landing)?;
        let candidate = Candidate {
            project: self.project,
            run,
            start,
        };
        let commit = candidate.commit(&landing)?;
        self.last.insert(run.facts.main.clone(), commit);
        Ok(Fate::Lands {
            commits: landing.commits.len(),
            checked_again: again && run.facts.verified.as_deref() != Some(&landing.full_tree),
            remark: landing.remark,
        })
    }
}

fn has_checks(project: &Project, run: &RunRecord, start: &Document) -> bool {
    let own = !start.frontmatter().verify.is_empty() || run.facts.plan.is_some();
    own || !project.config().checks.is_empty()
}

/// What of the user's is in the way of one landing.
fn obstacles(repo: &Repo, candidate: &Candidate<'_>, landing: &Landing) -> Result<Vec<String>> {
    let mine = candidate.silent_obstacles(landing)?;
    if !mine.is_empty() {
        return Ok(mine);
    }
    let Some(checkout) = checkout::of_branch(repo, &candidate.run.facts.main)? else {
        return Ok(Vec::new());
    };
    let tip = candidate.main_tip()?;
    let tree: Oid = known(Some(&landing.tree))?;
    match checkout.would_bring_along(&tip, &tree, &candidate.may_replace()?)? {
        Brought::Done => Ok(Vec::new()),
        Brought::InTheWay { files } => {
            // The others' are told of the others.
            let changes = repo.diff(&known(Some(&landing.onto))?, &tree)?;
            let own = |file: &String| changes.iter().any(|change| change.path == *file);
            Ok(files.into_iter().filter(own).collect())
        }
    }
}
