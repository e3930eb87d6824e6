//! What happened, newest first: landings, approvals and rejections from the commits, and this clone's own runs.
//!
//! A fresh clone tells what git knows: everything but attempts that did not land, and what silent mode did.

use std::collections::HashSet;

use jiff::Timestamp;
use serde::Serialize;

use crate::approval::Outputs;
use crate::error::Result;
use crate::history::Landing;
use crate::index::Index;
use crate::journal::{Journal, RunRecord, RunState};
use crate::project::Project;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Happening {
    /// When, RFC 3339, in UTC.
    pub at: String,
    /// `landed`, `approved`, `rejected`, or how a run ended: `failed`, `paused`, …
    pub what: String,
    /// The spec.
    pub spec: String,
    /// The person or the agent.
    pub by: String,
    /// Why, where there is something to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The commit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// Whether it was worked out, because nothing was recorded.
    pub inferred: bool,
}

/// Which happenings are wanted.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Those of this person or agent: a part of the name, in any case.
    pub by: Option<String>,
    /// Not before this moment.
    pub since: Option<Timestamp>,
    /// Those of this spec.
    pub spec: Option<String>,
}

impl Wanted {
    fn takes(&self, happening: &Happening) -> bool {
        let by = |by: &String| happening.by.to_lowercase().contains(&by.to_lowercase());
        self.by.as_ref().is_none_or(by)
            && self
                .since
                .is_none_or(|since| moment(&happening.at) >= since)
            && self
                .spec
                .as_ref()
                .is_none_or(|spec| *spec == happening.spec)
    }
}

/// What happened, newest first.
pub fn activity(project: &Project, wanted: &Wanted) -> Result<Vec<Happening>> {
    let mut all = Vec::new();
    let mut landed = HashSet::new();
    // A repository without a commit has no history; its specs and runs still say something.
    if let Ok(outputs) = Outputs::load(project) {
        for landing in outputs.history().every() {
            landed.insert(landing.run.clone());
            all.push(of_landing(landing));
        }
        all.extend(said_in_commits(project, &outputs)?);
    }
    add_said_in_files(project, &mut all)?;
    if let Some(journal) = Journal::open_existing(&project.state_dir(), &project.project_key())? {
        let runs = journal.all()?.into_iter();
        all.extend(runs.filter(|run| !landed.contains(&run.id)).map(of_run));
    }
    all.retain(|happening| wanted.takes(happening));
    all.sort_by(|a, b| {
        let order = moment(&b.at).cmp(&moment(&a.at));
        order.then_with(|| (&a.spec, &a.what).cmp(&(&b.spec, &b.what)))
    });
    Ok(all)
}

fn of_landing(landing: &Landing) -> Happening {
    Happening {
        at: utc(&landing.at),
        what: "landed".to_owned(),
        spec: landing.spec.clone(),
        by: landing.agent.clone(),
        reason: None,
        commit: landing.commit.as_ref().map(ToString::to_string),
        run: Some(landing.run.clone()).filter(|run| !run.is_empty()),
        inferred: landing.inferred,
    }
}

fn of_run(run: RunRecord) -> Happening {
    Happening {
        at: utc(run.ended_at.as_deref().unwrap_or(&run.started_at)),
        what: match run.state {
            RunState::Completed => "landed".to_owned(),
            state => state.name().to_owned(),
        },
        spec: run.spec,
        by: run.facts.agent,
        reason: Some(run.reason).filter(|reason| !reason.is_empty()),
        commit: None,
        run: Some(run.id),
        inferred: false,
    }
}

/// Approvals and rejections that are commits of the main branch.
fn said_in_commits(project: &Project, outputs: &Outputs<'_>) -> Result<Vec<Happening>> {
    let commits = project.repo().log_trailers(outputs.tip(), None)?;
    let own = project.project_key();
    let mut said = Vec::new();
    for commit in &commits {
        let mut projects = commit
            .trailers
            .iter()
            .filter(|(key, _)| key == "Chant-Project");
        if projects.next().map_or("", |(_, project)| project) != own {
            continue;
        }
        for (key, value) in &commit.trailers {
            let what = match key.as_str() {
                "Chant-Approval" => "approved",
                "Chant-Rejection" => "rejected",
                _ => continue,
            };
            let mut words = value.splitn(3, ' ');
            if let (Some(spec), Some(at), Some(by)) = (words.next(), words.next(), words.next()) {
                said.push(Happening {
                    at: utc(at),
                    what: what.to_owned(),
                    spec: spec.to_owned(),
                    by: by.to_owned(),
                    reason: None,
                    commit: Some(commit.oid.to_string()),
                    run: None,
                    inferred: false,
                });
            }
        }
    }
    Ok(said)
}

/// Approvals and rejections that only the specs' files know of; a commit's gets its reason from there.
fn add_said_in_files(project: &Project, all: &mut Vec<Happening>) -> Result<()> {
    for entry in Index::load(project)?.into_entries() {
        let Some(approval) = entry.node.approval else {
            continue;
        };
        let (Some(at), Some(what)) = (approval.at, approval.status) else {
            continue;
        };
        if !matches!(what.as_str(), "approved" | "rejected") {
            continue;
        }
        let (at, spec) = (utc(&at), entry.node.id);
        let known = all
            .iter_mut()
            .find(|it| it.spec == spec && it.at == at && it.what == what);
        if let Some(known) = known {
            known.reason = approval.reason;
            continue;
        }
        all.push(Happening {
            at,
            what,
            spec,
            by: approval.by.unwrap_or_default(),
            reason: approval.reason,
            commit: None,
            run: None,
            inferred: approval.objects.is_none(),
        });
    }
    Ok(())
}

/// One way of writing a moment, so that the same moment is the same text.
fn utc(at: &str) -> String {
    let at = at.parse::<Timestamp>();
    let second = at.and_then(|at| at.round(jiff::Unit::Second));
    second.map_or_else(|_| String::new(), |at| at.to_string())
}

fn moment(at: &str) -> Timestamp {
    at.parse().unwrap_or(Timestamp::MIN)
}
