//! The outputs of landings: what is not as the last landing of a path left it, somebody changed by hand.

use std::collections::HashMap;

use super::Examination;
use super::inputs::Difference;
use super::state::Thing;
use crate::inputs::spec_of_path;

/// The outputs that were changed since by no landing. The last landing of a path answers for it.
pub(super) fn edited(exam: &Examination<'_>) -> Vec<Difference> {
    let mut last: HashMap<&str, (usize, usize, Option<&str>)> = HashMap::new();
    for (at, entry) in exam.entries.iter().enumerate() {
        if exam.names.id(&entry.node.id) != Some(at) {
            continue;
        }
        let inferred = exam.landings[at].iter().filter(|landing| landing.inferred);
        for landing in exam.history.all(&entry.node.id).iter().chain(inferred) {
            let place = if landing.inferred {
                usize::MAX
            } else {
                landing.place
            };
            for output in &landing.outputs {
                let this = (place, at, output.oid.as_deref());
                last.entry(&output.path)
                    .and_modify(|last| {
                        if place < last.0 {
                            *last = this;
                        }
                    })
                    .or_insert(this);
            }
        }
    }
    let mut edited: Vec<Difference> = last
        .into_iter()
        .filter(|(path, (_, at, _))| exam.landings[*at].is_some() && spec_of_path(path).is_none())
        .filter_map(|(path, (_, spec, made))| {
            let now = exam.state.find(path);
            // A clone that never had a file that git does not know, knows nothing of it.
            let same = match made {
                Some(oid) => now.oid() == Some(oid),
                None => now == Thing::Nothing,
            };
            (!same).then(|| Difference {
                spec,
                name: path.to_owned(),
                recorded: made.map(str::to_owned),
                expected: made.map(str::to_owned),
                now,
            })
        })
        .collect();
    edited.sort_by(|a, b| (a.spec, &a.name).cmp(&(b.spec, &b.name)));
    edited
}
