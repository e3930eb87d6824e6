//! What an agent must leave alone besides what is protected: tests that an earlier phase proved with, and where the
//! spec is strict, everything but its target files. Pure.

use chant_spec::Stage;

use super::judge::Evidence;
use crate::prove::TestFiles;

/// Whether every frozen file is as it was, or is put back to what it was.
pub(super) fn nothing_frozen(evidence: &Evidence<'_>) -> Result<(), String> {
    let who = evidence.maker.who();
    for change in evidence.changes {
        let Some(file) = evidence.frozen.iter().find(|file| file.path == change.path) else {
            continue;
        };
        return Err(match &change.new {
            None => format!("{who} deleted {}, which {} froze", file.path, file.by),
            Some((_, oid)) if oid.as_str() == file.oid => continue,
            Some(_) => format!("{who} changed {}, which {} froze", file.path, file.by),
        });
    }
    Ok(())
}

/// Where the spec is strict, or of a type that is, whether only its target files changed.
pub(super) fn nothing_outside(evidence: &Evidence<'_>) -> Result<(), String> {
    let front = evidence.start.frontmatter();
    let why = if front.strict {
        "the spec is strict".to_owned()
    } else if evidence.targets_only && !front.target_files.is_empty() {
        format!("a spec of the type {} changes nothing else", front.kind)
    } else {
        return Ok(());
    };
    let who = evidence.maker.who();
    match outside(evidence).as_slice() {
        [] => Ok(()),
        [one] => Err(format!(
            "{who} changed {one}, which is not one of the target files, and {why}"
        )),
        [first, rest @ ..] => Err(format!(
            "{who} changed {first} and {} other files that are not target files, and {why}",
            rest.len()
        )),
    }
}

/// The changed files that the spec does not name: neither as targets nor as tests. chant's own folder is another matter.
pub(super) fn outside(evidence: &Evidence<'_>) -> Vec<String> {
    let front = evidence.start.frontmatter();
    let tests = front.proof.iter().flat_map(|proof| &proof.tests);
    let named: Vec<String> = front.target_files.iter().chain(tests).cloned().collect();
    let reproduces = front.proof.is_some() && front.stage() == Stage::Reproduction;
    if front.target_files.is_empty() && !front.strict && !reproduces {
        return Vec::new();
    }
    // A glob that is none is named by lint; it matches nothing.
    let Ok(named) = TestFiles::new(evidence.prefix, &named) else {
        return Vec::new();
    };
    let chants = format!("{}.chant/", evidence.prefix);
    evidence
        .changes
        .iter()
        .map(|change| change.path.as_str())
        .filter(|path| !path.starts_with(&chants) && !named.contains(path))
        .map(str::to_owned)
        .collect()
}
