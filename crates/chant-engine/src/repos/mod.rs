//! Several repositories: by which names a person knows them, and how a spec of one waits for a spec of another.
//!
//! A repository is only ever read here. Which there are is the person's own setting, never a repository's; nothing that a
//! spec says can lead to another place on the disk.

mod circle;
mod foreign;

pub(crate) use foreign::Foreign;
pub use foreign::qualified;

use std::path::Path;

use crate::config::{Config, RepoEntry};
use crate::error::{Code, Error, Result};
use crate::project::Project;

/// The repositories that are known at a place: the person's, and those of this machine's settings where the place is in a
/// project.
pub fn known(at: &Path) -> Result<Vec<RepoEntry>> {
    match Project::open(at) {
        Ok(project) => Ok(project.config().repos.clone()),
        Err(error) if matches!(error.code, Code::NotARepository | Code::NoProject) => {
            Ok(Config::of_person()?.repos)
        }
        Err(error) => Err(error),
    }
}

/// The folder of the repository of this name.
pub fn named(known: &[RepoEntry], name: &str) -> Result<RepoEntry> {
    let found = known.iter().find(|repo| repo.name == name);
    found.cloned().ok_or_else(|| unknown(known, name))
}

fn unknown(known: &[RepoEntry], name: &str) -> Error {
    let names: Vec<&str> = known.iter().map(|repo| repo.name.as_str()).collect();
    let near = crate::nearest(name, names.iter().copied());
    let hint = match (near, names.as_slice()) {
        (Some(near), _) => format!("did you mean {near:?}?"),
        (None, []) => {
            "name it in ~/.config/chant/config.md: repos: [{name: …, path: …}]".to_owned()
        }
        (None, names) => format!("known repositories: {}", names.join(", ")),
    };
    Error::new(
        Code::RepoNotFound,
        format!("no repository {name:?} is in your settings"),
    )
    .hint(hint)
    .detail("repo", name)
}

/// Opens the project of a repository. Starts no process.
pub fn open(repo: &RepoEntry) -> Result<Project> {
    Project::open(&repo.path).map_err(|error| {
        let why = if repo.path.exists() {
            error.message.clone()
        } else {
            format!("there is no {}", repo.path.display())
        };
        let message = format!("the repository {:?} can not be used: {why}", repo.name);
        Error::new(Code::RepoNotFound, message)
            .hint(format!(
                "it is to be in {}: see `repos` in your settings",
                repo.path.display()
            ))
            .detail("repo", repo.name.clone())
    })
}
