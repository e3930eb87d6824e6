//! The specs of all repositories that a person knows.

use std::path::Path;

use serde::Serialize;

use super::{Filter, Spec, list};
use crate::error::{Code, Error, Result};
use crate::project::Project;
use crate::repos::{known, open};

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
        let specs = list(project, filter)?.into_iter();
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
