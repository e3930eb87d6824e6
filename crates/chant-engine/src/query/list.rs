//! Lists of specs.

use chant_spec::Kind;

use super::spec::{Spec, natural_order};
use super::world::{World, settle};
use crate::error::Result;
use crate::index::{Entry, Index};
use crate::journal::Overlay;
use crate::project::Project;

/// Which specs are wanted. An empty list wants all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// All of these labels.
    pub labels: Vec<String>,
    /// One of these statuses; `ready` and `blocked` are statuses here.
    pub statuses: Vec<String>,
    /// One of these types.
    pub kinds: Vec<String>,
    /// Only what is ready.
    pub ready: bool,
    /// Those that were put away, in place of those that were not.
    pub archived: bool,
}

impl Filter {
    /// What can be told without knowing how the spec stands.
    fn may_take(&self, entry: &Entry) -> bool {
        let labels = entry
            .content
            .as_ref()
            .map_or(&[][..], |summary| summary.labels.as_slice());
        entry.node.archived == self.archived
            && self.labels.iter().all(|label| labels.contains(label))
            && (self.kinds.is_empty()
                || self
                    .kinds
                    .iter()
                    .any(|kind| Kind::parse(kind) == entry.node.kind))
    }

    fn takes(&self, spec: &Spec) -> bool {
        let named = |status: &String| {
            *status == spec.state.as_str()
                || *status == spec.standing().as_str()
                || (status == "stale" && spec.stale)
        };
        (!self.ready || spec.ready) && (self.statuses.is_empty() || self.statuses.iter().any(named))
    }
}

/// The specs that a filter takes: what is ready first, what is over last.
pub fn list(project: &Project, filter: &Filter) -> Result<Vec<Spec>> {
    let mut specs = all(project, |entry| filter.may_take(entry))?;
    specs.retain(|spec| filter.takes(spec));
    specs.sort_by(|a, b| {
        a.rank()
            .cmp(&b.rank())
            .then_with(|| natural_order(&a.id, &b.id))
    });
    Ok(specs)
}

/// The specs of all entries that `wanted` takes, in the order of their paths.
pub(super) fn all(project: &Project, wanted: impl Fn(&Entry) -> bool) -> Result<Vec<Spec>> {
    let overlay = Overlay::load(&project.state_dir(), &project.project_key())?;
    let mut entries = Index::load(project)?.into_entries();
    settle(&mut entries, project, &overlay);
    let world = World::new(&entries, &overlay);
    Ok(entries
        .iter()
        .filter(|entry| wanted(entry))
        .map(|entry| world.spec(entry))
        .collect())
}
