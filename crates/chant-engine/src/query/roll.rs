//! All specs, kept for as long as a command works many of them: how they stand is asked again only of what a landing, or
//! a changed file, can have changed.

use std::collections::HashMap;

use chant_spec::Status;
use chant_spec::graph::{self, Lookup, Node};
use chant_spec::id;
use chant_spec::members::Family;
use chant_spec::status::{Action, State, allowed};

use super::spec::Verdict;
use super::world::World;
use crate::config::Rejection;
use crate::error::Result;
use crate::index::settle;
use crate::index::{Entry, Index};
use crate::journal::Overlay;
use crate::project::Project;
use crate::repos::Foreign;

/// All specs of a project, as of one moment and what is known to have changed since.
pub(crate) struct Roll {
    entries: Vec<Entry>,
    overlay: Overlay,
    positions: HashMap<String, usize>,
    action: Rejection,
    /// What open specs depend on in other repositories, as of when all was read.
    foreign: Foreign,
}

/// How a spec stands.
#[derive(Debug, Clone)]
pub(crate) struct Stand {
    /// What run state says, else what its file says.
    pub state: State,
    /// Why, in one sentence; may be empty.
    pub reason: String,
    /// Whether nothing is in the way of working it, and its status allows it.
    pub may_be_worked: bool,
    /// What is in the way, each as a fragment of a sentence.
    pub blocked_by: Vec<String>,
}

impl Roll {
    /// Reads all there is.
    pub(crate) fn load(project: &Project) -> Result<Self> {
        let overlay = Overlay::load(&project.state_dir(), &project.project_key())?;
        let mut entries = Index::load(project)?.into_entries();
        settle(&mut entries, project, &overlay);
        super::consents::settle(project, &mut entries, &overlay);
        let at_hand = |(at, entry): (usize, &Entry)| {
            (!entry.node.archived).then(|| (entry.node.id.clone(), at))
        };
        let positions = entries.iter().enumerate().filter_map(at_hand).collect();
        Ok(Self {
            foreign: Foreign::of(project, &entries),
            entries,
            overlay,
            positions,
            action: project.config().approval.rejection_action,
        })
    }

    /// The specs that were not put away.
    pub(crate) fn at_hand(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| !entry.node.archived)
    }

    /// The spec of this id that was not put away.
    pub(crate) fn get(&self, id: &str) -> Option<&Entry> {
        self.positions.get(id).map(|&at| &self.entries[at])
    }

    /// What there is to work below a driver; empty of any other spec.
    pub(crate) fn leaves(&self, driver: &str) -> Vec<String> {
        let family = Family::of(self.entries.iter().map(|entry| &entry.node));
        let leaves = family.leaves(driver).into_iter();
        leaves.map(str::to_owned).collect()
    }

    /// How these stand, in their order; none of what is gone.
    pub(crate) fn stand(&self, ids: &[&str]) -> Vec<Option<Stand>> {
        let world = self.world();
        let stand = |id: &&str| Some(Stand::of(world.verdict(self.get(id)?)));
        ids.iter().map(stand).collect()
    }

    /// Which of these may be worked now. To know that of thousands must not take the whole truth of each: what waits for a
    /// spec that is open is left out at a glance, and only the rest is asked the one question that counts.
    pub(crate) fn workable<'i>(&self, ids: impl Iterator<Item = &'i str>) -> Vec<&'i str> {
        let mut world = None;
        ids.filter(|id| {
            let Some(entry) = self.get(id).filter(|entry| !self.waits(&entry.node)) else {
                return false;
            };
            let world = world.get_or_insert_with(|| self.world());
            Stand::of(world.verdict(entry)).may_be_worked
        })
        .collect()
    }

    /// A spec has landed.
    pub(crate) fn landed(&mut self, id: &str) {
        if let Some(&at) = self.positions.get(id) {
            self.entries[at].node.status = Status::Completed;
            self.overlay.forget(id);
        }
    }

    /// A spec was tried, and did not land.
    pub(crate) fn failed(&mut self, id: &str) {
        if let Some(&at) = self.positions.get(id)
            && self.entries[at].node.status.is_open()
        {
            self.entries[at].node.status = Status::Failed;
        }
    }

    /// Whether a spec is completed.
    pub(crate) fn is_completed(&self, id: &str) -> bool {
        let entry = self.get(id);
        entry.is_some_and(|entry| entry.node.status == Status::Completed)
    }

    /// Whether it was tried, and a person has to say that it is tried again.
    pub(crate) fn is_left_to_person(&self, id: &str) -> bool {
        let file = self.get(id).map(|entry| entry.node.status.state());
        let state = self.overlay.get(id).map(|shown| shown.state).or(file);
        matches!(
            state,
            Some(State::Failed | State::NeedsAttention | State::Conflict)
        )
    }

    /// How many gates wait for nothing but a person.
    pub(crate) fn open_gates(&self) -> usize {
        let open = |entry: &&Entry| {
            let node = &entry.node;
            node.gate.is_some() && node.status.is_open() && !self.waits(node)
        };
        self.at_hand().filter(open).count()
    }

    /// The open specs that have to be completed before this one, directly or not.
    pub(crate) fn unfinished(&self, id: &str) -> Vec<String> {
        let world = self.world();
        self.get(id).map_or_else(Vec::new, |entry| {
            graph::unfinished(&entry.node, &|name| world.look_up(name))
        })
    }

    /// For each spec those of `ids` that may become ready with it: what depends on it, and the members of its driver.
    pub(crate) fn followers(&self, ids: &[&str]) -> HashMap<String, Vec<usize>> {
        let world = self.world();
        let mut followers: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, id) in ids.iter().enumerate() {
            let Some(entry) = self.get(id) else { continue };
            for name in &entry.node.depends_on {
                if let Lookup::One(found) = world.look_up(name) {
                    followers.entry(found.id.clone()).or_default().push(at);
                }
            }
            if let Some((driver, _)) = id::member(id) {
                followers.entry(driver.to_owned()).or_default().push(at);
            }
        }
        followers
    }

    /// Whether it depends, by a full id, on a spec that is open.
    fn waits(&self, node: &Node) -> bool {
        let open = |name: &String| {
            let found = self.get(name);
            found.is_some_and(|entry| entry.node.status.is_open())
        };
        node.depends_on.iter().any(open)
    }

    fn world(&self) -> World<'_> {
        World::new(&self.entries, &self.overlay)
            .with_rejections(&self.entries, self.action)
            .with_foreign(&self.foreign)
    }
}

impl Stand {
    fn of(verdict: Verdict) -> Self {
        Self {
            may_be_worked: verdict.may_be_worked && allowed(verdict.state, Action::Work).is_ok(),
            state: verdict.state,
            reason: verdict.reason.unwrap_or_default(),
            blocked_by: verdict.blocked_by.iter().map(ToString::to_string).collect(),
        }
    }
}
