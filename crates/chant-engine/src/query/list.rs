//! Lists of specs.

use std::collections::HashSet;

use chant_spec::{Kind, State};

use super::spec::{Approved, Spec, Verdict, natural_order};
use super::world::World;
use crate::drift;
use crate::error::Result;
use crate::index::settle;
use crate::index::{Entry, Index};
use crate::journal::Overlay;
use crate::project::Project;
use crate::queue::waits_for_turn;
use crate::repos::Foreign;

/// Which specs are wanted. An empty list wants all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// All of these labels.
    pub labels: Vec<String>,
    /// One of these statuses; `ready` and `blocked` are statuses here.
    pub statuses: Vec<String>,
    /// One of these types.
    pub kinds: Vec<String>,
    /// One of these: `pending`, `approved`, `rejected`, `lapsed`.
    pub approvals: Vec<String>,
    /// Only what is ready.
    pub ready: bool,
    /// Only what is stale at the main branch's tip.
    pub stale: bool,
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

    fn takes(&self, entry: &Entry, verdict: &Verdict) -> bool {
        let approval = || Approved::of(&entry.node, verdict.state);
        let is_so = |approval: Approved| self.approvals.iter().any(|it| it == approval.status);
        let named = |status: &String| {
            *status == verdict.state.as_str() || *status == verdict.standing().as_str()
        };
        (!self.ready || verdict.ready)
            && (self.approvals.is_empty() || approval().is_some_and(is_so))
            && (!self.stale || verdict.state == State::Completed)
            && (self.statuses.is_empty() || self.statuses.iter().any(named))
    }
}

/// The specs that a filter takes: what is ready first, what is over last.
pub fn list(project: &Project, filter: &Filter) -> Result<Vec<Spec>> {
    let found_out = filter.stale.then(|| drift::stale(project)).transpose()?;
    let mut specs = survey(
        project,
        waits_for_turn(project)?,
        |entry| filter.may_take(entry),
        |entry, verdict| filter.takes(entry, verdict),
    )?;
    if let Some(stale) = found_out {
        specs.retain_mut(|spec| {
            spec.stale = stale.contains(&spec.id);
            spec.stale
        });
    }
    // Nearly in order already, by their paths; so is what is then put into groups.
    specs.sort_by(|a, b| natural_order(&a.id, &b.id));
    specs.sort_by_cached_key(Spec::rank);
    Ok(specs)
}

/// Looks at the entries that `may_take` lets through and makes specs of those that `takes` wants, in the order of
/// their paths. Only what is wanted is put together. What is ready and in `asked` is queued.
pub(super) fn survey(
    project: &Project,
    asked: HashSet<String>,
    may_take: impl Fn(&Entry) -> bool,
    mut takes: impl FnMut(&Entry, &Verdict) -> bool,
) -> Result<Vec<Spec>> {
    let overlay = Overlay::load(&project.state_dir(), &project.project_key())?;
    let mut entries = Index::load(project)?.into_entries();
    settle(&mut entries, project, &overlay);
    super::consents::settle(project, &mut entries, &overlay);
    let stale = drift::remembered::stale(project, &entries);
    let action = project.config().approval.rejection_action;
    let foreign = Foreign::of(project, &entries);
    let world = World::new(&entries, &overlay)
        .with_rejections(&entries, action)
        .with_asked(asked)
        .with_foreign(&foreign);
    let verdicts: Vec<Option<Verdict>> = entries
        .iter()
        .map(|entry| {
            let verdict = may_take(entry).then(|| world.verdict(entry))?;
            takes(entry, &verdict).then_some(verdict)
        })
        .collect();
    let wanted = entries.into_iter().zip(verdicts);
    Ok(wanted
        .filter_map(|(entry, verdict)| Some(Spec::new(entry, verdict?)))
        .map(|mut spec| {
            spec.stale = spec.state == State::Completed && stale.contains(&spec.id);
            spec
        })
        .collect())
}
