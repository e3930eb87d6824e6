//! What is wrong, or probably not meant, in specs: each by itself, and all together.

use std::collections::BTreeMap;

use chant_spec::graph::{self, Node};
use chant_spec::members::{Family, Flaw};
use chant_spec::status::State;
use serde::Serialize;

use super::spec::natural_order;
use super::world::World;
use crate::agents;
use crate::error::{Code, Result};
use crate::index::settle;
use crate::index::{Entry, Finding, Index, Level};
use crate::journal::Overlay;
use crate::project::Project;
use crate::repos::Foreign;
use crate::targets::{Overlap, overlaps};

/// What lint says of all specs.
#[derive(Debug, Clone, Serialize)]
pub struct Findings {
    /// How many specs were looked at.
    pub specs: usize,
    /// How many errors.
    pub errors: usize,
    /// How many warnings.
    pub warnings: usize,
    /// The specs there is something to say of.
    pub findings: Vec<SpecFindings>,
}

/// What lint says of one spec.
#[derive(Debug, Clone, Serialize)]
pub struct SpecFindings {
    /// The id.
    pub id: String,
    /// Its file, from the project's root.
    pub path: String,
    /// What there is to say, by line.
    pub findings: Vec<Finding>,
}

/// Looks at the specs of these ids, or at all where there are none. Put-away specs are looked at only by name.
pub fn lint(project: &Project, ids: &[String]) -> Result<Findings> {
    let overlay = Overlay::load(&project.state_dir(), &project.project_key())?;
    let mut entries = Index::load(project)?.into_entries();
    settle(&mut entries, project, &overlay);
    let foreign = Foreign::of(project, &entries);
    let world = World::new(&entries, &overlay).with_foreign(&foreign);
    let mut circles = circles(&entries);
    let mut shared = shared_targets(&world, &entries);
    let family = Family::of(entries.iter().map(|entry| &entry.node));
    let wanted = |entry: &&Entry| {
        if ids.is_empty() {
            !entry.node.archived
        } else {
            ids.contains(&entry.node.id)
        }
    };
    let mut result = Findings {
        specs: 0,
        errors: 0,
        warnings: 0,
        findings: Vec::new(),
    };
    for entry in entries.iter().filter(wanted) {
        result.specs += 1;
        let mut findings = match &entry.content {
            Ok(summary) => summary.findings(),
            Err(finding) => vec![finding.clone()],
        };
        findings.extend(dangling(&world, entry));
        findings.extend(unknown_agents(project, entry));
        findings.extend(circles.remove(&entry.node.id));
        findings.extend(never_done(&family, entry));
        findings.extend(shared.remove(&entry.node.id));
        if findings.is_empty() {
            continue;
        }
        findings.sort_by_key(|finding| (finding.line, finding.column));
        let count = |level| {
            findings
                .iter()
                .filter(|finding| finding.severity == level)
                .count()
        };
        result.errors += count(Level::Error);
        result.warnings += count(Level::Warning);
        result.findings.push(SpecFindings {
            id: entry.node.id.clone(),
            path: entry.path.clone(),
            findings,
        });
    }
    result.findings.sort_by(|a, b| natural_order(&a.id, &b.id));
    Ok(result)
}

/// Names in `depends_on` that stand for no spec or for several.
fn dangling(world: &World<'_>, entry: &Entry) -> Vec<Finding> {
    let over = matches!(
        entry.node.status.state(),
        State::Completed | State::Cancelled
    );
    world
        .dangling(&entry.node)
        .into_iter()
        .map(|blocker| Finding {
            severity: if over { Level::Warning } else { Level::Error },
            hint: Some("name an existing spec, or take it out of `depends_on`".into()),
            ..Finding::about_file("dangling-dependency", blocker)
        })
        .collect()
}

/// Names in `agent` that nothing here is called by. Only a warning: another machine's own settings may have them.
fn unknown_agents(project: &Project, entry: &Entry) -> Vec<Finding> {
    let summary = entry.content.as_ref().ok();
    let named = summary.and_then(|summary| summary.agent.as_deref());
    let Some(named) = named.filter(|_| entry.node.status.is_open()) else {
        return Vec::new();
    };
    let all = crate::config::names(named).into_iter();
    let unknown = all.filter_map(|name| {
        let error = agents::by_name(project, &name).err();
        let error = error.filter(|error| error.code == Code::AgentNotFound)?;
        let message = format!("`agent: {name}` names none that is configured here");
        Some(Finding {
            severity: Level::Warning,
            hint: error.hint.clone(),
            ..Finding::about_file("unknown-agent", message)
        })
    });
    unknown.collect()
}

/// What keeps the members of a driver from ever being done.
fn never_done(family: &Family<'_>, entry: &Entry) -> Option<Finding> {
    let flaw = family.flaw(&entry.node.id)?;
    if !entry.node.status.is_open() {
        return None;
    }
    let hint = match &flaw {
        Flaw::Missing(_) => "name existing specs, or take them out of `members`",
        Flaw::Circle(_) => "take one of these out of the other's `members`",
    };
    let message = match &flaw {
        Flaw::Missing(_) => format!("its members will never be done: {flaw}"),
        Flaw::Circle(way) => format!("is a member of itself: {}", way.join(" → ")),
    };
    Some(Finding {
        hint: Some(hint.into()),
        ..Finding::about_file("members-never-done", message)
    })
}

/// For each spec that is ready and about a file that another one is about: that they are not worked at the same time.
fn shared_targets(world: &World<'_>, entries: &[Entry]) -> BTreeMap<String, Finding> {
    let ready = entries.iter().filter(|entry| world.verdict(entry).ready);
    let mut targets: Vec<(&str, &[String])> = ready
        .filter_map(|entry| {
            let summary = entry.content.as_ref().ok()?;
            Some((entry.node.id.as_str(), summary.target_files.as_slice()))
        })
        .collect();
    targets.sort_by(|a, b| natural_order(a.0, b.0));
    let found = overlaps(&targets).into_iter().map(|(id, overlap)| {
        let Overlap { id: other, target } = overlap;
        let message =
            format!("{other} is about {target} too, so they are not worked at the same time");
        let hint = format!("where one builds on the other: depends_on: [{other}]");
        let finding = Finding {
            severity: Level::Warning,
            hint: Some(hint),
            ..Finding::about_file("shared-target", message)
        };
        (id, finding)
    });
    found.collect()
}

/// For each spec that waits for itself, what to say.
fn circles(entries: &[Entry]) -> BTreeMap<String, Finding> {
    let nodes: Vec<Node> = entries
        .iter()
        .filter(|entry| !entry.node.depends_on.is_empty())
        .map(|entry| entry.node.clone())
        .collect();
    let mut found = BTreeMap::new();
    for circle in graph::cycles(&nodes) {
        let message = format!("waits for itself: {}", circle.join(" → "));
        for id in circle {
            let hint = Some("take one of these out of the other's `depends_on`".into());
            found.insert(
                id,
                Finding {
                    hint,
                    ..Finding::about_file("dependency-cycle", message.clone())
                },
            );
        }
    }
    found
}
