//! A journal that was deleted, cut short or damaged: it is made again from the runs' own folders.
//!
//! What is in no run's folder is gone and said to be: what was asked for and had not begun, and what `chant undo` could
//! have brought back. The damaged file is kept beside the new one. What git knows of the runs is looked at afterwards, by
//! [`crate::recover`]: the note left here tells it to.

use std::path::{Path, PathBuf};

use chant_os::lock::Lock;
use rusqlite::{Connection, OpenFlags, params};
use serde::{Deserialize, Serialize};

use super::copy::{self, Told};
use super::{RunState, database, encode};
use crate::error::{Code, Error, Result};

/// What was found and made again, as a file beside the journal until git has been asked as well.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Rebuilt {
    /// RFC 3339.
    pub(crate) at: String,
    /// Where the damaged file is kept; absent where there was none.
    pub(crate) broken: Option<PathBuf>,
    /// How many runs were found again.
    pub(crate) runs: usize,
    /// How many folders of runs told nothing.
    pub(crate) unknown: usize,
    /// The projects for which git has not been asked.
    pub(crate) open: Vec<String>,
}

/// A note is small.
const MAX_BYTES: u64 = 1 << 20;

fn note(state_dir: &Path) -> PathBuf {
    state_dir.join("journal.rebuilt")
}

/// The note, where one was left.
pub(crate) fn rebuilt(state_dir: &Path) -> Option<Rebuilt> {
    let bytes = chant_os::file::read_regular(&note(state_dir), MAX_BYTES).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// Git has been asked for this project; the last one takes the note away.
pub(crate) fn settled(state_dir: &Path, project: &str) -> Result<()> {
    let Some(mut rebuilt) = rebuilt(state_dir) else {
        return Ok(());
    };
    rebuilt.open.retain(|open| open != project);
    leave(state_dir, &rebuilt)
}

fn leave(state_dir: &Path, rebuilt: &Rebuilt) -> Result<()> {
    if rebuilt.open.is_empty() {
        return Ok(chant_os::file::remove_file(&note(state_dir))?);
    }
    let json = serde_json::to_vec(rebuilt).map_err(|error| {
        Error::new(
            Code::Internal,
            format!("failed to write down what was found: {error}"),
        )
    })?;
    Ok(chant_os::file::replace(&note(state_dir), &json)?)
}

/// Whether runs have been here, of which a journal that is not there would know.
pub(crate) fn has_runs(state_dir: &Path) -> bool {
    std::fs::read_dir(copy::runs_folder(state_dir)).is_ok_and(|mut found| found.next().is_some())
}

/// Whether the file can be told at a glance to be no whole database: its first bytes are others, or it is shorter than it
/// says. Nothing there counts as whole.
pub(crate) fn looks_damaged(state_dir: &Path) -> bool {
    use std::io::Read;
    let Ok(mut file) = std::fs::File::open(database(state_dir)) else {
        return false;
    };
    let mut head = [0; 100];
    let size = file.metadata().map_or(0, |found| found.len());
    if size == 0 {
        return false;
    }
    if file.read_exact(&mut head).is_err() || &head[..16] != b"SQLite format 3\0" {
        return true;
    }
    let number = |at: usize| {
        u64::from(u32::from_be_bytes([
            head[at],
            head[at + 1],
            head[at + 2],
            head[at + 3],
        ]))
    };
    let page = match u64::from(u16::from_be_bytes([head[16], head[17]])) {
        1 => 65536,
        size => size,
    };
    // The count of pages holds only where it was written together with the count of changes.
    number(24) == number(92) && number(28) * page > size
}

/// Moves a journal that cannot be used aside, unless another process has done so meanwhile.
pub(crate) fn set_aside(state_dir: &Path, project: &str) -> Result<()> {
    let _turn = Lock::acquire_blocking(&state_dir.join("journal.lock"))?;
    let path = database(state_dir);
    if !path.exists() || is_sound(&path) {
        return Ok(());
    }
    let kept = name_for_broken(state_dir);
    for suffix in ["-wal", "-shm"] {
        let beside = with_suffix(&path, suffix);
        if beside.exists() {
            chant_os::file::rename(&beside, &with_suffix(&kept, suffix))?;
        }
    }
    chant_os::file::rename(&path, &kept)?;
    let rebuilt = Rebuilt {
        at: super::now(),
        broken: Some(kept),
        open: vec![project.to_owned()],
        ..Rebuilt::default()
    };
    leave(state_dir, &rebuilt)
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// `journal.db.broken-20261121T080000Z`, with a number where that is taken.
fn name_for_broken(state_dir: &Path) -> PathBuf {
    let at = chant_os::clock::now().strftime("%Y%m%dT%H%M%SZ");
    let mut path = state_dir.join(format!("journal.db.broken-{at}"));
    let mut number = 1;
    while path.exists() {
        number += 1;
        path = state_dir.join(format!("journal.db.broken-{at}-{number}"));
    }
    path
}

/// Asks the database itself. Slow for a large one, so it is asked only where something is wrong.
fn is_sound(path: &Path) -> bool {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(path, flags)
        .and_then(|connection| {
            connection.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0))
        })
        .is_ok_and(|answer| answer == "ok")
}

/// Fills a journal that is being made with what the folders of earlier runs tell. Leaves the note where there is anything
/// to say.
pub(super) fn fill(connection: &Connection, state_dir: &Path, project: &str) -> Result<()> {
    let (told, unknown) = copy::read_all(state_dir);
    let earlier = rebuilt(state_dir);
    if told.is_empty() && unknown == 0 && earlier.is_none() {
        return Ok(());
    }
    let mut rebuilt = earlier.unwrap_or_else(|| Rebuilt {
        at: super::now(),
        ..Rebuilt::default()
    });
    rebuilt.runs = told.len();
    rebuilt.unknown = unknown;
    let known = told.iter().map(|told| told.project.clone());
    rebuilt.open.extend(known);
    rebuilt.open.push(project.to_owned());
    rebuilt.open.sort();
    rebuilt.open.dedup();
    leave(state_dir, &rebuilt)?;
    told.iter().try_for_each(|told| insert(connection, told))
}

/// A row; it is its spec's present one unless it was put aside, or landed: then the file tells.
fn insert(connection: &Connection, told: &Told) -> Result<()> {
    let (project, run) = (&told.project, &told.run);
    connection.execute(
        "INSERT OR REPLACE INTO run (id, project, spec, attempt, state, reason, step, phase, started_at, ended_at, facts)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        params![
            run.id,
            project,
            run.spec,
            run.attempt,
            run.state.name(),
            run.reason,
            run.step.name(),
            run.phase.name(),
            run.started_at,
            run.ended_at,
            encode(&run.facts)?
        ],
    )?;
    let sql = if matches!(run.state, RunState::Reset | RunState::Completed) {
        "DELETE FROM latest WHERE project = ?1 AND spec = ?2 AND run != ?3"
    } else {
        "INSERT OR REPLACE INTO latest (project, spec, run) VALUES (?1, ?2, ?3)"
    };
    connection.execute(sql, params![project, run.spec, run.id])?;
    Ok(())
}
