//! A run that a person goes on with by hand: from `collect` on it is a run like every other.

use chant_agent::{AgentConfig, AgentKind};

use super::{LeftOpen, Run, RunState, Surroundings, folder};
use crate::claim;
use crate::error::{Code, Error, Result};
use crate::journal::{Journal, RunRecord, Step};
use crate::project::Project;

impl<'a, 's> Run<'a, 's> {
    /// Takes up a run that was taken over, with what lies in its worktree as the person's result.
    pub(crate) fn finalize(
        project: &'a Project,
        run: &RunRecord,
        by: Option<&str>,
        outside: Surroundings<'s>,
    ) -> Result<Self> {
        let journal = Journal::open(&project.state_dir(), &project.project_key())?;
        let claim = claim::claim(&project.state_dir(), &project.project_key(), &run.spec)?;
        // It may have been given back while we waited for the claim.
        let found = journal.latest(&run.spec)?.filter(|now| now.id == run.id);
        let Some((mut record, mut takeover)) =
            found.and_then(|now| Some((now.clone(), now.facts.takeover?)))
        else {
            let spec = &run.spec;
            return Err(Error::new(
                Code::WrongStatus,
                format!("{spec} is not in your hands any more"),
            )
            .hint(format!("chant show {spec}")));
        };
        if let Some(by) = by {
            by.clone_into(&mut takeover.by);
        }
        takeover.refused = None;
        takeover.sign(&mut record);
        record.facts.takeover = Some(takeover);
        record.facts.agent_failure = None;
        if record.step < Step::Land || record.state == RunState::Conflict {
            in_hand(project, &record)?;
            record.step = Step::Collect;
        }
        let start = Self::consented_start(project, &record)?;
        // No agent is started any more; this is who is named.
        let agent = AgentConfig::new(&record.facts.agent, AgentKind::Command);
        let mut run = Self::assemble(project, journal, record, start, agent, outside, claim)?;
        run.resumed = true;
        Ok(run)
    }
}

/// What a person offers is what lies in the worktree, once they are done with it.
fn in_hand(project: &Project, run: &RunRecord) -> Result<()> {
    let spec = &run.spec;
    if !run.facts.worktree.join(".git").exists() {
        return Err(Error::new(
            Code::WrongStatus,
            format!(
                "{spec}: the worktree {} is gone, and with it what was not committed there",
                folder(project, &run.facts).display()
            ),
        )
        .hint(format!(
            "make it again from the branch {}: chant takeover {spec}; then look at it, and: chant finalize {spec}",
            run.facts.branch
        )));
    }
    match LeftOpen::find(project, run)? {
        // What is left of a conflict that is on record is found where both are joined.
        Some(LeftOpen::Conflict { .. }) if run.facts.conflict.is_some() => Ok(()),
        Some(open) => Err(open.error(run, &format!("chant finalize {spec}"))),
        None => Ok(()),
    }
}
