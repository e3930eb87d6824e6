//! The completion of drivers: a landing of chant's own, without an agent.
//!
//! What is to be completed is worked out from the specs each time, so repeating it does nothing. A driver goes to the main
//! branch with its status and the names of its members as trailers, whatever is checked out; in silent mode its file alone
//! says so. Killed between the branch and the checkout, a note leads the next to the rest.

use std::fmt::Write as _;
use std::path::PathBuf;

use chant_git::{BranchName, Brought, Cas, Oid, Repo, RepoPath, TreeEdit};
use chant_spec::graph::Node;
use chant_spec::members::{Family, Standing};
use chant_spec::{Document, SpecId, Status, set_scalar};
use serde::Serialize;

use crate::error::{Code, Error, Result};
use crate::journal::{Facts, Journal, RunState};
use crate::landing;
use crate::project::Project;
use crate::query;
use crate::run::{is_silent, new_id};

/// The main branch may move under a completion this often before it is given up.
const TRIES: usize = 5;

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

/// Completes every driver whose members are done, upwards to the outermost. To be called with the landing turn held.
///
/// Crash: repeating it goes on where it was; once done, it does nothing.
pub fn complete(project: &Project) -> Result<Vec<Completed>> {
    finish_interrupted(project)?;
    let entries = query::entries(project)?;
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
    let (silent, open): (Vec<Completed>, Vec<Completed>) = found
        .into_iter()
        .partition(|driver| SpecId::parse(&driver.id).is_ok_and(|id| hidden(project, &id)));
    let mut said = Vec::new();
    for driver in silent {
        let bytes = finished(project.document(&spec_path(project, &driver.id)?)?)?;
        chant_os::file::replace(
            &project.root().join(spec_path(project, &driver.id)?),
            &bytes,
        )?;
        said.push(driver);
    }
    said.extend(land(project, open)?);
    Ok(said)
}

fn hidden(project: &Project, id: &SpecId) -> bool {
    is_silent(project, id).unwrap_or(false)
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
fn finished(document: Document) -> Result<Vec<u8>> {
    let now = chant_os::clock::now();
    let at = now.round(jiff::Unit::Second).unwrap_or(now).to_string();
    let document = Document::parse(set_scalar(&document, "status", Status::Completed.as_str())?)?;
    Ok(set_scalar(&document, "completed_at", &at)?)
}

/// Lands the drivers, each as one commit, all by one move of the main branch.
fn land(project: &Project, mut drivers: Vec<Completed>) -> Result<Vec<Completed>> {
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
            chain.show(project, &main, &drivers)?;
            return Ok(Vec::new());
        }
        let checkout = checkout_of(repo, &main)?;
        if let Some(there) = &checkout
            && let Brought::InTheWay { files } =
                there.would_bring_along(&tip, &chain.tip, &chain.replaces)?
        {
            return Ok(waiting(drivers, &files));
        }
        note(project, &tip, &chain)?;
        let reason = "chant: complete drivers";
        if let Cas::Done = repo.update_ref(&main.ref_name(), &chain.tip, Some(&tip), reason)? {
            chant_os::crash::point("driver:landed");
            if let Some(there) = checkout {
                there.bring_along(&tip, &chain.tip, &chain.replaces)?;
            }
            chain.show(project, &main, &drivers)?;
            chant_os::file::remove_file(&note_file(project))?;
            return Ok(drivers);
        }
    }
    let error = Error::new(Code::GitFailed, format!("the branch {main} keeps moving"));
    Err(error.hint("wait for what moves it to end, then repeat the command"))
}

fn waiting(drivers: Vec<Completed>, files: &[String]) -> Vec<Completed> {
    let why = format!(
        "your uncommitted changes to {} are in the way; commit or move them, then `chant work` it",
        files.join(", ")
    );
    let waits = |driver| Completed {
        commit: None,
        waits: Some(why.clone()),
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
            let bytes = match repo.read_file(tip, &in_repo)? {
                Some(entry) => repo.blob(&entry.oid)?,
                None => {
                    let bytes = project.read_spec_at(&path)?;
                    let here = repo.hash_object(&bytes)?;
                    chain.replaces.push((in_repo.parse()?, here));
                    bytes
                }
            };
            let document = Document::parse(bytes)?;
            if document.frontmatter().status == Status::Completed {
                continue;
            }
            let message = message(project, &document, driver);
            let blob = repo.hash_object(&finished(document)?)?;
            let edit = TreeEdit::put(in_repo.parse()?, "100644", blob);
            let tree = repo.write_tree(Some(&repo.tree_of(&chain.tip)?), &[edit])?;
            chain.tip = repo.commit_tree(&tree, std::slice::from_ref(&chain.tip), &message)?;
            driver.commit = Some(chain.tip.to_string());
        }
        Ok(chain)
    }

    /// Where the checkout is of another branch, this clone remembers that the drivers are completed.
    fn show(&self, project: &Project, main: &BranchName, drivers: &[Completed]) -> Result<()> {
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

fn checkout_of(repo: &Repo, main: &BranchName) -> Result<Option<Repo>> {
    let found = repo
        .worktrees()?
        .into_iter()
        .find(|worktree| worktree.branch.as_ref() == Some(main) && worktree.path.exists());
    Ok(found.map(|worktree| repo.at(&worktree.path)))
}

/// Where it is written that the checkout has to follow from one commit to another.
fn note_file(project: &Project) -> PathBuf {
    project.state_dir().join("driver-landing")
}

/// Two commits, then a line for each file of the checkout that may be replaced.
fn note(project: &Project, old: &Oid, chain: &Chain) -> Result<()> {
    let mut text = format!("{old}\n{}\n", chain.tip);
    for (path, oid) in &chain.replaces {
        let _ = writeln!(text, "{oid} {}", path.as_str());
    }
    chant_os::file::create_dir_all(&project.state_dir())?;
    Ok(chant_os::file::replace(
        &note_file(project),
        text.as_bytes(),
    )?)
}

/// Lets the checkout follow where an earlier completion was killed after it moved the main branch.
fn finish_interrupted(project: &Project) -> Result<()> {
    let Ok(noted) = chant_os::file::read_regular(&note_file(project), 1 << 20) else {
        return Ok(());
    };
    let noted = String::from_utf8_lossy(&noted).into_owned();
    let mut lines = noted.lines();
    let mut commit = || lines.next().and_then(|line| line.parse::<Oid>().ok());
    if let (Some(old), Some(new)) = (commit(), commit()) {
        let replaces: Vec<(RepoPath, Oid)> = lines
            .filter_map(|line| line.split_once(' '))
            .filter_map(|(oid, path)| Some((path.parse().ok()?, oid.parse().ok()?)))
            .collect();
        let repo = project.repo();
        let main = repo.main_branch(project.config().defaults.main_branch.as_deref())?;
        let tip = repo.branch_oid(&main)?;
        if let (Some(tip), Some(there)) = (tip, checkout_of(repo, &main)?)
            && repo.is_ancestor(&new, &tip)?
        {
            there.bring_along(&old, &new, &replaces)?;
        }
    }
    Ok(chant_os::file::remove_file(&note_file(project))?)
}
