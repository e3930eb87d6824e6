//! The message of a landing's commit: the title, then the record as trailers that any git can read.

use chant_git::with_trailers;
use chant_spec::Document;

use crate::journal::{Landing, RunRecord};
use crate::project::Project;

/// Longer subjects are cut where git's own tools would cut them.
const SUBJECT: usize = 72;

/// More outputs than this are counted, not listed.
pub(crate) const LISTED: usize = 200;

/// `chant(<id>): <title>` with the record; in silent mode the title alone.
pub(crate) fn commit_message(
    project: &Project,
    run: &RunRecord,
    spec: &Document,
    landing: &Landing,
) -> String {
    let title = title(spec, &run.spec);
    if run.facts.silent {
        return format!("{}\n", subject(&title));
    }
    let subject = subject(&format!("chant({}): {title}", run.spec));
    let trailers = trailers(project, run, landing);
    let trailers: Vec<(&str, &str)> = trailers
        .iter()
        .map(|(key, value)| (*key, value.as_str()))
        .collect();
    with_trailers(&subject, &trailers)
}

/// The title as one line.
pub(crate) fn title(spec: &Document, id: &str) -> String {
    crate::one_line(spec.title().unwrap_or(id))
        .trim()
        .to_owned()
}

fn trailers(project: &Project, run: &RunRecord, landing: &Landing) -> Vec<(&'static str, String)> {
    let facts = &run.facts;
    let mut trailers = vec![
        ("Chant-Spec", run.spec.clone()),
        ("Chant-Run", run.id.clone()),
        ("Chant-Base", landing.onto.clone()),
    ];
    if !project.project_key().is_empty() {
        trailers.push(("Chant-Project", project.project_key()));
    }
    let version = facts.agent_version.as_deref().unwrap_or("version unknown");
    trailers.push((
        "Chant-Agent",
        format!("{} ({}, {version})", facts.agent, facts.agent_kind),
    ));
    if let Some(model) = &facts.model {
        trailers.push(("Chant-Model", model.clone()));
    }
    trailers.push((
        "Chant-Prompt",
        format!("{} {}", facts.prompt_oid, facts.prompt),
    ));
    for input in &facts.inputs {
        trailers.push((
            "Chant-Input",
            format!("{} {}", input.oid.as_deref().unwrap_or("-"), input.name),
        ));
    }
    for output in facts.outputs.iter().take(LISTED) {
        let oid = output.oid.as_deref().unwrap_or("-");
        trailers.push(("Chant-Output", format!("{oid} {}", output.path)));
    }
    for check in &facts.checks {
        trailers.push(("Chant-Check", check.trailer()));
    }
    if !facts.criteria.is_empty() {
        let states = facts.criteria.iter().map(|criterion| criterion.state);
        let counts = crate::query::counted(states);
        trailers.push(("Chant-Criteria", crate::query::in_words(&counts)));
    }
    if let Some(proof) = &facts.proof {
        trailers.push(("Chant-Proof", proof.summary()));
    }
    for concern in facts.concerns.iter().take(LISTED) {
        trailers.push(("Chant-Concern", concern.to_string()));
    }
    trailers
        .into_iter()
        .map(|(key, value)| (key, crate::one_line(&value)))
        .collect()
}

/// A subject no longer than git's own tools show.
pub(crate) fn subject(subject: &str) -> String {
    if subject.chars().count() <= SUBJECT {
        return subject.to_owned();
    }
    let kept: String = subject.chars().take(SUBJECT - 1).collect();
    format!("{}…", kept.trim_end())
}
