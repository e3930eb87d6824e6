//! Completed specs of which no landing is recorded: they are compared with the commit that completed them.

use std::collections::HashMap;

use chant_git::Oid;
use chant_spec::{Document, Kind};

use super::chain::{declared, writes_findings};
use super::{Examination, state::State};
use crate::error::Result;
use crate::history::{Input, InputKind, Landing, Output};
use crate::index::Entry;
use crate::inputs::{is_url, spec_of_path};
use crate::project::Project;

/// The line that says that a spec is completed.
const COMPLETED: &str = "^status:.*completed";

/// Whether a spec should have a landing.
pub(super) fn is_done(entry: &Entry) -> bool {
    entry.node.status == chant_spec::Status::Completed && entry.node.kind != Kind::Driver
}

/// A commit that completed a spec, and when.
type Completion = (Oid, String);

/// The commits that completed these specs, as far as they can be found. At most two processes.
pub(super) fn completions(
    project: &Project,
    state: &State,
    entries: &[Entry],
    unrecorded: &[usize],
) -> Result<HashMap<usize, Completion>> {
    if unrecorded.is_empty() {
        return Ok(HashMap::new());
    }
    let folders =
        ["specs", "archive"].map(|name| project.path_from_repo(&format!(".chant/{name}")));
    let folders: Vec<&str> = folders.iter().map(String::as_str).collect();
    let mut newest: HashMap<String, Completion> = HashMap::new();
    for touch in project.repo().touches_of(&state.at, &folders, COMPLETED)? {
        if touch.is_there {
            newest.entry(touch.path).or_insert((touch.commit, touch.at));
        }
    }
    let mut found = HashMap::new();
    let mut by_file = Vec::new();
    for &at in unrecorded {
        let entry = &entries[at];
        // To be put away is not to be completed: the place among the specs comes first.
        let places = [
            format!(".chant/specs/{}.md", entry.node.id),
            entry.path.clone(),
        ];
        let completion = places
            .iter()
            .find_map(|path| newest.get(&project.path_from_repo(path)));
        match (completion, &entry.content) {
            (Some(completion), _) => drop(found.insert(at, completion.clone())),
            (None, Ok(summary)) => {
                by_file.extend(summary.commits.last().map(|name| (at, name.clone())));
            }
            (None, Err(_)) => {}
        }
    }
    let names: Vec<String> = by_file.iter().map(|(_, name)| name.clone()).collect();
    for ((at, _), oid) in by_file.iter().zip(project.repo().commits_named(&names)?) {
        if let Some(oid) = oid {
            found.insert(*at, (oid, String::new()));
        }
    }
    Ok(found)
}

/// What those specs were made from, as the commits that completed them have it. At most two processes.
pub(super) fn landings(
    exam: &Examination<'_>,
    completions: HashMap<usize, Completion>,
) -> Result<Vec<(usize, Landing)>> {
    let mut places: Vec<(Oid, String)> = Vec::new();
    let mut asked = Vec::new();
    for (at, (commit, when)) in completions {
        let inputs = input_names(exam, at);
        let outputs = output_names(exam, at);
        let from = places.len();
        for name in inputs.iter().chain(&outputs) {
            places.push((commit.clone(), exam.project.path_from_repo(name)));
        }
        asked.push((at, commit, when, inputs, outputs, from));
    }
    let oids = exam.project.repo().ids_at(&places)?;
    let mut landings: Vec<(usize, Landing)> = asked
        .into_iter()
        .map(|(at, commit, when, inputs, outputs, from)| {
            let (for_inputs, rest) = oids[from..].split_at(inputs.len());
            let landing = Landing {
                spec: exam.entries[at].node.id.clone(),
                commit: Some(commit),
                at: when,
                inputs: inputs.into_iter().zip(for_inputs).map(input).collect(),
                outputs: outputs
                    .into_iter()
                    .zip(rest)
                    .filter_map(|(path, oid)| {
                        let oid = Some(oid.as_ref()?.to_string());
                        Some(Output { path, oid })
                    })
                    .collect(),
                inferred: true,
                ..Landing::default()
            };
            (at, landing)
        })
        .collect();
    by_intent(exam, &mut landings)?;
    Ok(landings)
}

/// What the entries name today: what else a glob matched then, is not known.
fn input_names(exam: &Examination<'_>, at: usize) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let entry = &exam.entries[at];
    for name in declared(entry).into_iter().flat_map(|(_, list)| list) {
        if is_url(name) {
            names.push(name.clone());
        } else if let Some(spec) = exam.names.spec(name) {
            let spec = &exam.entries[spec];
            names.push(format!(".chant/specs/{}.md", spec.node.id));
            let summary = spec.content.iter();
            names.extend(summary.flat_map(|summary| summary.target_files.clone()));
        } else {
            let found = exam.state.named_by(name);
            if found.is_empty() {
                names.push(name.trim_start_matches("./").to_owned());
            }
            names.extend(found.iter().cloned());
        }
    }
    names.sort_unstable();
    names.dedup();
    names
}

fn output_names(exam: &Examination<'_>, at: usize) -> Vec<String> {
    let entry = &exam.entries[at];
    match &entry.content {
        Ok(summary) if writes_findings(&entry.node.kind) => summary.target_files.clone(),
        _ => Vec::new(),
    }
}

fn input((name, oid): (String, &Option<Oid>)) -> Input {
    Input {
        kind: InputKind::of(&name),
        oid: oid.as_ref().map(ToString::to_string),
        name,
    }
}

/// Specs count by what they ask for.
fn by_intent(exam: &Examination<'_>, landings: &mut [(usize, Landing)]) -> Result<()> {
    let mut specs: Vec<&mut Input> = landings
        .iter_mut()
        .flat_map(|(_, landing)| &mut landing.inputs)
        .filter(|input| spec_of_path(&input.name).is_some() && input.oid.is_some())
        .collect();
    let oids: Vec<String> = specs.iter().filter_map(|input| input.oid.clone()).collect();
    let contents = exam.project.repo().contents(&oids)?;
    for (input, bytes) in specs.iter_mut().zip(contents) {
        if let Some(Ok(document)) = bytes.map(Document::parse) {
            input.oid = Some(crate::blob_id(
                &chant_spec::intent_as_input(&document),
                exam.state.digits(),
            ));
        }
    }
    Ok(())
}
