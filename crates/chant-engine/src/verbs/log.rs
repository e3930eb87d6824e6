//! `chant log`: the events of a spec's runs, as they were written down.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;

use chant_spec::SpecId;

use crate::error::{Code, Error, Result};
use crate::event::Stamped;
use crate::journal::{Journal, RunRecord};
use crate::project::Project;
use crate::run;

/// The runs of a spec, oldest first.
pub fn runs(project: &Project, id: &SpecId) -> Result<Vec<RunRecord>> {
    let journal = Journal::open_existing(&project.state_dir(), &project.project_key())?;
    let runs = match journal {
        Some(journal) => journal.runs_of(id.as_str())?,
        None => Vec::new(),
    };
    if runs.is_empty() {
        return Err(Error::new(
            Code::RunNotFound,
            format!("{id} has not been worked in this clone"),
        )
        .hint(format!(
            "`chant work {id}` starts a run; the spec's own history is in `git log`"
        )));
    }
    Ok(runs)
}

/// How much is read at once: a long run's events are more than should be held.
const CHUNK: u64 = 4 << 20;

/// Reads a run's events bit by bit, so that it can be followed while it is written.
#[derive(Debug)]
pub struct Follower {
    path: PathBuf,
    read: u64,
}

impl Follower {
    /// From the first event on.
    pub fn new(project: &Project, run: &str) -> Self {
        Self {
            path: run::events_file(project, run),
            read: 0,
        }
    }

    /// The events since the last call. A line that is not finished yet is left for the next one; a line that
    /// a crash cut in half is passed over.
    pub fn new_events(&mut self) -> Result<Vec<Stamped>> {
        let bytes = self.unread().map_err(|error| {
            Error::new(
                Code::Io,
                format!("failed to read {}: {error}", self.path.display()),
            )
        })?;
        let complete = bytes
            .iter()
            .rposition(|&byte| byte == b'\n')
            .map_or(0, |end| end + 1);
        self.read += complete as u64;
        Ok(bytes[..complete]
            .split(|&byte| byte == b'\n')
            .filter_map(|line| serde_json::from_slice(line).ok())
            .collect())
    }

    /// All events from here on, however many.
    pub(crate) fn all_events(mut self) -> Result<Vec<Stamped>> {
        let mut all = Vec::new();
        loop {
            let before = self.read;
            all.extend(self.new_events()?);
            if self.read == before {
                return Ok(all);
            }
        }
    }

    fn unread(&self) -> std::io::Result<Vec<u8>> {
        let mut file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        file.seek(SeekFrom::Start(self.read))?;
        let mut bytes = Vec::new();
        file.take(CHUNK).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

/// The agent's own output of a run, as it was.
pub fn transcript(project: &Project, run: &str) -> PathBuf {
    run::run_dir(project, run).join("transcript")
}

/// Whether a living process works this spec.
pub fn is_live(project: &Project, id: &SpecId) -> bool {
    run::claim::is_held(&project.state_dir(), &project.project_key(), id.as_str())
}
