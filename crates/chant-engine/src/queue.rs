//! What was asked for and is not over, in the journal, with whether its asker lives.
//!
//! An asker is one command. It holds a lock for as long as it lives, so its entries are alive exactly as long: those of a
//! killed one are shown, and taken over by whoever asks for the same specs again.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use chant_os::lock::{Attempt, Lock};

use crate::error::{Code, Error, Result};
use crate::journal::{Journal, Queued};
use crate::order::Order;
use crate::order::new_id;
use crate::project::Project;

/// So many that are over are told to the journal at once: each time costs a write to the disk.
const BATCH: usize = 32;

/// One command and what it asked for.
pub(crate) struct Asker {
    id: String,
    lock: PathBuf,
    _alive: Lock,
    /// Over, and not yet told to the journal.
    over: Vec<String>,
    /// What stays asked for when this command ends.
    left: Vec<String>,
}

impl Asker {
    /// A command that lives from now on.
    pub(crate) fn begin(project: &Project) -> Result<Self> {
        let id = new_id();
        let path = lock_of(&project.state_dir(), &id);
        match Lock::try_acquire(&path, &format!("process {}", std::process::id()))? {
            Attempt::Acquired(alive) => Ok(Self {
                id,
                lock: path,
                _alive: alive,
                over: Vec::new(),
                left: Vec::new(),
            }),
            Attempt::Held { .. } => Err(Error::new(
                Code::Internal,
                format!("another command has the name {id}"),
            )),
        }
    }

    /// Its name.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// Writes down what it asks for, with the priority of each.
    pub(crate) fn ask(
        &self,
        project: &Project,
        journal: &mut Journal,
        specs: impl Iterator<Item = (String, i32)>,
        order: &Order,
    ) -> Result<()> {
        let at = chant_os::clock::now().to_string();
        let order = serde_json::to_string(order).map_err(|error| {
            Error::new(
                Code::Internal,
                format!("failed to write down an order: {error}"),
            )
        })?;
        let rows: Vec<Queued> = specs
            .map(|(spec, priority)| Queued {
                spec,
                asker: self.id.clone(),
                order: order.clone(),
                priority,
                at: at.clone(),
            })
            .collect();
        let mut ended = journal.askers()?;
        ended.retain(|asker| *asker != self.id && !is_alive(project, asker));
        journal.enqueue(&rows, &ended)
    }

    /// A spec is over.
    pub(crate) fn done(&mut self, journal: &mut Journal, spec: &str) -> Result<()> {
        self.over.push(spec.to_owned());
        if self.over.len() >= BATCH {
            journal.dequeue(&self.id, &self.over)?;
            self.over.clear();
        }
        Ok(())
    }

    /// This command will not come to a spec; another one, or a watch, takes it up when its time has come.
    pub(crate) fn leave(&mut self, spec: &str) {
        self.left.push(spec.to_owned());
    }

    /// Nothing is asked for any more, but for what was left to others.
    pub(crate) fn end(self, journal: &mut Journal) -> Result<()> {
        if self.left.is_empty() {
            journal.dequeue_all(&self.id)?;
        } else {
            let rows = journal.queued()?.into_iter();
            let over = rows.filter(|row| row.asker == self.id && !self.left.contains(&row.spec));
            let over: Vec<String> = over.map(|row| row.spec).collect();
            journal.dequeue(&self.id, &over)?;
        }
        // The name is its own, so nobody is misled by its end.
        Ok(chant_os::file::remove_file(&self.lock)?)
    }
}

/// Whether a command lives.
pub(crate) fn is_alive(project: &Project, asker: &str) -> bool {
    let path = lock_of(&project.state_dir(), asker);
    path.exists() && matches!(Lock::try_acquire(&path, ""), Ok(Attempt::Held { .. }))
}

/// Whether a living command other than `me` asks for a spec.
pub(crate) fn others_ask(
    project: &Project,
    journal: &Journal,
    spec: &str,
    me: &str,
) -> Result<bool> {
    let askers = journal.askers_of(spec)?;
    Ok(askers
        .iter()
        .any(|asker| asker != me && is_alive(project, asker)))
}

/// What was asked for and is not over.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The spec's id.
    pub spec: String,
    /// What was ordered.
    pub order: Order,
    /// When, RFC 3339.
    pub at: String,
    /// Whether the command that asked for it lives.
    pub alive: bool,
}

/// Everything that was asked for and is not over, oldest first. Touches nothing where nothing was.
pub fn asked(project: &Project) -> Result<Vec<Asked>> {
    let journal = Journal::open_existing(&project.state_dir(), &project.project_key())?;
    let rows = journal.map_or(Ok(Vec::new()), |journal| journal.queued())?;
    let mut alive: Vec<(String, bool)> = Vec::new();
    let mut lives = |asker: &str| {
        if let Some((_, known)) = alive.iter().find(|(name, _)| name == asker) {
            return *known;
        }
        let now = is_alive(project, asker);
        alive.push((asker.to_owned(), now));
        now
    };
    let asked = rows.into_iter().map(|row| Asked {
        alive: lives(&row.asker),
        order: serde_json::from_str(&row.order).unwrap_or_default(),
        spec: row.spec,
        at: row.at,
    });
    Ok(asked.collect())
}

/// What living commands ask for: it waits for its turn with one of them.
pub(crate) fn waits_for_turn(project: &Project) -> Result<HashSet<String>> {
    asked_by(project, true)
}

/// What commands had asked for that ended before it was over.
pub(crate) fn left_by_ended(project: &Project) -> Result<HashSet<String>> {
    asked_by(project, false)
}

fn asked_by(project: &Project, living: bool) -> Result<HashSet<String>> {
    let journal = Journal::open_existing(&project.state_dir(), &project.project_key())?;
    let Some(journal) = journal else {
        return Ok(HashSet::new());
    };
    let mut askers = journal.askers()?;
    askers.retain(|asker| is_alive(project, asker) == living);
    if askers.is_empty() {
        return Ok(HashSet::new());
    }
    let rows = journal.queued()?.into_iter();
    let theirs = rows.filter(|row| askers.contains(&row.asker));
    Ok(theirs.map(|row| row.spec).collect())
}

/// What commands had asked for that ended is over: there is nothing left of it to work.
pub fn forget_ended(project: &Project) -> Result<()> {
    let journal = Journal::open_existing(&project.state_dir(), &project.project_key())?;
    let Some(journal) = journal else {
        return Ok(());
    };
    for asker in journal.askers()? {
        if !is_alive(project, &asker) {
            journal.dequeue_all(&asker)?;
        }
    }
    Ok(())
}

fn lock_of(state_dir: &Path, asker: &str) -> PathBuf {
    state_dir.join("askers").join(asker)
}
