//! What an earlier phase proved with stays as it is: the test files of every completed spec that this one builds on.

use std::collections::{HashSet, VecDeque};

use chant_git::Oid;
use chant_spec::{Document, Ending, SpecId, Stage, Status};

use super::files::{TestFiles, is_at};
use crate::error::Result;
use crate::history::History;
use crate::project::Project;
use crate::proof::Frozen;

/// The test files that a spec builds on, as they are in `base`.
pub(crate) fn frozen(
    project: &Project,
    id: &SpecId,
    document: &Document,
    base: &Oid,
) -> Result<Vec<Frozen>> {
    let mut files: Vec<Frozen> = Vec::new();
    let mut history = None;
    for (by, tests) in proven_before(project, id, document)? {
        let Ok(wanted) = TestFiles::new(&project.prefix_text(), &tests) else {
            continue;
        };
        let history = match &mut history {
            Some(history) => history,
            None => history.insert(History::load(project, base)?),
        };
        for file in files_of(project, &by, &wanted, base)? {
            if !files.iter().any(|known| known.path == file.path) {
                let changed_since = differs(project, history, &file);
                files.push(Frozen {
                    changed_since,
                    ..file
                });
            }
        }
    }
    Ok(files)
}

/// The completed specs with a proof that this one builds on, nearest first, each with its test files.
fn proven_before(
    project: &Project,
    id: &SpecId,
    document: &Document,
) -> Result<Vec<(String, Vec<String>)>> {
    let mut seen = HashSet::from([id.as_str().to_owned()]);
    let mut queue: VecDeque<SpecId> = builds_on(project, document).into();
    let mut found = Vec::new();
    while let Some(id) = queue.pop_front() {
        if !seen.insert(id.as_str().to_owned()) {
            continue;
        }
        let Some(spec) = project.locate(&id)? else {
            continue;
        };
        // What cannot be read freezes nothing; whoever needs it says so.
        let Ok(document) = project.landed_document(&spec) else {
            continue;
        };
        let front = document.frontmatter();
        let accepted = front.status == Status::Completed
            && (front.stage() == Stage::Fix || front.ending() == Some(Ending::Reproduced));
        if let (Some(proof), true) = (&front.proof, accepted)
            && !proof.tests.is_empty()
        {
            found.push((id.to_string(), proof.tests.clone()));
        }
        queue.extend(builds_on(project, &document));
    }
    Ok(found)
}

/// The specs that a spec names, as far as the names stand for any.
fn builds_on(project: &Project, document: &Document) -> Vec<SpecId> {
    let front = document.frontmatter();
    let from = front.proof.iter().filter_map(|proof| proof.from.as_ref());
    front
        .depends_on
        .iter()
        .chain(&front.informed_by)
        .chain(from)
        .filter_map(|name| match crate::inputs::spec_of_path(name) {
            Some(id) => Some(id),
            None if project.root().join(name).is_file() => None,
            None => project.resolve_id(name).ok(),
        })
        .collect()
}

fn files_of(project: &Project, by: &str, wanted: &TestFiles, base: &Oid) -> Result<Vec<Frozen>> {
    let repo = project.repo();
    let frozen = |path: String, oid: &Oid, tracked| Frozen {
        path,
        oid: oid.to_string(),
        by: by.to_owned(),
        tracked,
        changed_since: false,
    };
    let mut files: Vec<Frozen> = wanted
        .within(repo, base)?
        .into_iter()
        .map(|entry| frozen(entry.path, &entry.oid, true))
        .collect();
    for path in wanted.literal() {
        let full = repo.root().join(path);
        if files.iter().any(|file| is_at(&file.path, path)) || !full.is_file() {
            continue;
        }
        let bytes = chant_os::file::read_regular(&full, LARGEST)?;
        files.push(frozen(path.clone(), &repo.hash_object(&bytes)?, false));
    }
    Ok(files)
}

/// No test is larger.
const LARGEST: u64 = 16 << 20;

fn differs(project: &Project, history: &History, file: &Frozen) -> bool {
    let path = file.path.strip_prefix(&project.prefix_text());
    history
        .latest(&file.by)
        .into_iter()
        .flat_map(|landing| &landing.outputs)
        .find(|output| Some(output.path.as_str()) == path)
        .is_some_and(|output| output.oid.as_deref() != Some(file.oid.as_str()))
}
