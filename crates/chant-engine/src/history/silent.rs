//! What landed silently: git says nothing of it, so this clone's journal does.

use super::{Input, InputKind, Landing, Output};
use crate::error::Result;
use crate::journal::{Journal, RunRecord, RunState};
use crate::project::Project;

/// The silent landings of this clone, newest first.
pub(super) fn landings(project: &Project) -> Result<Vec<Landing>> {
    let Some(journal) = Journal::open_existing(&project.state_dir(), &project.project_key())?
    else {
        return Ok(Vec::new());
    };
    Ok(journal
        .all()?
        .into_iter()
        .rev()
        .filter(|run| run.state == RunState::Completed && run.facts.silent)
        .map(landing)
        .collect())
}

fn landing(run: RunRecord) -> Landing {
    let facts = run.facts;
    let version = facts.agent_version.as_deref().unwrap_or("version unknown");
    let base: Option<chant_git::Oid> = facts
        .landing
        .as_ref()
        .and_then(|landing| landing.onto.parse().ok());
    let commit = facts
        .landing
        .as_ref()
        .and_then(|landing| landing.commit.as_ref()?.parse().ok());
    Landing {
        spec: run.spec,
        run: run.id,
        commit: commit.filter(|commit| Some(commit) != base.as_ref()),
        base,
        at: run.ended_at.unwrap_or(run.started_at),
        agent: format!("{} ({}, {version})", facts.agent, facts.agent_kind),
        model: facts.model,
        prompt: facts.prompt_oid.parse().ok().map(|oid| (oid, facts.prompt)),
        inputs: facts
            .inputs
            .into_iter()
            .map(|input| Input {
                kind: InputKind::of(&input.name),
                name: input.name,
                oid: input.oid,
            })
            .collect(),
        outputs: facts
            .outputs
            .into_iter()
            .map(|output| Output {
                path: output.path,
                oid: output.oid,
            })
            .collect(),
        checks: facts
            .checks
            .iter()
            .map(crate::journal::CheckRecord::trailer)
            .collect(),
        silent: true,
        place: 0,
        inferred: false,
    }
}
