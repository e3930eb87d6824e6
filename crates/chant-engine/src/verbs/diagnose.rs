//! `chant diagnose`: is everything here that a run needs, and is anything left half-done?

use serde::Serialize;

use super::cleanup;
use crate::agents;
use crate::bench::pool::{self, Standing};
use crate::claim;
use crate::config::size_in_words;
use crate::error::{Error, Result};
use crate::journal::{Journal, RunRecord, RunState};
use crate::project::Project;
use crate::query::{self, Filter};
use crate::run;
use crate::trust;
use crate::ways;
use crate::ways::ways_on;

/// How a finding stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// As it should be.
    Ok,
    /// Works, but look at it.
    Warning,
    /// A run would fail.
    Problem,
}

/// One thing that was looked at.
#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    /// What was looked at.
    pub name: String,
    /// How it stands.
    pub health: Health,
    /// What was found, one sentence.
    pub found: String,
    /// What to do, where something is to be done.
    pub hint: Option<String>,
}

impl Finding {
    fn new(name: &str, health: Health, found: impl Into<String>) -> Self {
        Self {
            name: name.to_owned(),
            health,
            found: found.into(),
            hint: None,
        }
    }

    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    fn problem(name: &str, error: &Error) -> Self {
        let mut finding = Self::new(name, Health::Problem, error.message.clone());
        finding.hint.clone_from(&error.hint);
        finding
    }
}

/// Looks at everything a run needs. Changes nothing.
pub fn diagnose(project: &Project) -> Vec<Finding> {
    let mut findings = vec![git(project), main_branch(project)];
    findings.extend(config(project));
    findings.push(trusted(project));
    findings.extend(agents(project));
    findings.push(worktrees(project));
    findings.push(places(project));
    findings.extend(idle(project));
    findings.push(disk(project));
    findings
        .extend(runs(project).unwrap_or_else(|error| vec![Finding::problem("journal", &error)]));
    findings.push(leftovers(project));
    findings.extend(approvals(project));
    findings
}

/// Approvals that were given and do not hold any more.
fn approvals(project: &Project) -> Vec<Finding> {
    let every = query::list(project, &Filter::default()).unwrap_or_default();
    let fallen = every.into_iter().filter_map(|spec| {
        let approval = spec.approval.as_ref()?;
        let matters = spec.needs_approval_again() || approval.lapsed;
        let says = spec.reason.clone().unwrap_or_else(|| approval.says.clone());
        let id = &spec.id;
        matters.then(|| {
            Finding::new("approval", Health::Warning, format!("{id}: {says}")).hint(format!(
                "look at it again, then: chant approve {id} --by NAME"
            ))
        })
    });
    fallen.collect()
}

fn git(project: &Project) -> Finding {
    match project.repo().check_version() {
        Ok(version) => Finding::new("git", Health::Ok, format!("version {version}")),
        Err(error) => Finding::problem("git", &error.into()),
    }
}

fn main_branch(project: &Project) -> Finding {
    match project.start_point() {
        Ok((main, base)) => Finding::new(
            "main branch",
            Health::Ok,
            format!("{main} at {}", &base.as_str()[..10]),
        ),
        Err(error) => Finding::problem("main branch", &error),
    }
}

fn config(project: &Project) -> Vec<Finding> {
    let warnings = &project.config().warnings;
    if warnings.is_empty() {
        return vec![Finding::new("settings", Health::Ok, "understood")];
    }
    warnings
        .iter()
        .map(|warning| {
            Finding::new(
                "settings",
                Health::Warning,
                format!("{}: {}", warning.key, warning.message),
            )
            .hint("`chant config` shows every setting and where it is from")
        })
        .collect()
}

fn trusted(project: &Project) -> Finding {
    match trust::check_config(project) {
        Ok(()) => Finding::new(
            "trust",
            Health::Ok,
            "this clone may run what its files name",
        ),
        Err(error) => {
            let mut finding = Finding::problem("trust", &error);
            finding.health = Health::Warning;
            finding
        }
    }
}

fn agents(project: &Project) -> Vec<Finding> {
    let names: Vec<&str> = project
        .config()
        .agents
        .iter()
        .map(|entry| entry.name.as_str())
        .collect();
    let names = if names.is_empty() {
        vec!["claude"]
    } else {
        names
    };
    // An agent that nothing uses unasked may be missing.
    let default = project.config().defaults.agent.as_deref();
    let default = default.map_or_else(|| vec![names[0].to_owned()], crate::config::names);
    names
        .into_iter()
        .map(|name| {
            let label = format!("agent {name}");
            let found = agents::by_name(project, name).and_then(|agent| {
                let program = agents::program(project, &agent)?;
                Ok((agent, program))
            });
            match found {
                Ok((agent, program)) => Finding::new(
                    &label,
                    Health::Ok,
                    format!("{} ({})", program.display(), agent.kind),
                ),
                Err(error) => {
                    let mut finding = Finding::problem(&label, &error);
                    if !default.iter().any(|used| used == name) {
                        finding.health = Health::Warning;
                    }
                    finding
                }
            }
        })
        .collect()
}

fn worktrees(project: &Project) -> Finding {
    match project.worktrees() {
        Ok(path) => Finding::new("worktrees", Health::Ok, path.display().to_string()),
        Err(error) => Finding::problem("worktrees", &error),
    }
}

fn places(project: &Project) -> Finding {
    let places = match pool::places(project) {
        Ok(places) => places,
        Err(error) => return Finding::problem("checks", &error),
    };
    let count = |wanted| {
        let alike = places.iter().filter(|(_, standing)| *standing == wanted);
        alike.count()
    };
    let (warm, used) = (count(Standing::Warm), count(Standing::InUse));
    let found = format!("worktrees for checks: {warm} kept warm, {used} in use");
    Finding::new("checks", Health::Ok, found)
}

/// The worktrees that wait for the next runs; nothing is said where there are none.
fn idle(project: &Project) -> Option<Finding> {
    let found = run::idle::found(project).ok()?;
    let sizes = found
        .iter()
        .map(|(path, _)| chant_os::file::size_of_tree(path));
    let (count, size) = (found.len(), size_in_words(sizes.sum()));
    let says = format!("worktrees kept for the next runs: {count}, {size}");
    (count > 0).then(|| Finding::new("idle", Health::Ok, says))
}

/// What chant's folders hold, and what is free beside them.
fn disk(project: &Project) -> Finding {
    let root = match project.worktrees() {
        Ok(root) => root,
        Err(error) => return Finding::problem("disk", &error),
    };
    let size = |path: &std::path::Path| chant_os::file::size_of_tree(path);
    let (all, checks) = (size(&root), size(&root.join(".checks")));
    let runs = size(&project.state_dir().join("runs"));
    let free = chant_os::file::free_space(&root).unwrap_or(u64::MAX);
    let found = format!(
        "{} in worktrees of runs, {} in those for checks, {} in the folders of runs; {} are free",
        size_in_words(all.saturating_sub(checks)),
        size_in_words(checks),
        size_in_words(runs),
        size_in_words(free)
    );
    match project.config().room.free {
        Some(wanted) if free < wanted => {
            let asked = format!("{found}, less than `limits.disk` asks for");
            Finding::new("disk", Health::Problem, asked).hint("chant cleanup --checks --idle")
        }
        _ => Finding::new("disk", Health::Ok, found),
    }
}

fn runs(project: &Project) -> Result<Vec<Finding>> {
    let Some(journal) = Journal::open_existing(&project.state_dir(), &project.project_key())?
    else {
        return Ok(vec![Finding::new(
            "journal",
            Health::Ok,
            "nothing has been worked in this clone yet",
        )]);
    };
    let latest = journal.all_latest()?;
    let mut findings = vec![Finding::new(
        "journal",
        Health::Ok,
        match latest.len() {
            1 => "1 spec has a present run".to_owned(),
            many => format!("{many} specs have a present run"),
        },
    )];
    for run in latest.into_iter().filter(|run| !run.state.is_over()) {
        let live = claim::is_held(&project.state_dir(), &project.project_key(), &run.spec);
        let waits = matches!(run.state, RunState::Paused | RunState::Conflict)
            || (run.state == RunState::Landing && !run.reason.is_empty());
        let name = format!("run of {}", run.spec);
        if live {
            findings.push(Finding::new(
                &name,
                Health::Ok,
                format!("{} now", run.state.name()),
            ));
        } else if waits {
            let found = format!("it waits: {}", run.reason);
            findings.push(Finding::new(&name, Health::Warning, found).hint(go_on(&run)));
        }
    }
    for left in query::left::look(project)? {
        let name = format!("run of {}", left.spec);
        findings.push(Finding::new(&name, Health::Warning, left.says).hint(left.command));
    }
    Ok(findings)
}

fn go_on(run: &RunRecord) -> String {
    match run.state {
        RunState::Conflict => ways::in_a_line(&ways_on(run)),
        RunState::Paused => format!("chant work {}", run.spec),
        _ => format!("chant merge {}", run.spec),
    }
}

fn leftovers(project: &Project) -> Finding {
    match cleanup::find(project) {
        Ok(found) if found.is_empty() => Finding::new("leftovers", Health::Ok, "none"),
        Ok(found) => Finding::new(
            "leftovers",
            Health::Warning,
            format!("{} things that no run needs", found.len()),
        )
        .hint("chant cleanup"),
        Err(error) => Finding::problem("leftovers", &error),
    }
}
