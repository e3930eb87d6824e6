//! The completion of drivers: a landing of chant's own, without an agent, once their checks hold on the main branch.
//!
//! What is to be completed is worked out from the specs each time, so repeating it does nothing. A driver goes to the main
//! branch with its status and the names of its members as trailers, whatever is checked out; in silent mode its file alone
//! says so. Killed between the branch and the checkout, a note leads the next to the rest.

use chant_git::{BranchName, Brought, Cas, GitError, Oid};
use chant_spec::graph::Node;
use chant_spec::members::{Family, Standing};
use chant_spec::{Document, SpecId, Status, set_scalar};
use serde::Serialize;

use super::chain::Chain;
use super::checks;
use crate::error::{Code, Error, Result};
use crate::event::Surroundings;
use crate::index::{self, Index};
use crate::journal::{CheckRecord, Journal, RunRecord, RunState};
use crate::landing::{Turn, checkout};
use crate::project::Project;

/// The main branch may move under a completion this often before it is given up.
const TRIES: usize = 5;

/// How often a turn that another has is looked for: about a second.
const LOOKS: u32 = 200;

/// Why the main branch moved, in its reflog.
const REASON: &str = "chant: complete drivers";

/// A driver that was completed, or has to wait although its members are done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Completed {
    /// The driver.
    pub id: String,
    /// Its completed members.
    pub members: Vec<String>,
    /// Its cancelled members: they did not hold it up.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cancelled: Vec<String>,
    /// The commit on the main branch; absent in silent mode and where it waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// Why it waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waits: Option<String>,
    /// Which of its checks does not hold on the main branch, so that it is not completed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
    /// Its own checks, where they passed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<CheckRecord>,
}

/// What lets drivers that failed be tried again.
#[derive(Debug, Clone, Copy)]
enum Occasion<'a> {
    /// Somebody asks, for whatever there is.
    Asked,
    /// These specs are asked for, or are over: what they belong to is tried again, and what belongs to them.
    Of(&'a [SpecId]),
}

impl Occasion<'_> {
    fn concerns(self, family: &Family<'_>, driver: &str) -> bool {
        let Self::Of(specs) = self else {
            return true;
        };
        let leaves = family.leaves(driver);
        specs.iter().any(|spec| {
            let spec = spec.as_str();
            let below = family.leaves(spec);
            spec == driver || leaves.contains(&spec) || below.iter().any(|id| leaves.contains(id))
        })
    }
}

impl Completed {
    fn of(driver: &Node, standing: Standing) -> Self {
        let (members, cancelled) = match standing {
            Standing::Done {
                completed,
                cancelled,
            } => (completed, cancelled),
            _ => (Vec::new(), Vec::new()),
        };
        Self {
            id: driver.id.clone(),
            members,
            cancelled,
            commit: None,
            waits: None,
            failed: None,
            checks: Vec::new(),
        }
    }

    /// Whether it is completed; otherwise it waits, or a check of it failed.
    pub fn is_completed(&self) -> bool {
        self.waits.is_none() && self.failed.is_none()
    }

    /// What there is to say, as one sentence.
    pub fn sentence(&self) -> String {
        let id = &self.id;
        if let Some(why) = &self.failed {
            return undone(id, why);
        }
        if let Some(why) = &self.waits {
            return undone(id, why);
        }
        let cancelled = match self.cancelled.as_slice() {
            [] => String::new(),
            cancelled => format!(" (cancelled: {})", cancelled.join(", ")),
        };
        format!("{id} is completed: its members are done{cancelled}")
    }
}

/// That a driver is not completed although nothing is left of its members.
fn undone(id: &str, why: &str) -> String {
    format!("the members of {id} are done, but {why}")
}

/// Completes the drivers whose last member this was. Cheap for a spec that is no member of any.
pub fn complete_after(
    project: &Project,
    spec: &SpecId,
    outside: &mut Surroundings<'_>,
) -> Result<Vec<Completed>> {
    if is_member(project, spec)? {
        let over = Occasion::Of(std::slice::from_ref(spec));
        complete_unless(project, over, Some(outside), || false)
    } else {
        Ok(Vec::new())
    }
}

/// Whether a driver has this spec as a member: by the spec's id, or by the driver's file.
fn is_member(project: &Project, spec: &SpecId) -> Result<bool> {
    if let Some(driver) = spec.member_of()
        && project.locate(&driver)?.is_some()
    {
        return Ok(true);
    }
    let entries = Index::load(project)?.into_entries();
    let named = |name: &String| name == spec.as_str();
    Ok(entries
        .iter()
        .any(|entry| entry.node.members.iter().any(named)))
}

/// Completes every driver whose members are done and whose checks hold, upwards to the outermost. Waits for the landing
/// turn where there is one. One that failed before is tried again where it, or what is below or above it, is `asked` for,
/// or where that names nothing.
///
/// Crash: repeating it goes on where it was; once done, it does nothing.
pub fn complete(
    project: &Project,
    asked: Option<&[SpecId]>,
    outside: &mut Surroundings<'_>,
) -> Result<Vec<Completed>> {
    complete_unless(project, asked_for(asked), Some(outside), || false)
}

/// Whether there is a driver that [`complete`] would see to.
pub fn is_any_due(project: &Project, asked: Option<&[SpecId]>) -> Result<bool> {
    Ok(!due(project, asked_for(asked))?.is_empty())
}

fn asked_for(asked: Option<&[SpecId]>) -> Occasion<'_> {
    asked.map_or(Occasion::Asked, Occasion::Of)
}

/// The first of these drivers, and of those below them, that failed with all its members done: its id, and that as a
/// sentence.
pub fn failure(project: &Project, drivers: &[SpecId]) -> Result<Option<(String, String)>> {
    let entries = index::entries(project)?;
    let family = Family::of(entries.iter().map(|entry| &entry.node));
    let journal = Journal::open_existing(&project.state_dir(), &project.project_key())?;
    for (driver, _) in family.finished() {
        if Occasion::Of(drivers).concerns(&family, &driver.id)
            && let Some(run) = failed(journal.as_ref(), &driver.id)?
        {
            let sentence = undone(&run.spec, &run.reason);
            return Ok(Some((run.spec, sentence)));
        }
    }
    Ok(None)
}

/// The same as [`complete`] once `spec` is over, for a command that lands nothing itself, runs no checks and must not hang: while others
/// land for long, it is left to the next landing of a member, or to `chant merge --all`.
pub fn complete_if_free(project: &Project, spec: &SpecId) -> Result<Vec<Completed>> {
    let mut looks = 0;
    let over = Occasion::Of(std::slice::from_ref(spec));
    complete_unless(project, over, None, || {
        looks += 1;
        looks > LOOKS
    })
}

fn complete_unless(
    project: &Project,
    occasion: Occasion<'_>,
    mut outside: Option<&mut Surroundings<'_>>,
    gives_up: impl FnMut() -> bool,
) -> Result<Vec<Completed>> {
    if due(project, occasion)?.is_empty() {
        return Ok(Vec::new());
    }
    let Some(turn) = Turn::take(project, gives_up)? else {
        return Ok(Vec::new());
    };
    let mut said = Vec::new();
    for _ in 0..TRIES {
        // Asked again: somebody may have been quicker.
        let drivers = due(project, occasion)?;
        let (main, tip) = project.start_point()?;
        let sorted = checks::sort(project, drivers, &tip, outside.as_deref_mut())?;
        let (silent, open): (Vec<Completed>, Vec<Completed>) = sorted
            .hold
            .into_iter()
            .partition(|driver| SpecId::parse(&driver.id).is_ok_and(|id| hidden(project, &id)));
        for driver in silent {
            let path = spec_path(project, &driver.id)?;
            let bytes = finished(&project.document(&path)?)?;
            chant_os::file::replace(&project.root().join(path), &bytes)?;
            said.push(driver);
        }
        if let Some(landed) = land(project, &turn, &main, &tip, open)? {
            said.extend(landed);
            said.extend(sorted.held);
            return Ok(said);
        }
    }
    let error = Error::new(Code::GitFailed, "the main branch keeps moving");
    Err(error.hint("wait for what moves it to end, then repeat the command"))
}

/// The drivers that nothing but their completion is left of, each after those below it.
fn due(project: &Project, occasion: Occasion<'_>) -> Result<Vec<Completed>> {
    let entries = index::entries(project)?;
    let family = Family::of(entries.iter().map(|entry| &entry.node));
    let finished = family.finished();
    let journal = match finished.as_slice() {
        [] => None,
        _ => Journal::open_existing(&project.state_dir(), &project.project_key())?,
    };
    let mut found = Vec::new();
    let mut held: Vec<String> = Vec::new();
    for (driver, standing) in finished {
        let completed = Completed::of(driver, standing);
        let rests = !occasion.concerns(&family, &driver.id)
            && failed(journal.as_ref(), &driver.id)?.is_some();
        // What a person has to say first holds this driver, and those that it would complete.
        if rests || needs_a_person(driver) || completed.members.iter().any(|id| held.contains(id)) {
            held.push(driver.id.clone());
        } else {
            found.push(completed);
        }
    }
    Ok(found)
}

/// The driver's present run, where that failed.
fn failed(journal: Option<&Journal>, driver: &str) -> Result<Option<RunRecord>> {
    let latest = journal.map(|journal| journal.latest(driver)).transpose()?;
    Ok(latest.flatten().filter(|run| run.state == RunState::Failed))
}

fn hidden(project: &Project, id: &SpecId) -> bool {
    project.hides(id).unwrap_or(false)
}

/// A gate is passed, and an approval given, by a person.
fn needs_a_person(driver: &Node) -> bool {
    let asked = driver.approval.as_ref().is_some_and(|asked| asked.required);
    driver.gate.is_some() || (asked && !driver.consent.is_granted())
}

pub(super) fn spec_path(project: &Project, id: &str) -> Result<String> {
    let id = SpecId::parse(id).map_err(|error| Error::new(Code::Internal, error.to_string()))?;
    Ok(project.spec_path_from_root(&id))
}

/// A driver's file with its status set.
pub(super) fn finished(document: &Document) -> Result<Vec<u8>> {
    let now = chant_os::clock::now();
    let at = now.round(jiff::Unit::Second).unwrap_or(now).to_string();
    let document = Document::parse(set_scalar(document, "status", Status::Completed.as_str())?)?;
    Ok(set_scalar(&document, "completed_at", &at)?)
}

/// Lands the drivers on `tip`, each as one commit, all by one move of the main branch. `None` where it is not there any more.
fn land(
    project: &Project,
    turn: &Turn,
    main: &BranchName,
    tip: &Oid,
    mut drivers: Vec<Completed>,
) -> Result<Option<Vec<Completed>>> {
    if drivers.is_empty() {
        return Ok(Some(drivers));
    }
    let repo = project.repo();
    match repo.branch_oid(main)? {
        None => return Ok(Some(Vec::new())),
        Some(at) if at != *tip => return Ok(None),
        Some(_) => {}
    }
    let chain = Chain::build(project, tip, &mut drivers)?;
    if chain.tip == *tip {
        chain.remember(project, main, &drivers)?;
        return Ok(Some(Vec::new()));
    }
    if let Some(there) = checkout::of_branch(repo, main.as_str())?
        && let Brought::InTheWay { files } =
            there.would_bring_along(tip, &chain.tip, &chain.replaces)?
    {
        let (free, held) = apart(project, drivers, &files)?;
        let waiting = waiting(held, &in_the_way(&files));
        let landed = land(project, turn, main, tip, free)?;
        return Ok(landed.map(|landed| waiting.into_iter().chain(landed).collect()));
    }
    let coming = chain.coming(main, tip);
    turn.announce(project, &coming)?;
    let moved = repo.update_ref(&main.ref_name(), &chain.tip, Some(tip), REASON);
    match moved {
        Ok(Cas::Done) => {
            chant_os::crash::point("driver:landed");
            turn.show(project, &coming)?;
            chain.remember(project, main, &drivers)?;
            Ok(Some(drivers))
        }
        Ok(Cas::Moved { .. }) => {
            turn.forget(project)?;
            Ok(None)
        }
        Err(error) => {
            turn.forget(project)?;
            let GitError::HookRefused { said, .. } = error else {
                return Err(error.into());
            };
            let said = crate::one_line(&said);
            let why = format!("a hook of the repository did not let it land: {said}");
            Ok(Some(waiting(drivers, &why)))
        }
    }
}

/// Those that files in the way do not concern, and the others with what they would complete.
fn apart(
    project: &Project,
    drivers: Vec<Completed>,
    files: &[String],
) -> Result<(Vec<Completed>, Vec<Completed>)> {
    let (mut free, mut held): (Vec<Completed>, Vec<Completed>) = (Vec::new(), Vec::new());
    for driver in drivers {
        let own = project.path_from_repo(&spec_path(project, &driver.id)?);
        let below = |held: &Completed| driver.members.contains(&held.id);
        if files.contains(&own) || held.iter().any(below) {
            held.push(driver);
        } else {
            free.push(driver);
        }
    }
    if held.is_empty() {
        // Something else is in the way: none of them can go.
        std::mem::swap(&mut free, &mut held);
    }
    Ok((free, held))
}

fn in_the_way(files: &[String]) -> String {
    let files = files.join(", ");
    format!(
        "your uncommitted changes to {files} are in the way; commit or move them, then `chant merge --all`"
    )
}

fn waiting(drivers: Vec<Completed>, why: &str) -> Vec<Completed> {
    let waits = |driver| Completed {
        commit: None,
        waits: Some(why.to_owned()),
        ..driver
    };
    drivers.into_iter().map(waits).collect()
}
