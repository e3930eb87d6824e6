//! What the files alone cannot say of approvals: the settings, signatures, and what a gate's approval says of others.

use std::collections::{HashMap, HashSet};

use chant_spec::graph::{Lookup, Node};
use chant_spec::{Changed, Consent, Kind, Status};

use super::World;
use crate::approval::{Outputs, Signing};
use crate::error::Result;
use crate::index::Entry;
use crate::journal::Overlay;
use crate::project::Project;

/// Brings every consent up to date with what is outside its file. Starts no process where there is neither a signature
/// to check nor a gate that was passed.
pub(crate) fn settle(project: &Project, entries: &mut [Entry], overlay: &Overlay) {
    let settings = &project.config().approval;
    if settings.required {
        entries.iter_mut().for_each(require);
    }
    if let Some(signing) = Signing::of(project) {
        for entry in entries.iter_mut() {
            check_signature(&signing, entry);
        }
    }
    if entries.iter().any(is_passed_gate) {
        // What can not be known here takes no approval away: the next command that can know will say it.
        if let Ok(lapsed) = lapsed_gates(project, entries, overlay) {
            for (at, consent) in lapsed {
                entries[at].node.consent = consent;
            }
        }
    }
}

/// Every spec that an agent is to work needs an approval; no agent works a driver.
fn require(entry: &mut Entry) {
    let node = &mut entry.node;
    if node.gate.is_some() || node.kind == Kind::Driver || !node.status.is_workable() {
        return;
    }
    node.approval.get_or_insert_default().required = true;
    if node.consent == Consent::NotAsked {
        node.consent = Consent::Awaited;
    }
}

fn check_signature(signing: &Signing<'_>, entry: &mut Entry) {
    let node = &mut entry.node;
    let matters = node.gate.is_some() || node.status.is_workable();
    let (Consent::Granted { by, .. }, Some(approval), true) =
        (&node.consent, &node.approval, matters && !node.archived)
    else {
        return;
    };
    let why = match signing.check(&node.id, approval) {
        Ok(Ok(_)) => return,
        Ok(Err(why)) => why,
        Err(error) => error.message.clone(),
    };
    node.consent = Consent::Unsigned {
        by: by.clone(),
        why,
    };
}

/// Whether what an entry's approval says of other files matters.
pub(crate) fn is_passed_gate(entry: &Entry) -> bool {
    let node = &entry.node;
    node.gate.is_some()
        && !node.archived
        && node.status == Status::Completed
        && node.consent.is_granted()
}

/// The gates whose approval was of other outputs than there are now, by position.
fn lapsed_gates(
    project: &Project,
    entries: &[Entry],
    overlay: &Overlay,
) -> Result<Vec<(usize, Consent)>> {
    let outputs = Outputs::load(project)?;
    let world = World::new(entries, overlay);
    let by_id: HashMap<&str, &Entry> = entries
        .iter()
        .map(|entry| (entry.node.id.as_str(), entry))
        .collect();
    let mut lapsed = Vec::new();
    for (at, entry) in entries
        .iter()
        .enumerate()
        .filter(|(_, entry)| is_passed_gate(entry))
    {
        let node = &entry.node;
        let objects = node.approval.as_ref().and_then(|it| it.objects.as_ref());
        let approved = objects.and_then(|objects| objects.tree.as_deref());
        let before = upstream(node, &|name| world.look_up(name));
        let paths = outputs.of(before
            .iter()
            .filter_map(|node| by_id.get(node.id.as_str()).copied()));
        if approved == Some(outputs.tree(&paths)?.as_str()) {
            continue;
        }
        let later = downstream(node, entries, &world);
        if approved == Some(outputs.tree_without(&paths, &later)?.as_str()) {
            continue;
        }
        if let Consent::Granted { by, at: when } = &node.consent {
            let consent = Consent::Lapsed {
                by: by.clone(),
                at: when.clone(),
                changed: Changed::Outputs,
            };
            lapsed.push((at, consent));
        }
    }
    Ok(lapsed)
}

/// Everything that a spec depends on, directly or not, in an order in which it can be done.
pub(crate) fn upstream<'a>(node: &'a Node, look_up: &dyn Fn(&str) -> Lookup<'a>) -> Vec<&'a Node> {
    let mut order = Vec::new();
    let mut seen: HashSet<&str> = HashSet::from([node.id.as_str()]);
    let mut path: Vec<(&'a Node, &'a [String])> = vec![(node, &node.depends_on)];
    while let Some((at, rest)) = path.pop() {
        let Some((name, rest)) = rest.split_first() else {
            if at.id != node.id {
                order.push(at);
            }
            continue;
        };
        path.push((at, rest));
        if let Lookup::One(found) = look_up(name)
            && seen.insert(&found.id)
        {
            path.push((found, &found.depends_on));
        }
    }
    order
}

/// Everything that depends on a spec, directly or not.
fn downstream<'a>(node: &Node, entries: &'a [Entry], world: &World<'a>) -> Vec<&'a str> {
    let mut found: HashSet<&str> = HashSet::from([node.id.as_str()]);
    let mut later = Vec::new();
    loop {
        let before = found.len();
        for entry in entries {
            let names = &entry.node.depends_on;
            let builds_on = |name: &String| match world.look_up(name) {
                Lookup::One(one) => found.contains(one.id.as_str()),
                _ => false,
            };
            if !found.contains(entry.node.id.as_str()) && names.iter().any(builds_on) {
                found.insert(&entry.node.id);
                later.push(entry.node.id.as_str());
            }
        }
        if found.len() == before {
            return later;
        }
    }
}
