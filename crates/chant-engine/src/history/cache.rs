//! The cache of what landed: believed only whole, of this version of chant, and for exactly the commit it names.

use std::collections::HashSet;
use std::path::PathBuf;

use chant_git::Oid;
use serde::{Deserialize, Serialize};

use super::Landing;
use crate::project::Project;

/// Changed whenever the format, or what is read from a commit, changes.
const FORMAT: &str = concat!("chant history 1 ", env!("CARGO_PKG_VERSION"), "\n");

/// No history is longer.
const MAX_BYTES: u64 = 1 << 30;

/// What the commits up to a tip say.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Cached {
    pub(super) tip: Oid,
    pub(super) landings: Vec<Landing>,
}

fn file(project: &Project) -> PathBuf {
    let key = project.project_key();
    let name = if key.is_empty() {
        "history".to_owned()
    } else {
        format!("history-{}", crate::digest(key.as_bytes(), 8))
    };
    project.state_dir().join(name)
}

/// The cache, where there is one that can be used.
pub(super) fn read(project: &Project) -> Option<Cached> {
    let bytes = chant_os::file::read_regular(&file(project), MAX_BYTES).ok()?;
    let rest = bytes.strip_prefix(FORMAT.as_bytes())?;
    let (sum, body) = rest.split_at_checked(32)?;
    (crate::digest(body, 16).as_bytes() == sum)
        .then(|| postcard::from_bytes(body).ok())
        .flatten()
}

/// Writes the cache. Failing to is no failure: a repository that can not be written is still read.
pub(super) fn write(project: &Project, tip: &Oid, landings: &[Landing]) {
    let Ok(body) = postcard::to_allocvec(&(tip, landings)) else {
        return;
    };
    let mut bytes = FORMAT.as_bytes().to_vec();
    bytes.extend_from_slice(crate::digest(&body, 16).as_bytes());
    bytes.extend_from_slice(&body);
    let path = file(project);
    if let Some(folder) = path.parent()
        && chant_os::file::create_dir_all(folder).is_ok()
    {
        drop(chant_os::file::replace_cache(&path, &bytes));
    }
}

/// Each run once: a landing that was picked onto another branch and merged is still one landing.
pub(super) fn distinct(mut landings: Vec<Landing>) -> Vec<Landing> {
    let mut seen = HashSet::new();
    landings.retain(|landing| seen.insert(landing.run.clone()));
    landings
}
