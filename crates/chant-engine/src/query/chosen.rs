//! Which agent would work a spec now, and why: for whoever looks before a run begins.

use chant_spec::{Kind, State};

use super::spec::Spec;
use crate::agents::{self, Choice, Subject};
use crate::error::Result;
use crate::journal::Journal;
use crate::limits::Outlook;
use crate::project::Project;

/// Adds to each spec that is not over which agent its next run would be given to.
pub fn choose_agents(project: &Project, specs: &mut [Spec]) -> Result<()> {
    let mut known = None;
    for spec in specs {
        let over = matches!(spec.state, State::Completed | State::Cancelled);
        if !over && !spec.is_gate && !spec.archived && spec.error.is_none() {
            spec.chosen = Some(choice(project, spec, &mut known)?);
        }
    }
    Ok(())
}

/// What is read only where several agents could work something.
type Known<'a> = (Option<Journal>, Outlook<'a>);

fn choice<'a>(project: &'a Project, spec: &Spec, known: &mut Option<Known<'a>>) -> Result<Choice> {
    let kind = Kind::parse(&spec.kind);
    let prompt = agents::prompt_for(project, spec.prompt.as_deref(), &kind);
    let subject = Subject {
        id: &spec.id,
        labels: &spec.labels,
        kind: &kind,
        agent: spec.agent.as_deref(),
        prompt: &prompt,
    };
    let first = agents::choice(project, None, &subject, 0);
    if !first.has_others() {
        return Ok(first);
    }
    if known.is_none() {
        let journal = Journal::open_existing(&project.state_dir(), &project.project_key())?;
        *known = Some((journal, Outlook::at(project, chant_os::clock::now())?));
    }
    let Some((journal, outlook)) = known else {
        return Ok(first);
    };
    let tried = journal.as_ref().map(|journal| journal.tried(&spec.id));
    let tried = tried.transpose()?.unwrap_or(0);
    Ok(agents::choice(project, None, &subject, tried).passing_by(outlook))
}
