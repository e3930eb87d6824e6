//! Several repositories: by which names a person knows them, and how a spec of one waits for a spec of another.
//!
//! A repository is only ever read here. Which there are is the person's own setting, never a repository's; nothing that a
//! spec says can lead to another place on the disk.

mod foreign;

pub(crate) use foreign::Foreign;
pub use foreign::qualified;

use std::path::Path;

use serde::Serialize;

use crate::config::{Config, RepoEntry};
use crate::error::{Code, Error, Result};
use crate::project::Project;
use crate::query::{self, Filter, Spec};

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
        let message = format!(
            "the repository {:?} can not be used: {}",
            repo.name, error.message
        );
        Error::new(Code::RepoNotFound, message)
            .hint(format!(
                "it is to be in {}: see `repos` in your settings",
                repo.path.display()
            ))
            .detail("repo", repo.name.clone())
    })
}

/// A spec, and the repository it is in.
#[derive(Debug, Clone, Serialize)]
pub struct Placed {
    /// The repository's name.
    pub repo: String,
    /// The one object for a spec.
    #[serde(flatten)]
    pub spec: Spec,
}

/// The specs of all repositories that a person knows.
#[derive(Debug, Default)]
pub struct Everywhere {
    /// The specs, by repository.
    pub specs: Vec<Placed>,
    /// Repositories that can not be used, with the reason.
    pub problems: Vec<Error>,
}

/// Lists every known repository, and the one at this place, if it is in none of them.
pub fn list_everywhere(at: &Path, filter: &Filter) -> Result<Everywhere> {
    let repos = known(at)?;
    let here = Project::open(at).ok();
    if repos.is_empty() && here.is_none() {
        return Err(
            Error::new(Code::RepoNotFound, "no repositories are in your settings")
                .hint("name them in ~/.config/chant/config.md: repos: [{name: …, path: …}]"),
        );
    }
    let mut all = Everywhere::default();
    let mut seen = Vec::new();
    let mut take = |name: String, project: &Project| -> Result<()> {
        seen.push(project.root().to_owned());
        let specs = query::list(project, filter)?.into_iter();
        let repo = || name.clone();
        all.specs
            .extend(specs.map(|spec| Placed { repo: repo(), spec }));
        Ok(())
    };
    let mut problems = Vec::new();
    for repo in &repos {
        let listed = open(repo).and_then(|project| take(repo.name.clone(), &project));
        problems.extend(listed.err());
    }
    if let Some(here) = here {
        let root = here.root().to_owned();
        let is_known = repos
            .iter()
            .any(|repo| open(repo).is_ok_and(|project| project.root() == root));
        if !is_known {
            take(here.name(), &here)?;
        }
    }
    all.problems = problems;
    Ok(all)
}
