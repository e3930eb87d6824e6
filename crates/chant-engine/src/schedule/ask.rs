//! What one command asks for: a set of specs, fixed when it begins.

use std::collections::HashSet;

use chant_spec::{Kind, SpecId, Status};

use super::intake::Coming;
use crate::error::{Code, Error, Result};
use crate::index::Entry;
use crate::order::Order;
use crate::query::{Roll, natural_order};

/// What a command asks for.
#[derive(Debug, Clone, Default)]
pub struct Ask {
    /// These specs; of a driver its members.
    pub specs: Vec<SpecId>,
    /// All specs with this label.
    pub label: Option<String>,
    /// All that is open and was not left to a person. Never meant by an empty list.
    pub everything: bool,
    /// What else, as it comes to be open while the command runs. Without it nothing that was not asked for at the beginning.
    pub coming: Option<Coming>,
    /// How each is to be worked.
    pub order: Order,
    /// How many at once.
    pub parallel: usize,
    /// How many at once together with what other commands work, where that may be more.
    pub places: usize,
    /// Whether it ends where only time would let something go on; that stays asked for.
    pub once: bool,
    /// Whether the first that fails keeps the rest from being started.
    pub fail_fast: bool,
    /// Whether what is finished stays on its branch.
    pub no_merge: bool,
}

/// The specs that are to be worked, and what more was meant.
#[derive(Debug)]
pub(super) struct Selection {
    pub specs: Vec<String>,
    /// How many are completed.
    pub already: usize,
    /// Those that were named although they are cancelled.
    pub cancelled: Vec<String>,
    /// What a person should know of it.
    pub note: Option<String>,
}

impl Ask {
    /// The specs, in the order in which they are asked for: as typed, and the oldest first.
    pub(super) fn select(&self, roll: &Roll) -> Result<Selection> {
        let mut specs = self.named(roll);
        let mut left = Vec::new();
        if let Some(label) = &self.label {
            specs.extend(labelled(roll, label));
        }
        if self.everything {
            (specs, left) = open(roll);
        }
        let mut seen = HashSet::new();
        specs.retain(|spec| seen.insert(spec.clone()));
        let total = specs.len();
        if !self.order.again {
            specs.retain(|spec| !is_in(roll, spec, &Status::Completed));
        }
        let already = total - specs.len();
        let is_named = |spec: &String| self.specs.iter().any(|id| id.as_str() == spec);
        let (mut cancelled, specs): (Vec<String>, Vec<String>) = specs
            .into_iter()
            .partition(|spec| is_in(roll, spec, &Status::Cancelled));
        cancelled.retain(is_named);
        if specs.is_empty() {
            return Err(match self.labelled_driver(roll).filter(|_| total == 0) {
                Some(error) => error,
                None => self.nothing(total, cancelled.first(), &left),
            });
        }
        Ok(Selection {
            specs,
            already,
            cancelled,
            note: self.note(roll, &left),
        })
    }

    /// A label that only drivers have: their members are asked for by their own labels, or by the driver's name.
    fn labelled_driver(&self, roll: &Roll) -> Option<Error> {
        let label = self.label.as_deref()?;
        let mut drivers = roll.at_hand().filter(|entry| has_label(entry, label));
        let id = &drivers.next()?.node.id;
        let message = format!("only the driver {id} has the label {label:?}, none of its members");
        Some(Error::new(Code::NothingToDo, message).hint(format!("its members: chant work {id}")))
    }

    /// What is named; of a driver its members.
    fn named(&self, roll: &Roll) -> Vec<String> {
        let mut specs = Vec::new();
        for id in &self.specs {
            let members = roll.leaves(id.as_str());
            if members.is_empty() {
                specs.push(id.to_string());
            } else {
                specs.extend(members);
            }
        }
        specs
    }

    /// What is not worked although it might be meant.
    fn note(&self, roll: &Roll, left: &[String]) -> Option<String> {
        let mut parts = Vec::new();
        if !left.is_empty() {
            let named = some_of(left);
            parts.push(format!(
                "what was tried before and waits for a person is left out: {named}"
            ));
        }
        if self.everything || self.label.is_some() {
            let broken: Vec<String> = roll
                .at_hand()
                .filter(|entry| entry.content.is_err())
                .map(|entry| entry.node.id.clone())
                .collect();
            if !broken.is_empty() {
                let named = some_of(&broken);
                parts.push(format!("files that can not be used are left out: {named}"));
            }
        }
        (!parts.is_empty()).then(|| parts.join("; "))
    }

    fn nothing(&self, total: usize, cancelled: Option<&String>, left: &[String]) -> Error {
        if let Some(id) = cancelled {
            let message = format!("{id} is cancelled, which leaves nothing to work");
            let hint = format!("run `chant reset {id}` to make it pending again");
            return Error::new(Code::WrongStatus, message).hint(hint);
        }
        let (message, hint) = match (&self.label, total) {
            (Some(label), 0) => (
                format!("no spec has the label {label:?}"),
                "chant list".to_owned(),
            ),
            (Some(label), _) => (
                format!("every spec with the label {label:?} is finished"),
                format!("put them away: chant archive --label {label}"),
            ),
            (None, _) if self.everything => nothing_open(left),
            (None, 0) => (
                "no spec is named".to_owned(),
                "chant list --ready".to_owned(),
            ),
            (None, _) => {
                let first = self.specs.first().map_or("SPEC", SpecId::as_str);
                (
                    "every spec that is named is finished".to_owned(),
                    format!("make it again: chant work {first} --again"),
                )
            }
        };
        Error::new(Code::NothingToDo, message).hint(hint)
    }
}

fn nothing_open(left: &[String]) -> (String, String) {
    match left.first() {
        None => (
            "no spec is open".to_owned(),
            "chant add \"what should change\"".to_owned(),
        ),
        Some(first) => (
            format!(
                "every open spec was tried before and waits for a person: {}",
                some_of(left)
            ),
            format!("chant log {first}, then try again: chant work {first}"),
        ),
    }
}

/// All that is open: first what is to be worked, then what was tried and is left to a person. To try that again costs
/// money, so it has to be named.
fn open(roll: &Roll) -> (Vec<String>, Vec<String>) {
    let open = |entry: &&Entry| {
        entry.node.status.is_open() && entry.content.is_ok() && entry.node.kind != Kind::Driver
    };
    let mut ids: Vec<String> = roll
        .at_hand()
        .filter(open)
        .map(|entry| entry.node.id.clone())
        .collect();
    ids.sort_by(|a, b| natural_order(a, b));
    ids.into_iter().partition(|id| !roll.is_left_to_person(id))
}

/// So many are named before the rest is counted.
const NAMED: usize = 5;

fn some_of(ids: &[String]) -> String {
    let named = ids[..ids.len().min(NAMED)].join(", ");
    match ids.len().saturating_sub(NAMED) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

fn has_label(entry: &Entry, label: &str) -> bool {
    let labels = entry.content.as_ref().map(|summary| &summary.labels);
    labels.is_ok_and(|labels| labels.iter().any(|known| known == label))
}

fn labelled(roll: &Roll, label: &str) -> Vec<String> {
    // A driver is never worked itself; its members are asked for by their own labels, or by its name.
    let has = |entry: &&Entry| has_label(entry, label) && entry.node.kind != Kind::Driver;
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
