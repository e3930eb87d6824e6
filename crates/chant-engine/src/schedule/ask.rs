//! What one command asks for: a set of specs, fixed when it begins.

use chant_spec::{Kind, SpecId, Status};

use crate::error::{Code, Error, Result};
use crate::query::{Roll, natural_order};
use crate::run::Order;

/// What a command asks for.
#[derive(Debug, Clone, Default)]
pub struct Ask {
    /// These specs; of a driver its members.
    pub specs: Vec<SpecId>,
    /// All specs with this label.
    pub label: Option<String>,
    /// How each is to be worked.
    pub order: Order,
    /// How many at once.
    pub parallel: usize,
    /// Whether the first that fails keeps the rest from being started.
    pub fail_fast: bool,
    /// Whether what is finished stays on its branch.
    pub no_merge: bool,
}

/// The specs that are to be worked, and how many more are completed.
#[derive(Debug)]
pub(super) struct Selection {
    pub specs: Vec<String>,
    pub already: usize,
}

impl Ask {
    /// The specs, in the order in which they are asked for: as typed, and the oldest first.
    pub(super) fn select(&self, roll: &Roll) -> Result<Selection> {
        let mut specs: Vec<String> = Vec::new();
        for id in &self.specs {
            let members = roll.leaves(id.as_str());
            if members.is_empty() {
                specs.push(id.to_string());
            } else {
                specs.extend(members);
            }
        }
        if let Some(label) = &self.label {
            specs.extend(labelled(roll, label));
        }
        let mut seen = std::collections::HashSet::new();
        specs.retain(|spec| seen.insert(spec.clone()));
        let total = specs.len();
        if !self.order.again {
            specs.retain(|spec| !is_in(roll, spec, &Status::Completed));
        }
        let already = total - specs.len();
        specs.retain(|spec| !is_in(roll, spec, &Status::Cancelled));
        if specs.is_empty() {
            return Err(self.nothing(total));
        }
        Ok(Selection { specs, already })
    }

    fn nothing(&self, total: usize) -> Error {
        let (message, hint) = match (&self.label, total) {
            (Some(label), 0) => (format!("no spec has the label {label:?}"), "chant list"),
            (Some(label), _) => (
                format!("every spec with the label {label:?} is finished"),
                "put them away: chant archive --label LABEL",
            ),
            (None, 0) => ("no spec is named".to_owned(), "chant list --ready"),
            (None, _) => (
                "every spec that is named is finished".to_owned(),
                "make one again: chant work SPEC --again",
            ),
        };
        Error::new(Code::NothingToDo, message).hint(hint)
    }
}

fn labelled(roll: &Roll, label: &str) -> Vec<String> {
    let has = |entry: &&crate::index::Entry| {
        let labels = entry.content.as_ref().map(|summary| &summary.labels);
        labels.is_ok_and(|labels| labels.iter().any(|known| known == label))
            // A driver is never worked itself; its members are asked for by their own labels, or by its name.
            && entry.node.kind != Kind::Driver
    };
    let mut ids: Vec<String> = roll
        .at_hand()
        .filter(has)
        .map(|entry| entry.node.id.clone())
        .collect();
    ids.sort_by(|a, b| natural_order(a, b));
    ids
}

fn is_in(roll: &Roll, spec: &str, status: &Status) -> bool {
    roll.get(spec)
        .is_some_and(|entry| entry.node.status == *status)
}
