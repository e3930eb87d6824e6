//! The folder of a run, beside its row: its events as they were written down, one JSON object a line.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;

use chant_os::file::Appender;

use crate::error::{Code, Error, Result};
use crate::event::{Event, Stamped};
use crate::project::Project;

/// The folder of a run: prompt, events, transcript, check output, record.
pub fn run_dir(project: &Project, run: &str) -> PathBuf {
    project.state_dir().join("runs").join(run)
}

/// The events of a run.
pub fn events_file(project: &Project, run: &str) -> PathBuf {
    run_dir(project, run).join("events.jsonl")
}

/// The ref that holds the result of a run.
pub(crate) fn result_ref(run: &str) -> String {
    format!("refs/chant/runs/{run}")
}

/// Writes an event down, with the time.
pub(crate) fn write_event(log: &mut Appender, event: &Event) -> Result<()> {
    let stamped = Stamped {
        at: chant_os::clock::now().to_string(),
        event: event.clone(),
    };
    let line = serde_json::to_vec(&stamped).map_err(|error| {
        Error::new(Code::Internal, format!("failed to write an event: {error}"))
    })?;
    Ok(log.write_line(&line)?)
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
            path: events_file(project, run),
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
