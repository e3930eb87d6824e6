//! Specs that wait for themselves by way of other repositories.

use std::collections::{HashMap, HashSet};

use chant_spec::graph::Node;

use crate::index::{self, Entry};
use crate::project::Project;

/// No chain of specs that people write is longer.
const LONGEST: usize = 64;

/// A repository that was read.
struct Place {
    /// As it is called from where one comes from; nothing for the one where it begins.
    name: String,
    project: Project,
    specs: HashMap<String, Node>,
}

/// The repositories that a chain leads through.
pub(super) struct Circles {
    places: Vec<Place>,
}

fn by_id(entries: &[Entry]) -> HashMap<String, Node> {
    let nodes = entries.iter().map(|entry| entry.node.clone());
    nodes.map(|node| (node.id.clone(), node)).collect()
}

/// A spec at its place.
type Spot = (usize, String);

impl Circles {
    /// Beginning in this project, whose specs are known.
    pub(super) fn around(project: &Project, entries: &[Entry]) -> Self {
        let here = Place {
            name: String::new(),
            project: project.clone(),
            specs: by_id(entries),
        };
        Self { places: vec![here] }
    }

    /// The chain by which what a name stands for waits for itself; none where it does not.
    pub(super) fn through(&mut self, name: &str) -> Option<String> {
        let first = self.reach(0, name)?;
        let mut seen = HashSet::new();
        let mut chain = vec![first.clone()];
        self.follow(&first, &first, &mut seen, &mut chain).then(|| {
            chain
                .iter()
                .map(|spot| self.called(spot))
                .collect::<Vec<_>>()
                .join(" → ")
        })
    }

    /// Whether something that `from` waits for is `goal`; then `chain` leads there.
    fn follow(
        &mut self,
        from: &Spot,
        goal: &Spot,
        seen: &mut HashSet<Spot>,
        chain: &mut Vec<Spot>,
    ) -> bool {
        if chain.len() > LONGEST || !seen.insert(from.clone()) {
            return false;
        }
        let waits_for = self.node(from).map_or_else(Vec::new, |node| {
            let is_open = node.status.is_workable() && !node.archived;
            if is_open {
                node.depends_on.clone()
            } else {
                Vec::new()
            }
        });
        for name in waits_for {
            let Some(next) = self.reach(from.0, &name) else {
                continue;
            };
            chain.push(next.clone());
            if next == *goal || self.follow(&next, goal, seen, chain) {
                return true;
            }
            chain.pop();
        }
        false
    }

    fn node(&self, (place, id): &Spot) -> Option<&Node> {
        self.places[*place].specs.get(id)
    }

    /// What a name stands for that is written at a place.
    fn reach(&mut self, place: usize, name: &str) -> Option<Spot> {
        let spot = (place, name.to_owned());
        if self.node(&spot).is_some() {
            return Some(spot);
        }
        let Some((repo, id)) = name.split_once(':') else {
            let id = self.places[place].project.resolve_id(name).ok()?;
            return Some((place, id.to_string()));
        };
        let there = self.enter(place, repo)?;
        let id = self.places[there].project.resolve_id(id).ok()?;
        Some((there, id.to_string()))
    }

    /// The place of a repository as it is called at another.
    fn enter(&mut self, from: usize, repo: &str) -> Option<usize> {
        let known = &self.places[from].project.config().repos;
        let project = super::open(&super::named(known, repo).ok()?).ok()?;
        let root = project.root();
        if let Some(at) = self
            .places
            .iter()
            .position(|place| place.project.root() == root)
        {
            return Some(at);
        }
        let entries = index::entries(&project).ok()?;
        self.places.push(Place {
            name: repo.to_owned(),
            project,
            specs: by_id(&entries),
        });
        Some(self.places.len() - 1)
    }

    fn called(&self, (place, id): &Spot) -> String {
        match self.places[*place].name.as_str() {
            "" => id.clone(),
            name => format!("{name}:{id}"),
        }
    }
}
