//! What was stale the last time anybody looked, for listings: believed only while nothing that counts has changed.
//!
//! A listing starts no process, so it can not find out by itself. It believes the last answer for the main branch's tip
//! if that tip and every spec file are what they were then; else it says of nothing that it is stale.

use std::collections::HashSet;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::report::Compared;
use crate::index::Entry;
use crate::project::Project;

/// No answer is larger.
const MAX_BYTES: u64 = 64 << 20;

#[derive(Serialize, Deserialize)]
struct Remembered {
    branch: String,
    commit: String,
    specs: String,
    stale: HashSet<String>,
}

fn file(project: &Project) -> PathBuf {
    let key = crate::digest(project.root().as_os_str().as_encoded_bytes(), 8);
    project.state_dir().join(format!("stale-{key}"))
}

/// All spec files, as one short text.
fn fingerprint(entries: &[Entry]) -> String {
    let mut bytes = Vec::new();
    for entry in entries {
        bytes.extend_from_slice(entry.path.as_bytes());
        bytes.push(0);
        bytes.extend_from_slice(entry.node.status.as_str().as_bytes());
        if let Ok(summary) = &entry.content {
            bytes.extend_from_slice(&summary.blob);
        }
    }
    crate::digest(&bytes, 16)
}

/// Remembers an answer. Failing to is no failure.
pub(super) fn write(project: &Project, at: &Compared, entries: &[Entry], stale: HashSet<&str>) {
    let remembered = Remembered {
        branch: at.branch.clone(),
        commit: at.commit.clone(),
        specs: fingerprint(entries),
        stale: stale.into_iter().map(str::to_owned).collect(),
    };
    if let Ok(bytes) = serde_json::to_vec(&remembered)
        && chant_os::file::create_dir_all(&project.state_dir()).is_ok()
    {
        drop(chant_os::file::replace_cache(&file(project), &bytes));
    }
}

/// The specs that are stale as far as is remembered. No process where the branch is a loose ref.
pub(crate) fn stale(project: &Project, entries: &[Entry]) -> HashSet<String> {
    read(project, entries).unwrap_or_default()
}

fn read(project: &Project, entries: &[Entry]) -> Option<HashSet<String>> {
    let bytes = chant_os::file::read_regular(&file(project), MAX_BYTES).ok()?;
    let remembered: Remembered = serde_json::from_slice(&bytes).ok()?;
    if remembered.stale.is_empty() {
        return None;
    }
    let tip = project
        .repo()
        .branch_oid(&remembered.branch.parse().ok()?)
        .ok()??;
    (tip.as_str() == remembered.commit && fingerprint(entries) == remembered.specs)
        .then_some(remembered.stale)
}
