//! `chant undo`: brings back what the last undoable command put away.

use chant_git::{BranchName, Oid};
use chant_spec::{SpecId, Status, set_scalar};
use serde::{Deserialize, Serialize};

use crate::claim;
use crate::error::{Code, Error, Result};
use crate::journal::{Journal, RunState, UndoEntry};
use crate::project::Project;
use crate::record::record_spec_change;

/// What can be undone, as the journal holds it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Undoable {
    /// A reset of a spec.
    Reset {
        /// The spec.
        spec: String,
        /// Its run, where it had one.
        #[serde(flatten)]
        aside: Option<Aside>,
        /// The status that its file had, where that was changed.
        #[serde(default)]
        stored: Option<String>,
        /// Its newest run then, where it had any.
        #[serde(default)]
        newest: Option<String>,
    },
    /// The result of a run that `chant cleanup` let go.
    Result {
        /// The ref's name.
        name: String,
        /// Where it was.
        at: String,
        /// The spec.
        #[serde(default)]
        spec: String,
    },
    /// A branch that `chant cleanup` deleted.
    Branch {
        /// Its name.
        branch: String,
        /// Where it was.
        at: String,
        /// The spec.
        #[serde(default)]
        spec: String,
    },
}

impl Undoable {
    fn spec(&self) -> &str {
        match self {
            Self::Reset { spec, .. } | Self::Result { spec, .. } | Self::Branch { spec, .. } => {
                spec
            }
        }
    }
}

/// A run that was put aside.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Aside {
    /// The run.
    pub run: String,
    /// The state it had.
    pub state: String,
    /// The branch it had.
    pub branch: String,
    /// The ref that keeps the work.
    pub kept: Option<String>,
}

/// What `undo` did.
#[derive(Debug, Clone, Serialize)]
pub struct Undone {
    /// What was undone.
    pub what: String,
    /// When that had been done, RFC 3339.
    pub at: String,
}

/// What could be undone, newest first.
pub fn list(project: &Project) -> Result<Vec<Undone>> {
    let Some(journal) = Journal::open_existing(&project.state_dir(), &project.project_key())?
    else {
        return Ok(Vec::new());
    };
    Ok(journal
        .undoable()?
        .into_iter()
        .map(|entry| Undone {
            what: entry.what,
            at: entry.at,
        })
        .collect())
}

/// Undoes the last undoable command, or the last about this spec.
pub fn undo(project: &Project, about: Option<&SpecId>) -> Result<Undone> {
    let journal = Journal::open_existing(&project.state_dir(), &project.project_key())?;
    let entries = match &journal {
        Some(journal) => journal.undoable()?,
        None => Vec::new(),
    };
    let mut last = None;
    for entry in entries {
        let undoable = read(&entry)?;
        if about.is_none_or(|id| id.as_str() == undoable.spec()) {
            last = Some((entry, undoable));
            break;
        }
    }
    let (Some(journal), Some((entry, undoable))) = (journal, last) else {
        return Err(nothing(about));
    };
    bring_back(project, &journal, undoable)?;
    journal.mark_undone(entry.id)?;
    Ok(Undone {
        what: entry.what,
        at: entry.at,
    })
}

fn nothing(about: Option<&SpecId>) -> Error {
    let what = match about {
        Some(id) => format!("there is nothing of {id} to undo"),
        None => "there is nothing to undo".to_owned(),
    };
    Error::new(Code::NothingToDo, what)
        .hint("`reset` and `cleanup` can be undone; landed commits are undone with `git revert`")
}

/// What an entry put away.
pub(super) fn read(entry: &UndoEntry) -> Result<Undoable> {
    serde_json::from_value(entry.data.clone()).map_err(|error| {
        let what = &entry.what;
        Error::new(
            Code::Internal,
            format!("failed to read what {what:?} put away: {error}"),
        )
    })
}

fn bring_back(project: &Project, journal: &Journal, undoable: Undoable) -> Result<()> {
    match undoable {
        Undoable::Branch { branch, at, .. } => restore_branch(project, &branch, &at),
        Undoable::Result { name, at, .. } => {
            let reason = "chant: undo";
            Ok(project.repo().set_ref(&name, &at.parse()?, reason)?)
        }
        Undoable::Reset {
            spec,
            aside,
            stored,
            newest,
        } => {
            let (state_dir, key) = (project.state_dir(), project.project_key());
            let _claim = claim::hold(&state_dir, &key, &spec, "chant undo")?;
            let now = journal.runs_of(&spec)?.pop().map(|run| run.id);
            if journal.latest(&spec)?.is_some() || newest.is_some_and(|then| Some(then) != now) {
                let kept = aside.and_then(|aside| aside.kept);
                return Err(since(&spec, "has been worked again", kept.as_deref()));
            }
            if let Some(stored) = stored {
                restore_status(project, &spec, &stored)?;
            }
            aside.map_or(Ok(()), |aside| restore_run(project, journal, &spec, &aside))
        }
    }
}

/// What became of a spec after it was reset stands.
fn since(spec: &str, what: &str, kept: Option<&str>) -> Error {
    let others = "see what else can be undone: chant undo --list, then chant undo SPEC";
    let hint = match kept {
        Some(kept) => format!("what the earlier run did is at {kept}; {others}"),
        None => others.to_owned(),
    };
    Error::new(
        Code::WrongStatus,
        format!("{spec} {what} since it was reset"),
    )
    .hint(hint)
}

fn restore_status(project: &Project, spec: &str, stored: &str) -> Result<()> {
    let id = SpecId::parse(spec).map_err(|error| Error::new(Code::Internal, error.to_string()))?;
    let document = project.document(&project.spec_path_from_root(&id))?;
    let status = &document.frontmatter().status;
    if status.as_str() == stored {
        // Taken up again after it was killed.
        return Ok(());
    }
    if *status != Status::Pending {
        let what = format!("became {}", status.as_str());
        return Err(since(spec, &what, None));
    }
    let bytes = set_scalar(&document, "status", stored)?;
    record_spec_change(project, &id, &bytes, &format!("chant({id}): undo reset")).map(drop)
}

fn restore_run(project: &Project, journal: &Journal, spec: &str, aside: &Aside) -> Result<()> {
    if let Some(kept) = &aside.kept
        && let Some(oid) = project.repo().resolve(kept)?
    {
        restore_branch(project, &aside.branch, oid.as_str())?;
    }
    let mut runs = journal.runs_of(spec)?.into_iter();
    let mut record = runs.find(|record| record.id == aside.run).ok_or_else(|| {
        let run = &aside.run;
        Error::new(
            Code::RunNotFound,
            format!("the run {run} is not in the journal any more"),
        )
    })?;
    // Its processes and worktree are gone: what was under way is a failed attempt with its work kept.
    record.state = match RunState::from_name(&aside.state) {
        Some(state) if state.is_over() || state == RunState::Conflict => state,
        _ => RunState::Failed,
    };
    journal.save(&record)?;
    journal.take_up(spec, &aside.run)
}

fn restore_branch(project: &Project, branch: &str, at: &str) -> Result<()> {
    let (name, oid): (BranchName, Oid) = (branch.parse()?, at.parse()?);
    match project.repo().branch_oid(&name)? {
        Some(now) if now == oid => Ok(()),
        Some(_) => Err(Error::new(
            Code::Exists,
            format!("the branch {branch} exists again, with other commits"),
        )
        .hint(format!("look at both: git log {branch} {at}"))),
        None => Ok(project.repo().set_branch(&name, &oid, None)?),
    }
}
