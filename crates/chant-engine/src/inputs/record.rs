//! The inputs of a run as its landing records them: by content, and of a spec only what it asks for.
//!
//! Besides what the spec names and the agent is given, what its dependencies wrote is recorded: the work builds on it.

use std::collections::HashSet;

use chant_git::Oid;
use chant_spec::Document;

use super::find::Finder;
use super::{Source, spec_of_path};
use crate::error::Result;
use crate::journal::InputRecord;
use crate::project::Project;

/// Everything that a run of `document` from `base` is made from; `given` is what the agent is given.
pub(crate) fn record(
    project: &Project,
    document: &Document,
    base: &Oid,
    given: &[Source],
) -> Result<Vec<InputRecord>> {
    let left = left_by_dependencies(project, document, base)?;
    let mut seen = HashSet::new();
    given
        .iter()
        .chain(&left)
        .filter(|source| seen.insert(source.name().to_owned()))
        .map(|source| recorded(project, source, base))
        .collect()
}

fn recorded(project: &Project, source: &Source, base: &Oid) -> Result<InputRecord> {
    let mut oid = source.oid().map(ToString::to_string);
    if let (Some(blob), Some(_)) = (source.oid(), spec_of_path(source.name()))
        && let Ok(document) = Document::parse(project.repo().blob(blob)?)
    {
        oid = Some(crate::blob_id(
            &chant_spec::intent_as_input(&document),
            base.as_str().len(),
        ));
    }
    Ok(InputRecord {
        name: source.name().to_owned(),
        kind: source.kind().to_owned(),
        oid,
    })
}

/// The target files of what a spec depends on, as far as they exist.
fn left_by_dependencies(project: &Project, document: &Document, base: &Oid) -> Result<Vec<Source>> {
    let depends_on = &document.frontmatter().depends_on;
    if depends_on.is_empty() {
        return Ok(Vec::new());
    }
    let mut finder = Finder::new(project, base)?;
    for name in depends_on {
        let Ok(found) = project.resolve(name, project.root()) else {
            continue;
        };
        let Ok(dependency) = project.document(&found.path) else {
            continue;
        };
        for target in &dependency.frontmatter().target_files {
            // What is missing, too large or too much is no input: nobody has named it as one.
            drop(finder.add_target(target)?);
        }
    }
    Ok(finder.into_found())
}
