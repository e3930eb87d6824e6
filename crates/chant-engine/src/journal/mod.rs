//! What this clone is doing and has tried: runs, their steps, and what can be undone.
//!
//! One `SQLite` database under the common git directory, WAL and `synchronous=FULL`: a row that was
//! committed survives a crash, a row that was not never happened. A row that was written lightly survives the end of every
//! process, and a power cut as soon as any row after it does; so are those written that say no more than a step's probe would
//! find again. Specs are not in here; their files
//! are the truth about intent. Each run's row is copied into the run's folder, and a database that was lost or damaged is
//! made again from these.

mod aside;
mod copy;
mod folder;
pub(crate) mod lost;
mod overlay;
mod parked;
mod queue;
mod read;
mod record;
mod stint;
mod takeover;
mod undo;
mod wish;

pub(crate) use aside::Aside;
pub use folder::{Follower, events_file, run_dir};
pub(crate) use folder::{result_ref, write_event};
pub use overlay::{Overlay, Shown};
pub use parked::{Parked, Renewal};
pub use queue::Queued;
pub use record::{
    CheckRecord, Conflict, CriterionRecord, Facts, InputRecord, Landing, OutputRecord, Phase,
    RunRecord, RunState, Step,
};
pub use stint::Stint;
pub(crate) use takeover::PERSON;
pub use takeover::Takeover;
pub use undo::UndoEntry;
pub use wish::{What, Wish};

use std::path::{Path, PathBuf};

use chant_os::lock::Lock;
use rusqlite::{Connection, TransactionBehavior, params};

use crate::error::{Code, Error, Result};

/// The journal of one clone.
#[derive(Debug)]
pub struct Journal {
    connection: Connection,
    project: String,
    state_dir: PathBuf,
    /// Which file it is: one that is moved away or deleted is still written to without an error.
    file: Option<u64>,
}

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS run (
  id TEXT PRIMARY KEY,
  project TEXT NOT NULL,
  spec TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  state TEXT NOT NULL,
  reason TEXT NOT NULL,
  step TEXT NOT NULL,
  phase TEXT NOT NULL,
  started_at TEXT NOT NULL,
  ended_at TEXT,
  facts TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS run_by_spec ON run (project, spec, attempt);
CREATE TABLE IF NOT EXISTS latest (
  project TEXT NOT NULL,
  spec TEXT NOT NULL,
  run TEXT NOT NULL,
  PRIMARY KEY (project, spec)
) STRICT;
CREATE TABLE IF NOT EXISTS undo (
  id INTEGER PRIMARY KEY,
  project TEXT NOT NULL,
  at TEXT NOT NULL,
  what TEXT NOT NULL,
  data TEXT NOT NULL,
  done INTEGER NOT NULL
) STRICT;
";

/// What came later, step by step: the first is version 1.
const LATER: [&str; 2] = [
    "",
    "
CREATE TABLE IF NOT EXISTS queue (
  project TEXT NOT NULL,
  spec TEXT NOT NULL,
  asker TEXT NOT NULL,
  \"order\" TEXT NOT NULL,
  priority INTEGER NOT NULL,
  at TEXT NOT NULL,
  PRIMARY KEY (project, asker, spec)
) STRICT;
CREATE INDEX IF NOT EXISTS queue_by_spec ON queue (project, spec);
",
];

/// The version of a database that has all of it.
const LATEST: i64 = 2;

/// The database file below a state directory.
pub fn database(state_dir: &Path) -> PathBuf {
    state_dir.join("journal.db")
}

impl Journal {
    /// Opens the journal, making it where there is none. `project` is the project's key in this clone.
    pub fn open(state_dir: &Path, project: &str) -> Result<Self> {
        chant_os::file::create_dir_all(state_dir)?;
        let path = database(state_dir);
        let connection = Connection::open(&path).map_err(|error| unusable(&path, &error))?;
        let mut journal = Self {
            connection,
            project: project.to_owned(),
            state_dir: state_dir.to_owned(),
            file: None,
        };
        let is_new = journal.version().map_err(|error| unusable(&path, &error))? == 0;
        // Changing the mode of a database waits for nobody, so those who find it new take turns.
        let _turn = is_new
            .then(|| Lock::acquire_blocking(&state_dir.join("journal.lock")))
            .transpose()?;
        journal.prepare()?;
        journal.file = identity(&path);
        Ok(journal)
    }

    /// Opens the journal only where one exists, or where runs have been that it would know of: reading commands must leave
    /// no trace.
    pub fn open_existing(state_dir: &Path, project: &str) -> Result<Option<Self>> {
        if database(state_dir).exists() || lost::has_runs(state_dir) {
            Self::open(state_dir, project).map(Some)
        } else {
            Ok(None)
        }
    }

    fn version(&self) -> rusqlite::Result<i64> {
        self.connection
            .busy_timeout(std::time::Duration::from_secs(10))?;
        self.connection
            .query_row("PRAGMA user_version", [], |row| row.get(0))
    }

    fn prepare(&mut self) -> Result<()> {
        let path = database(&self.state_dir);
        let unusable = |error: rusqlite::Error| unusable(&path, &error);
        if self.version().map_err(unusable)? == 0 {
            self.connection
                .pragma_update(None, "journal_mode", "WAL")
                .map_err(unusable)?;
            // Made and filled at once: an empty journal that forgot to be filled would be believed.
            let transaction = self
                .connection
                .transaction_with_behavior(TransactionBehavior::Immediate)?;
            transaction.execute_batch(SCHEMA).map_err(unusable)?;
            lost::fill(&transaction, &self.state_dir, &self.project)?;
            grow(&transaction, 0).map_err(unusable)?;
            transaction.commit().map_err(unusable)?;
        }
        if self.version().map_err(unusable)? < LATEST {
            let transaction = self
                .connection
                .transaction_with_behavior(TransactionBehavior::Immediate)?;
            grow(&transaction, 1).map_err(unusable)?;
            transaction.commit().map_err(unusable)?;
        }
        self.connection
            .pragma_update(None, "synchronous", "FULL")
            .map_err(unusable)
    }

    /// Whether the file was moved away or deleted since it was opened. What is written into it then is not seen by others.
    pub(crate) fn is_gone(&self) -> bool {
        identity(&database(&self.state_dir)) != self.file
    }

    /// Records a new run, before anything else of it exists. Its attempt number is one more than the last.
    pub fn begin(&mut self, run: &str, spec: &str, facts: &Facts) -> Result<RunRecord> {
        let at = now();
        let json = encode(facts)?;
        // From the start the only writer: one that reads first and writes then is refused when another wrote in between.
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let attempt: u32 = transaction.query_row(
            "SELECT COALESCE(MAX(attempt), 0) + 1 FROM run WHERE project = ?1 AND spec = ?2",
            params![self.project, spec],
            |row| row.get(0),
        )?;
        transaction.execute(
            "INSERT INTO run VALUES (?1, ?2, ?3, ?4, ?5, '', ?6, ?7, ?8, NULL, ?9)",
            params![
                run,
                self.project,
                spec,
                attempt,
                RunState::InProgress.name(),
                Step::FIRST.name(),
                Phase::Waiting.name(),
                at,
                json
            ],
        )?;
        transaction.execute(
            "INSERT OR REPLACE INTO latest VALUES (?1, ?2, ?3)",
            params![self.project, spec, run],
        )?;
        transaction.commit()?;
        let begun = RunRecord {
            id: run.to_owned(),
            spec: spec.to_owned(),
            attempt,
            state: RunState::InProgress,
            reason: String::new(),
            step: Step::FIRST,
            phase: Phase::Waiting,
            started_at: at,
            ended_at: None,
            facts: facts.clone(),
        };
        copy::write(&self.state_dir, &self.project, &begun);
        Ok(begun)
    }

    /// Writes the whole present state of a run. One call is one durable transaction.
    pub fn save(&self, run: &RunRecord) -> Result<()> {
        copy::write(&self.state_dir, &self.project, run);
        if self.is_gone() {
            // A new one knows the run by its copy.
            return Self::open(&self.state_dir, &self.project)?.update(run);
        }
        self.update(run)
    }

    /// As [`Journal::save`], but lightly.
    pub fn save_lightly(&self, run: &RunRecord) -> Result<()> {
        self.lightly(|| self.save(run))
    }

    /// As [`Journal::save_all`], but lightly.
    pub fn save_all_lightly<'r>(
        &self,
        runs: impl Iterator<Item = &'r RunRecord> + Clone,
    ) -> Result<()> {
        self.lightly(|| self.save_all(runs))
    }

    /// Writes without waiting for the disk.
    fn lightly(&self, write: impl FnOnce() -> Result<()>) -> Result<()> {
        self.connection
            .pragma_update(None, "synchronous", "NORMAL")?;
        let written = write();
        self.connection.pragma_update(None, "synchronous", "FULL")?;
        written
    }

    /// As [`Journal::save`] for several runs, in one durable transaction.
    pub fn save_all<'r>(&self, runs: impl Iterator<Item = &'r RunRecord> + Clone) -> Result<()> {
        if self.is_gone() {
            return runs.into_iter().try_for_each(|run| self.save(run));
        }
        let transaction = self.connection.unchecked_transaction()?;
        for run in runs {
            copy::write(&self.state_dir, &self.project, run);
            self.update(run)?;
        }
        Ok(transaction.commit()?)
    }

    fn update(&self, run: &RunRecord) -> Result<()> {
        self.connection.execute(
            "UPDATE run SET state = ?2, reason = ?3, step = ?4, phase = ?5, ended_at = ?6, facts = ?7 WHERE id = ?1",
            params![
                run.id,
                run.state.name(),
                run.reason,
                run.step.name(),
                run.phase.name(),
                run.ended_at,
                encode(&run.facts)?
            ],
        )?;
        Ok(())
    }

    /// Forgets which run is a spec's present one; the runs themselves stay on record.
    pub fn put_aside(&self, spec: &str) -> Result<()> {
        self.connection.execute(
            "DELETE FROM latest WHERE project = ?1 AND spec = ?2",
            params![self.project, spec],
        )?;
        Ok(())
    }

    /// As [`Journal::put_aside`], but lightly.
    pub fn put_aside_lightly(&self, spec: &str) -> Result<()> {
        self.lightly(|| self.put_aside(spec))
    }

    /// Makes `run` the present run of its spec again (`chant undo` of a reset).
    pub fn take_up(&self, spec: &str, run: &str) -> Result<()> {
        self.connection.execute(
            "INSERT OR REPLACE INTO latest VALUES (?1, ?2, ?3)",
            params![self.project, spec, run],
        )?;
        Ok(())
    }
}

/// Makes what came after this version. Nothing of it hurts where it is there already.
fn grow(connection: &Connection, version: usize) -> rusqlite::Result<()> {
    for step in &LATER[version..] {
        connection.execute_batch(step)?;
    }
    connection.pragma_update(None, "user_version", LATEST)
}

/// What tells a file from another of its name.
fn identity(path: &Path) -> Option<u64> {
    use std::os::unix::fs::MetadataExt;
    path.metadata().ok().map(|found| found.ino())
}

fn encode(facts: &Facts) -> Result<String> {
    serde_json::to_string(facts).map_err(|error| {
        Error::new(
            Code::Internal,
            format!("failed to write down the run: {error}"),
        )
    })
}

fn now() -> String {
    chant_os::clock::now().to_string()
}

fn unusable(path: &Path, error: &rusqlite::Error) -> Error {
    use rusqlite::ErrorCode as E;
    let base = format!("failed to use the journal {}: {error}", path.display());
    match error.sqlite_error_code() {
        Some(E::DiskFull) => {
            Error::new(Code::DiskFull, base).hint("free some space, then repeat the command")
        }
        Some(E::DatabaseCorrupt | E::NotADatabase) => Error::new(Code::JournalBroken, base)
            .hint("repeat the command: the journal is then made again from the runs' own files"),
        _ => Error::new(Code::JournalUnusable, base).hint(
            "see that the file can be written and the disk is not full, then repeat the command",
        ),
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        unusable(Path::new("journal.db"), &error)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    /// Each reads and then writes; none may be told that another was faster.
    #[test]
    fn many_can_begin_at_once_in_a_new_journal() {
        let repo = chant_testkit::TestRepo::folder_only();
        let folder = repo.path().join("state");
        std::thread::scope(|scope| {
            for number in 0..16 {
                let folder = &folder;
                scope.spawn(move || {
                    let mut journal = Journal::open(folder, "").unwrap();
                    let spec = format!("spec-{}", number % 4);
                    let run = format!("run-{number}");
                    journal.begin(&run, &spec, &Facts::default()).unwrap();
                });
            }
        });
        let runs = Journal::open(&folder, "").unwrap().all().unwrap();
        assert_eq!(runs.len(), 16);
        assert_eq!(runs.iter().filter(|run| run.attempt == 4).count(), 4);
    }
}
