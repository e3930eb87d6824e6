//! The completion of drivers: a landing of chant's own, without an agent.
//!
//! What is to be completed is worked out from the specs each time, so repeating it does nothing. A driver goes to the main
//! branch with its status and the names of its members as trailers, whatever is checked out; in silent mode its file alone
//! says so. Killed between the branch and the checkout, a note leads the next to the rest.

use chant_git::{BranchName, Brought, Cas, GitError, Oid, RepoPath, TreeEdit};
use chant_spec::graph::Node;
use chant_spec::members::{Family, Standing};
use chant_spec::{Document, SpecId, Status, set_scalar};
use serde::Serialize;

use crate::error::{Code, Error, Result};
use crate::index::{self, Index};
use crate::journal::{Facts, Journal, RunState};
use crate::landing::{self, Move, Turn, checkout};
use crate::order::new_id;
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
        }
    }

    /// What there is to say, as one sentence.
    pub fn sentence(&self) -> String {
        let id = &self.id;
        if let Some(why) = &self.waits {
            return format!("the members of {id} are done, but {why}");
        }
        let cancelled = match self.cancelled.as_slice() {
            [] => String::new(),
            cancelled => format!(" (cancelled: {})", cancelled.join(", ")),
        };
        format!("{id} is completed: its members are done{cancelled}")
    }
}

/// Completes the drivers whose last member this was. Cheap for a spec that is no member of any.
pub fn complete_after(project: &Project, spec: &SpecId) -> Result<Vec<Completed>> {
    if is_member(project, spec)? {
        complete(project)
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

/// Completes every driver whose members are done, upwards to the outermost. Waits for the landing turn where there is one.
///
/// Crash: repeating it goes on where it was; once done, it does nothing.
pub fn complete(project: &Project) -> Result<Vec<Completed>> {
    complete_unless(project, || false)
}

/// The same for a command that lands nothing itself and must not hang: while others land for long, it is left to the next
/// landing of a member, or to `chant merge --all`.
pub fn complete_if_free(project: &Project) -> Result<Vec<Completed>> {
    let mut looks = 0;
    complete_unless(project, || {
        looks += 1;
        looks > LOOKS
    })
}

fn complete_unless(project: &Project, gives_up: impl FnMut() -> bool) -> Result<Vec<Completed>> {
    if due(project)?.is_empty() {
        return Ok(Vec::new());
    }
    let Some(turn) = Turn::take(project, gives_up)? else {
        return Ok(Vec::new());
    };
    // Asked again: somebody may have been quicker.
    let (silent, open): (Vec<Completed>, Vec<Completed>) = due(project)?
        .into_iter()
        .partition(|driver| SpecId::parse(&driver.id).is_ok_and(|id| hidden(project, &id)));
    let mut said = Vec::new();
    for driver in silent {
        let path = spec_path(project, &driver.id)?;
        let bytes = finished(&project.document(&path)?)?;
        chant_os::file::replace(&project.root().join(path), &bytes)?;
        said.push(driver);
    }
    said.extend(land(project, &turn, open)?);
    Ok(said)
}

/// The drivers that nothing but their completion is left of, each after those below it.
fn due(project: &Project) -> Result<Vec<Completed>> {
    let entries = index::entries(project)?;
    let family = Family::of(entries.iter().map(|entry| &entry.node));
    let mut found = Vec::new();
    let mut held: Vec<String> = Vec::new();
    for (driver, standing) in family.finished() {
        let completed = Completed::of(driver, standing);
        // What a person has to say first holds this driver, and those that it would complete.
        if needs_a_person(driver) || completed.members.iter().any(|id| held.contains(id)) {
            held.push(driver.id.clone());
        } else {
            found.push(completed);
        }
    }
    Ok(found)
}

fn hidden(project: &Project, id: &SpecId) -> bool {
    project.hides(id).unwrap_or(false)
}

/// A gate is passed, and an approval given, by a person.
fn needs_a_person(driver: &Node) -> bool {
    let asked = driver.approval.as_ref().is_some_and(|asked| asked.required);
    driver.gate.is_some() || (asked && !driver.consent.is_granted())
}

fn spec_path(project: &Project, id: &str) -> Result<String> {
    let id = SpecId::parse(id).map_err(|error| Error::new(Code::Internal, error.to_string()))?;
    Ok(project.spec_path_from_root(&id))
}

/// A driver's file with its status set.
fn finished(document: &Document) -> Result<Vec<u8>> {
    let now = chant_os::clock::now();
    let at = now.round(jiff::Unit::Second).unwrap_or(now).to_string();
    let document = Document::parse(set_scalar(document, "status", Status::Completed.as_str())?)?;
    Ok(set_scalar(&document, "completed_at", &at)?)
}

/// Lands the drivers, each as one commit, all by one move of the main branch.
fn land(project: &Project, turn: &Turn, mut drivers: Vec<Completed>) -> Result<Vec<Completed>> {
    if drivers.is_empty() {
        return Ok(drivers);
    }
    let repo = project.repo();
    let main = repo.main_branch(project.config().defaults.main_branch.as_deref())?;
    for _ in 0..TRIES {
        let Some(tip) = repo.branch_oid(&main)? else {
            return Ok(Vec::new());
        };
        let chain = Chain::build(project, &tip, &mut drivers)?;
        if chain.tip == tip {
            chain.remember(project, &main, &drivers)?;
            return Ok(Vec::new());
        }
        if let Some(there) = checkout::of_branch(repo, main.as_str())?
            && let Brought::InTheWay { files } =
                there.would_bring_along(&tip, &chain.tip, &chain.replaces)?
        {
            let (free, held) = apart(project, drivers, &files)?;
            let mut waiting = waiting(held, &in_the_way(&files));
            if !free.is_empty() {
                waiting.extend(land(project, turn, free)?);
            }
            return Ok(waiting);
        }
        let coming = chain.coming(&main, &tip);
        turn.announce(project, &coming)?;
        let moved = repo.update_ref(&main.ref_name(), &chain.tip, Some(&tip), REASON);
        match moved {
            Ok(Cas::Done) => {
                chant_os::crash::point("driver:landed");
                turn.show(project, &coming)?;
                chain.remember(project, &main, &drivers)?;
                return Ok(drivers);
            }
            Ok(Cas::Moved { .. }) => turn.forget(project)?,
            Err(error) => {
                turn.forget(project)?;
                let GitError::HookRefused { said, .. } = error else {
                    return Err(error.into());
                };
                let said = crate::one_line(&said);
                let why = format!("a hook of the repository did not let it land: {said}");
                return Ok(waiting(drivers, &why));
            }
        }
    }
    let error = Error::new(Code::GitFailed, format!("the branch {main} keeps moving"));
    Err(error.hint("wait for what moves it to end, then repeat the command"))
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

/// The commits that complete some drivers, made and not landed yet.
struct Chain {
    tip: Oid,
    /// The drivers' files as only the checkout has them: what is known to be in the record then.
    replaces: Vec<(RepoPath, Oid)>,
}

impl Chain {
    /// A driver that the main branch says is completed gets no commit.
    fn build(project: &Project, tip: &Oid, drivers: &mut [Completed]) -> Result<Self> {
        let repo = project.repo();
        let mut chain = Self {
            tip: tip.clone(),
            replaces: Vec::new(),
        };
        for driver in drivers {
            let path = spec_path(project, &driver.id)?;
            let in_repo = project.path_from_repo(&path);
            let bytes = if let Some(entry) = repo.read_file(tip, &in_repo)? {
                repo.blob(&entry.oid)?
            } else {
                let bytes = project.read_spec_at(&path)?;
                let here = repo.hash_object(&bytes)?;
                chain.replaces.push((in_repo.parse()?, here));
                bytes
            };
            let document = Document::parse(bytes)?;
            if document.frontmatter().status == Status::Completed {
                continue;
            }
            let message = message(project, &document, driver);
            let blob = repo.hash_object(&finished(&document)?)?;
            let edit = TreeEdit::put(in_repo.parse()?, "100644", blob);
            let tree = repo.write_tree(Some(&repo.tree_of(&chain.tip)?), &[edit])?;
            chain.tip = repo.commit_tree(&tree, std::slice::from_ref(&chain.tip), &message)?;
            driver.commit = Some(chain.tip.to_string());
        }
        Ok(chain)
    }

    /// The move of the main branch that the checkout follows.
    fn coming(&self, main: &BranchName, tip: &Oid) -> Move {
        let replaces = self.replaces.iter();
        Move {
            branch: main.clone(),
            from: tip.clone(),
            to: self.tip.clone(),
            may_replace: replaces
                .map(|(path, oid)| (path.to_string(), oid.clone()))
                .collect(),
        }
    }

    /// Where the checkout is of another branch, this clone remembers that the drivers are completed.
    fn remember(&self, project: &Project, main: &BranchName, drivers: &[Completed]) -> Result<()> {
        for driver in drivers {
            let path = spec_path(project, &driver.id)?;
            let bytes = project.read_spec_at(&path)?;
            if Document::parse(bytes.clone())?.frontmatter().status == Status::Completed {
                continue;
            }
            let facts = Facts {
                base: self.tip.to_string(),
                main: main.to_string(),
                spec_path: project.path_from_repo(&path),
                spec_oid: project.repo().hash_object(&bytes)?.to_string(),
                agent: "chant".to_owned(),
                ..Facts::default()
            };
            let mut journal = Journal::open(&project.state_dir(), &project.project_key())?;
            let mut run = journal.begin(&new_id(), &driver.id, &facts)?;
            run.state = RunState::Completed;
            run.ended_at = Some(chant_os::clock::now().to_string());
            journal.save(&run)?;
        }
        Ok(())
    }
}

fn message(project: &Project, document: &Document, driver: &Completed) -> String {
    let title = landing::title(document, &driver.id);
    let subject = landing::subject(&format!("chant({}): {title}", driver.id));
    let key = project.project_key();
    let mut trailers = vec![("Chant-Spec", driver.id.as_str())];
    if !key.is_empty() {
        trailers.push(("Chant-Project", key.as_str()));
    }
    trailers.extend(
        driver
            .members
            .iter()
            .map(|id| ("Chant-Member", id.as_str())),
    );
    let cancelled = driver.cancelled.iter();
    trailers.extend(cancelled.map(|id| ("Chant-Member-Cancelled", id.as_str())));
    chant_git::with_trailers(&subject, &trailers)
}
