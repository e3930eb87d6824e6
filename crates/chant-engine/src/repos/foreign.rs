//! Specs of other repositories that specs of this one depend on, as `repository:spec`.

use std::collections::HashMap;

use chant_spec::graph::{Lookup, Node};
use chant_spec::{Kind, SpecId};

use super::circle::Circles;
use crate::error::{Code, Error, Result};
use crate::index::{self, Entry};
use crate::project::Project;

/// What one name stands for.
#[derive(Debug)]
enum Reached {
    /// This spec, called as it was named.
    One(Box<Node>),
    /// Why it can not be known.
    Unknown(String),
}

/// Everything outside this repository that its open specs depend on. Empty, and free, where nothing does.
#[derive(Debug, Default)]
pub(crate) struct Foreign {
    reached: HashMap<String, Reached>,
}

impl Foreign {
    /// Looks every name up. Each repository is read once; a name that a spec of this project has is not one of another's.
    pub(crate) fn of(project: &Project, entries: &[Entry]) -> Self {
        let open = entries
            .iter()
            .filter(|entry| entry.node.status.is_workable() && !entry.node.archived);
        let mut by_repo: HashMap<&str, Vec<(&str, &str)>> = HashMap::new();
        for name in open.flat_map(|entry| &entry.node.depends_on) {
            if let Some((repo, id)) = name.split_once(':')
                && !entries.iter().any(|entry| entry.node.id == *name)
            {
                by_repo.entry(repo).or_default().push((name, id));
            }
        }
        let mut reached = HashMap::new();
        for (repo, names) in by_repo {
            match Other::open(project, repo) {
                Ok(other) => {
                    for (name, id) in names {
                        reached.insert(name.to_owned(), other.reach(name, id));
                    }
                }
                Err(error) => {
                    for (name, _) in names {
                        let why = Reached::Unknown(error.message.clone());
                        reached.insert(name.to_owned(), why);
                    }
                }
            }
        }
        let mut found = Self { reached };
        found.find_circles(project, entries);
        found
    }

    /// What waits for itself is never completed: whoever waits for it is told so.
    fn find_circles(&mut self, project: &Project, entries: &[Entry]) {
        let is_open =
            |reached: &Reached| matches!(reached, Reached::One(node) if node.status.is_workable());
        let mut circles = None;
        for (name, reached) in &mut self.reached {
            if !is_open(reached) {
                continue;
            }
            let circles = circles.get_or_insert_with(|| Circles::around(project, entries));
            if let Some(chain) = circles.through(name) {
                *reached = Reached::Unknown(format!("that waits for itself: {chain}"));
            }
        }
    }

    /// What a name stands for, if it is one of another repository's.
    pub(crate) fn look_up(&self, name: &str) -> Option<Lookup<'_>> {
        self.reached.get(name).map(|reached| match reached {
            Reached::One(node) => Lookup::One(node),
            Reached::Unknown(why) => Lookup::Unknown(why.clone()),
        })
    }
}

/// Another repository, read.
struct Other {
    project: Project,
    entries: Vec<Entry>,
}

impl Other {
    fn open(project: &Project, repo: &str) -> Result<Self> {
        let other = super::open(&super::named(&project.config().repos, repo)?)?;
        let entries = index::entries(&other)?;
        Ok(Self {
            project: other,
            entries,
        })
    }

    /// Its status, and whether a gate was passed. What it waits for itself is its own repository's affair.
    fn reach(&self, name: &str, id: &str) -> Reached {
        let id = match self.project.resolve_id(id) {
            Ok(id) => id,
            Err(error) => return Reached::Unknown(error.message.clone()),
        };
        let found = self
            .entries
            .iter()
            .find(|entry| entry.node.id == id.as_str());
        match found {
            Some(entry) => Reached::One(Box::new(Node {
                id: name.to_owned(),
                kind: Kind::default(),
                status: entry.node.status.clone(),
                gate: entry.node.gate.clone(),
                consent: entry.node.consent.clone(),
                archived: entry.node.archived,
                ..Node::default()
            })),
            None => Reached::Unknown(format!("{id} is gone")),
        }
    }
}

/// The full name of a spec of another repository, where `name` is one: `web:004` becomes `web:2026-11-21-004-k3x`.
pub fn qualified(project: &Project, name: &str) -> Option<Result<String>> {
    let (repo, id) = name.split_once(':')?;
    let is_own = SpecId::parse(name).is_ok_and(|id| matches!(project.locate(&id), Ok(Some(_))));
    if is_own || name.contains('/') {
        return None;
    }
    let full = || {
        let entry = super::named(&project.config().repos, repo)?;
        let id = super::open(&entry)?.resolve_id(id).map_err(|error| {
            let message = format!("in {repo}: {}", error.message);
            Error::new(error.code, message).hint(format!("chant list --repo {repo}"))
        })?;
        Ok(format!("{repo}:{id}"))
    };
    Some(full().map_err(|error: Error| match error.code {
        Code::SpecAmbiguous => error.hint("write more of the id"),
        _ => error,
    }))
}
