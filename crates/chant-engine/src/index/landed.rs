//! Landings that the files do not show yet, because they are on a branch that is not checked out here.

use chant_spec::Status;
use chant_spec::status::State;

use super::{Entry, Index};
use crate::error::Result;
use crate::journal::{Overlay, Shown};
use crate::project::Project;

/// Every entry, with landings counted that the files do not show yet.
pub(crate) fn entries(project: &Project) -> Result<Vec<Entry>> {
    let overlay = Overlay::load(&project.state_dir(), &project.project_key())?;
    let mut entries = Index::load(project)?.into_entries();
    settle(&mut entries, project, &overlay);
    Ok(entries)
}

/// Lets a landed run count where its spec's file does not show it yet: it has landed on a branch that is not
/// checked out here.
pub(crate) fn settle(entries: &mut [Entry], project: &Project, overlay: &Overlay) {
    if overlay.is_empty() {
        return;
    }
    for entry in entries {
        if overlay
            .get(&entry.node.id)
            .is_some_and(|shown| has_landed(entry, project, shown))
        {
            entry.node.status = Status::Completed;
        }
    }
}

fn has_landed(entry: &Entry, project: &Project, shown: &Shown) -> bool {
    let (State::Completed, Ok(summary)) = (shown.state, &entry.content) else {
        return false;
    };
    match shown.while_oid.as_deref() {
        None => true,
        Some(oid) if oid.len() == summary.blob.len() * 2 => oid == crate::hex(&summary.blob),
        // A repository whose object ids are SHA-256: rare enough to be worked out when asked.
        Some(oid) => project
            .read_spec_at(&entry.path)
            .is_ok_and(|bytes| crate::sha256_blob(&bytes) == oid),
    }
}
