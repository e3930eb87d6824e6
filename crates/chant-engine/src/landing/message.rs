//! The message of a landing's commit: the title, then the record as trailers that any git can read.

use chant_git::{Change, with_trailers};
use chant_spec::Document;

use crate::journal::RunRecord;
use crate::project::Project;

/// Longer subjects are cut where git's own tools would cut them.
const SUBJECT: usize = 72;

/// More outputs than this are counted, not listed.
const LISTED: usize = 200;

/// `chant(<id>): <title>` with the record; in silent mode the title alone.
pub(crate) fn commit_message(
    project: &Project,
    run: &RunRecord,
    spec: &Document,
    outputs: &[Change],
) -> String {
    let title = title(spec, &run.spec);
    if run.facts.silent {
        return format!("{}\n", cut(&title));
    }
    let subject = cut(&format!("chant({}): {title}", run.spec));
    let trailers = trailers(project, run, outputs);
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

fn trailers(project: &Project, run: &RunRecord, outputs: &[Change]) -> Vec<(&'static str, String)> {
    let facts = &run.facts;
    let mut trailers = vec![
        ("Chant-Spec", run.spec.clone()),
        ("Chant-Run", run.id.clone()),
    ];
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
    for change in outputs.iter().take(LISTED) {
        let path = change
            .path
            .strip_prefix(&project.prefix_text())
            .unwrap_or(&change.path);
        let oid = change.new.as_ref().map_or("-", |(_, oid)| oid.as_str());
        trailers.push(("Chant-Output", format!("{oid} {path}")));
    }
    for check in &facts.checks {
        trailers.push(("Chant-Check", format!("{}: {}", check.outcome, check.run)));
    }
    trailers
        .into_iter()
        .map(|(key, value)| (key, crate::one_line(&value)))
        .collect()
}

fn cut(subject: &str) -> String {
    if subject.chars().count() <= SUBJECT {
        return subject.to_owned();
    }
    let kept: String = subject.chars().take(SUBJECT - 1).collect();
    format!("{}…", kept.trim_end())
}
