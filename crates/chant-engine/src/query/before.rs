//! What comes before a spec.

use std::collections::HashMap;

use super::World;
use crate::index::Entry;
use crate::journal::Overlay;
use crate::query::consents::upstream;

/// The entries of everything that a spec depends on, directly or not, in an order in which it can be done.
pub(crate) fn before<'a>(entries: &'a [Entry], overlay: &Overlay, id: &str) -> Vec<&'a Entry> {
    let world = World::new(entries, overlay);
    let by_id: HashMap<&str, &Entry> = entries
        .iter()
        .map(|entry| (entry.node.id.as_str(), entry))
        .collect();
    let Some(entry) = by_id.get(id) else {
        return Vec::new();
    };
    let before = upstream(&entry.node, &|name| world.look_up(name));
    let entry_of = |node: &chant_spec::graph::Node| by_id.get(node.id.as_str()).copied();
    before.into_iter().filter_map(entry_of).collect()
}
