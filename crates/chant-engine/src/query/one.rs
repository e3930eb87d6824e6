//! One spec, and only the files its answer depends on: no folder of specs is listed for a full id.

use std::collections::HashSet;

use chant_spec::graph::Node;
use chant_spec::status::State;
use chant_spec::{Document, SpecId, Status};
use serde::Serialize;

use super::criteria::Item;
use super::list;
use super::proven::{Proven, proven};
use super::spec::Spec;
use super::tree::Branch;
use super::world::World;
use crate::approval;
use crate::config::Rejection;
use crate::drift::{Basis, Reason, Request, Verdict};
use crate::error::{Code, Error, Result};
use crate::feedback::Feedback;
use crate::index::SpecRef;
use crate::index::settle;
use crate::index::{self, Entry, Finding};
use crate::journal::{Journal, Overlay, RunRecord};
use crate::project::Project;
use crate::queue;
use crate::repos::Foreign;
use crate::ways::{Way, ways_on};

/// A spec with what its file says.
#[derive(Debug, Clone, Serialize)]
pub struct Detail {
    /// The one object for a spec.
    #[serde(flatten)]
    pub spec: Spec,
    /// Why it is stale, or which of its outputs were edited, at the main branch's tip.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub drift: Vec<Reason>,
    /// Its acceptance criteria, in the order of the file.
    pub criteria_items: Vec<Item>,
    /// Everything after the frontmatter.
    pub body: String,
    /// What the signature of its approval is worth, as a fragment of a sentence; where there is an approval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
    /// The ids of a driver's members.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub member_ids: Vec<String>,
    /// Everything below a driver, at any depth.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tree: Vec<Branch>,
    /// What its runs proved.
    #[serde(flatten)]
    pub proven: Proven,
    /// How a person goes on with its run, where that waits for them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub go_on: Vec<Way>,
    /// How often it was tried in this clone.
    pub attempts: u32,
    /// What people have told the next attempt.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub feedback: Vec<Feedback>,
    /// What lint says of it.
    pub findings: Vec<Finding>,
}

/// A spec with what its file says. A file that can not be used is an error that names the place.
pub fn show(project: &Project, found: &SpecRef) -> Result<Detail> {
    let document = project.document(&found.path)?;
    let mut spec = project.show_at(found)?;
    let verdict = if may_drift(document.frontmatter()) {
        drift_of(project, &spec)?
    } else {
        None
    };
    if spec.ready && queue::waits_for_turn(project)?.contains(&spec.id) {
        (spec.state, spec.ready) = (State::Queued, false);
    }
    spec.stale = verdict.as_ref().is_some_and(|verdict| verdict.stale);
    super::chosen::choose_agents(project, std::slice::from_mut(&mut spec))?;
    let (mut member_ids, mut tree) = (Vec::new(), Vec::new());
    if document.frontmatter().kind == chant_spec::Kind::Driver {
        member_ids = crate::query::own_members(project, &found.id)?;
        tree = super::tree::below(project, &found.id)?;
    }
    let completed = matches!(spec.state, State::Completed | State::Stale);
    let criteria_items = super::criteria::items(project, &spec.id, completed, &document)?;
    let last = last_run(project, &found.id)?;
    Ok(Detail {
        signature: signature(project, &document, &found.id),
        spec,
        drift: verdict.map_or_else(Vec::new, |verdict| verdict.reasons),
        criteria_items,
        body: document.body().to_owned(),
        member_ids,
        tree,
        proven: proven(project, &found.id)?,
        attempts: last.as_ref().map_or(0, |run| run.attempt),
        go_on: last.as_ref().map_or_else(Vec::new, ways_on),
        feedback: crate::feedback::open(project, found.id.as_str())?,
        findings: chant_spec::lint::lint(&document)
            .iter()
            .map(Finding::from)
            .collect(),
    })
}

fn last_run(project: &Project, id: &SpecId) -> Result<Option<RunRecord>> {
    let journal = Journal::open_existing(&project.state_dir(), &project.project_key())?;
    let runs = journal.map(|journal| journal.runs_of(id.as_str()));
    Ok(runs.transpose()?.and_then(|mut runs| runs.pop()))
}

/// Whose signature an approval has, or why it counts for nothing.
fn signature(project: &Project, document: &Document, id: &SpecId) -> Option<String> {
    let approval = document.frontmatter().approval.as_ref()?;
    if !approval.says_approved() || approval.objects.is_none() {
        return None;
    }
    let Some(text) = approval.signature() else {
        return Some("unsigned".to_owned());
    };
    let checked = approval::Signing::like(project, text).check(id.as_str(), approval);
    Some(match checked {
        Ok(Ok(principal)) => format!("signed by {principal}"),
        Ok(Err(why)) => format!("signed, but {why}"),
        Err(error) => format!("signed, but it could not be checked: {}", error.message),
    })
}

/// Code that names nothing it was made from goes its own way from the day it lands: no conclusion in it can be outdated, and
/// the whole history need not be asked.
fn may_drift(front: &chant_spec::Frontmatter) -> bool {
    let inputs = [
        &front.depends_on,
        &front.informed_by,
        &front.origin,
        &front.context,
        &front.tracks,
    ];
    front.kind != chant_spec::Kind::Code || inputs.iter().any(|named| !named.is_empty())
}

/// What there is to say of a completed spec. Where there is no commit there is no record to compare.
fn drift_of(project: &Project, spec: &Spec) -> Result<Option<Verdict>> {
    if spec.state != chant_spec::State::Completed {
        return Ok(None);
    }
    let request = Request {
        ids: SpecId::parse(&spec.id).into_iter().collect(),
        basis: Basis::Tip,
        ..Request::default()
    };
    match crate::drift::drift(project, &request) {
        Ok(report) => Ok(report.specs.into_iter().next()),
        Err(error) if error.code == Code::NoCommit || error.code == Code::MainBranchUnknown => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

impl Project {
    /// How the spec of this id stands.
    pub fn show(&self, id: &SpecId) -> Result<Spec> {
        let found = self.locate(id)?.ok_or_else(|| {
            Error::new(Code::SpecNotFound, format!("no spec has the id {id}"))
                .hint("run `chant list` to see all specs")
        })?;
        self.show_at(&found)
    }

    fn show_at(&self, found: &SpecRef) -> Result<Spec> {
        let Some(mut entries) = neighbourhood(self, found) else {
            let specs = list::survey(
                self,
                HashSet::new(),
                |entry| entry.path == found.path,
                |_, _| true,
            )?;
            let gone = || Error::new(Code::SpecNotFound, format!("{} is gone", found.path));
            return specs.into_iter().next().ok_or_else(gone);
        };
        let specs = entries.iter().map(|entry| entry.node.id.as_str());
        let overlay = Overlay::load_for(&self.state_dir(), &self.project_key(), specs)?;
        settle(&mut entries, self, &overlay);
        super::consents::settle(self, &mut entries, &overlay);
        let action = self.config().approval.rejection_action;
        let world = World::new(&entries, &overlay).with_rejections(&entries, action);
        let verdict = world.verdict(&entries[0]);
        Ok(Spec::new(entries.swap_remove(0), verdict))
    }

    /// How a spec would stand if it were pending: what would be in the way of making it again.
    pub(crate) fn show_as_pending(&self, id: &SpecId) -> Result<Spec> {
        let overlay = Overlay::default();
        let mut entries = index::entries(self)?;
        let path = self.spec_path_from_root(id);
        let at = entries.iter().position(|entry| entry.path == path);
        let at = at.ok_or_else(|| Error::new(Code::SpecNotFound, format!("{path} is gone")))?;
        entries[at].node.status = Status::Pending;
        super::consents::settle(self, &mut entries, &overlay);
        let foreign = Foreign::of(self, &entries);
        let world = World::new(&entries, &overlay).with_foreign(&foreign);
        let verdict = world.verdict(&entries[at]);
        Ok(Spec::new(entries.swap_remove(at), verdict))
    }

    /// Reads a spec that counts as completed as it landed: where another branch is checked out, its file there is still the
    /// one from before.
    pub(crate) fn landed_document(&self, found: &SpecRef) -> Result<Document> {
        let here = self.document(&found.path)?;
        if here.frontmatter().status == Status::Completed {
            return Ok(here);
        }
        let (_, tip) = self.start_point()?;
        let path = self.path_from_repo(&found.path);
        let Some(entry) = self.repo().read_file(&tip, &path)? else {
            return Ok(here);
        };
        let landed = Document::parse(self.repo().blob(&entry.oid)?).ok();
        Ok(landed
            .filter(|landed| landed.frontmatter().status == Status::Completed)
            .unwrap_or(here))
    }

    /// Reads a spec; an error names file, line and column.
    pub fn document(&self, path: &str) -> Result<Document> {
        let bytes = self.read_spec_at(path)?;
        Document::parse(bytes.clone())
            .map_err(|diagnostics| Error::in_spec(path, &bytes, &diagnostics))
            .map_err(|error| match error.hint {
                Some(_) => error,
                None => error.hint(format!("correct it: chant edit {path}")),
            })
    }
}

/// The spec and everything its readiness depends on, or `None` where it takes all specs to know: for a name that is a
/// part of an id, for a gate that was passed, for a driver, and for a group that one rejected member holds.
fn neighbourhood(project: &Project, found: &SpecRef) -> Option<Vec<Entry>> {
    let in_groups = project.config().approval.rejection_action == Rejection::Group;
    let mut entries = vec![Entry::read(project, found)];
    let is_driver = entries[0].node.kind == chant_spec::Kind::Driver;
    if is_driver || (in_groups && found.id.member_of().is_some()) {
        return None;
    }
    let mut seen = HashSet::from([found.id.as_str().to_owned()]);
    let mut next = 0;
    while next < entries.len() {
        let names = relevant(&entries[next].node, next == 0);
        next += 1;
        for name in names {
            if !seen.insert(name.clone()) {
                continue;
            }
            let located = SpecId::parse(&name).ok().map(|id| project.locate(&id));
            match located {
                Some(Ok(Some(found))) => entries.push(Entry::read(project, &found)),
                Some(Ok(None)) if is_earlier_member(&name, found.id.as_str()) => {}
                _ => return None,
            }
        }
    }
    (!entries.iter().any(super::consents::is_passed_gate)).then_some(entries)
}

/// The names that count for a spec: what it depends on and the members before it. What is over depends on nothing.
fn relevant(node: &Node, first: bool) -> Vec<String> {
    if !first && matches!(node.status, Status::Completed | Status::Cancelled) {
        return Vec::new();
    }
    let mut names = node.depends_on.clone();
    if let Some((driver, number)) = node.id.rsplit_once('.')
        && let Ok(number) = number.parse::<u32>()
    {
        names.push(driver.to_owned());
        names.extend((1..number.min(MEMBERS)).map(|earlier| format!("{driver}.{earlier}")));
    }
    names
}

/// No driver has so many members.
const MEMBERS: u32 = 1000;

/// Members may be missing; so may a driver whose name only looks like one.
fn is_earlier_member(name: &str, id: &str) -> bool {
    id.strip_prefix(name.rsplit_once('.').map_or(name, |(driver, _)| driver))
        .is_some_and(|rest| rest.starts_with('.'))
}
