//! All specs that an answer needs, by id, with what runs say of them. The only place that says how one stands.

use std::cell::{OnceCell, RefCell};
use std::collections::{HashMap, HashSet};

use chant_spec::graph::{self, Lookup, Node};
use chant_spec::id::{self, Resolved};
use chant_spec::members::Family;
use chant_spec::status::State;
use chant_spec::{Blocker, Consent, Kind, Readiness, Status};

use super::spec::Verdict;
use crate::config::Rejection;
use crate::index::Entry;
use crate::journal::{Overlay, Shown};
use crate::repos::Foreign;

/// What one name stands for.
#[derive(Clone, Copy)]
enum Known<'a> {
    One(&'a Node),
    Several,
}

/// All specs that an answer needs.
pub(crate) struct World<'a> {
    overlay: &'a Overlay,
    by_id: HashMap<&'a str, Known<'a>>,
    /// Names that are no full ids, and what they turned out to mean.
    partial: RefCell<HashMap<String, Resolved>>,
    /// All ids, one a line.
    ids: OnceCell<String>,
    today: String,
    rejections: Rejections<'a>,
    family: Family<'a>,
    asked: HashSet<String>,
    foreign: Option<&'a Foreign>,
}

impl<'a> World<'a> {
    pub(crate) fn new(entries: &'a [Entry], overlay: &'a Overlay) -> Self {
        let mut by_id = HashMap::with_capacity(entries.len());
        for entry in entries {
            by_id
                .entry(entry.node.id.as_str())
                .and_modify(|known| *known = Known::Several)
                .or_insert(Known::One(&entry.node));
        }
        let today = chant_os::clock::today().to_string();
        Self {
            overlay,
            by_id,
            partial: RefCell::default(),
            ids: OnceCell::new(),
            today,
            rejections: Rejections::default(),
            foreign: None,
            asked: HashSet::new(),
            family: Family::of(entries.iter().map(|entry| &entry.node)),
        }
    }

    /// With what a rejection does to other specs.
    pub(super) fn with_rejections(mut self, entries: &'a [Entry], action: Rejection) -> Self {
        self.rejections = Rejections::of(entries, action);
        self
    }

    /// With the specs of other repositories.
    pub(super) fn with_foreign(mut self, foreign: &'a Foreign) -> Self {
        self.foreign = Some(foreign);
        self
    }

    /// With what living commands have asked for.
    pub(super) fn with_asked(mut self, asked: HashSet<String>) -> Self {
        self.asked = asked;
        self
    }

    /// What a name stands for.
    pub(crate) fn look_up(&self, name: &str) -> Lookup<'a> {
        if let Some(known) = self.by_id.get(name) {
            return match known {
                Known::One(node) => Lookup::One(node),
                Known::Several => Lookup::Ambiguous(vec![
                    format!(".chant/specs/{name}.md"),
                    format!("{name}.md in the archive"),
                ]),
            };
        }
        if let Some(found) = self.foreign.and_then(|foreign| foreign.look_up(name)) {
            return found;
        }
        if !self.may_be_part(name) {
            return Lookup::Missing;
        }
        let mut partial = self.partial.borrow_mut();
        let resolved = partial
            .entry(name.to_owned())
            .or_insert_with(|| id::resolve(name, self.by_id.keys().copied(), &self.today));
        match resolved {
            Resolved::One(id) => match self.by_id.get(id.as_str()) {
                Some(Known::One(node)) => Lookup::One(node),
                _ => Lookup::Missing,
            },
            Resolved::Many(ids) => Lookup::Ambiguous(ids.clone()),
            Resolved::None { .. } | Resolved::Invalid(_) => Lookup::Missing,
        }
    }

    /// Whether any id holds the name, up to a member's number: a quick no for names of specs that are gone.
    fn may_be_part(&self, name: &str) -> bool {
        let ids = self.ids.get_or_init(|| {
            let mut ids = String::new();
            for id in self.by_id.keys() {
                ids.push_str(id);
                ids.push('\n');
            }
            ids
        });
        let stem = name.split('.').next().unwrap_or(name);
        memchr::memmem::find(ids.as_bytes(), stem.as_bytes()).is_some()
    }

    /// What a spec depends on by a name that stands for no spec or for several, as fragments of a sentence.
    pub(super) fn dangling(&self, node: &Node) -> Vec<String> {
        let say = |name: &String| match self.look_up(name) {
            Lookup::One(_) => None,
            Lookup::Missing => Some(Blocker::Missing { id: name.clone() }.to_string()),
            Lookup::Unknown(why) => Some(
                Blocker::Unknown {
                    id: name.clone(),
                    why,
                }
                .to_string(),
            ),
            Lookup::Ambiguous(candidates) => Some(
                Blocker::Ambiguous {
                    id: name.clone(),
                    candidates,
                }
                .to_string(),
            ),
        };
        node.depends_on.iter().filter_map(say).collect()
    }

    /// How the spec of an entry stands.
    pub(super) fn verdict(&self, entry: &Entry) -> Verdict {
        let node = &entry.node;
        let shown = self
            .overlay
            .get(&node.id)
            .filter(|shown| counts(shown, node));
        let state = shown.map_or_else(|| node.status.state(), |shown| shown.state);
        let run = shown.map(|shown| shown.run.clone());
        if let Err(finding) = &entry.content {
            let reason = Some(format!("the file can not be used: {}", finding.message));
            return Verdict {
                state,
                reason,
                run,
                ready: false,
                may_be_worked: false,
                blocked_by: Vec::new(),
                lapsed_gate: false,
            };
        }
        let mut readiness = graph::readiness(node, &|name| self.look_up(name));
        self.name_run_states(&mut readiness.blocked_by);
        self.add_rejections(node, state, &mut readiness);
        self.add_members(node, &mut readiness);
        let reason = shown
            .map(|shown| shown.reason.clone())
            .filter(|reason| !reason.is_empty());
        let lapse = if state == State::Completed {
            lapse(node)
        } else {
            None
        };
        let ready = readiness.ready && state == State::Pending;
        let is_queued = ready && self.asked.contains(&node.id);
        let state = if is_queued { State::Queued } else { state };
        Verdict {
            state,
            lapsed_gate: lapse.is_some(),
            reason: reason.or(lapse),
            run,
            ready: ready && !is_queued,
            may_be_worked: readiness.may_be_worked(),
            blocked_by: match state {
                State::Completed | State::Cancelled => Vec::new(),
                _ => readiness.blocked_by,
            },
        }
    }

    /// What a spec waits for stands as its runs say, wherever that is shown in place of its file's word.
    fn name_run_states(&self, blockers: &mut [Blocker]) {
        for blocker in blockers {
            let (Blocker::Dependency { id, status } | Blocker::Member { id, status }) = blocker
            else {
                continue;
            };
            if let (Some(shown), Lookup::One(node)) = (self.overlay.get(id), self.look_up(id))
                && counts(shown, node)
            {
                *status = Status::parse(shown.state.as_str());
            }
        }
    }

    /// A driver is never worked itself: it is done when its members are. One that a rejection holds says that instead.
    fn add_members(&self, node: &Node, readiness: &mut Readiness) {
        let blockers = &readiness.blocked_by;
        let held = blockers
            .iter()
            .any(|it| matches!(it, Blocker::HeldBy { .. }));
        if node.kind == Kind::Driver && node.status.is_workable() && !held {
            let standing = self.family.standing(&node.id, &HashSet::new());
            readiness.ready = false;
            readiness.blocked_by.push(Blocker::Members(standing));
        }
    }

    fn add_rejections(&self, node: &Node, state: State, readiness: &mut Readiness) {
        if self.rejections.name_dependency {
            for blocker in &mut readiness.blocked_by {
                if let Blocker::Dependency { id, .. } = blocker
                    && let Lookup::One(found) = self.look_up(id)
                    && matches!(found.consent, Consent::Rejected { .. })
                {
                    *blocker = Blocker::RejectedDependency {
                        id: found.id.clone(),
                        consent: found.consent.clone(),
                    };
                }
            }
        }
        if state == State::Pending
            && let Some(rejected) = self.rejections.holds(node)
        {
            readiness.ready = false;
            readiness.blocked_by.push(Blocker::HeldBy {
                id: rejected.id.clone(),
                consent: rejected.consent.clone(),
            });
        }
    }
}

/// Whether what a run says is shown in place of the file's status. A person's word in the file that it is over
/// counts more than an attempt that is over as well.
fn counts(shown: &Shown, node: &Node) -> bool {
    let over = matches!(node.status, Status::Completed | Status::Cancelled);
    let at_work = matches!(
        shown.state,
        State::Queued | State::InProgress | State::Verifying | State::Landing
    );
    // What is made again stays completed while that is tried; what waits for a person has to be seen.
    let waits = shown.again && matches!(shown.state, State::Paused | State::Conflict);
    match shown.state {
        State::Completed | State::Pending => false,
        _ => at_work || waits || !over,
    }
}

/// What is to be said of a gate that was passed without an approval that holds.
fn lapse(node: &Node) -> Option<String> {
    if node.gate.is_none() || node.archived {
        return None;
    }
    match &node.consent {
        Consent::Granted { .. } => None,
        lapsed @ Consent::Lapsed { .. } => Some(format!("approval lapsed: {lapsed}")),
        Consent::Unsigned { by, why } => {
            Some(format!("the approval by {by} does not count: {why}"))
        }
        _ => Some("completed, but nobody approved it on record".to_owned()),
    }
}

/// What rejected specs do to others, as the settings ask.
#[derive(Default)]
struct Rejections<'a> {
    /// Whether what depends on a rejected spec says so.
    name_dependency: bool,
    /// The rejected member, by the id of each spec of its group.
    held: HashMap<&'a str, &'a Node>,
    /// The same by the driver's id.
    drivers: HashMap<String, &'a Node>,
}

impl<'a> Rejections<'a> {
    fn of(entries: &'a [Entry], action: Rejection) -> Self {
        let mut rejections = Self {
            name_dependency: action == Rejection::Dependency,
            ..Self::default()
        };
        if action != Rejection::Group {
            return rejections;
        }
        let is_rejected = |node: &&Node| {
            node.status.is_open() && matches!(node.consent, Consent::Rejected { .. })
        };
        let nodes = || entries.iter().map(|entry| &entry.node);
        for rejected in nodes().filter(is_rejected) {
            if let Some((driver, _)) = id::member(&rejected.id) {
                rejections.drivers.insert(driver.to_owned(), rejected);
            }
            for driver in nodes().filter(|node| node.members.contains(&rejected.id)) {
                rejections.drivers.insert(driver.id.clone(), rejected);
                for member in &driver.members {
                    rejections.held.insert(member, rejected);
                }
            }
        }
        rejections
    }

    /// The rejected spec that holds this one.
    fn holds(&self, node: &Node) -> Option<&'a Node> {
        if self.drivers.is_empty() {
            return None;
        }
        let of_driver = |id: &str| self.drivers.get(id).copied();
        let member = id::member(&node.id).and_then(|(driver, _)| of_driver(driver));
        let rejected = member
            .or_else(|| of_driver(&node.id))
            .or_else(|| self.held.get(node.id.as_str()).copied())?;
        (rejected.id != node.id).then_some(rejected)
    }
}
