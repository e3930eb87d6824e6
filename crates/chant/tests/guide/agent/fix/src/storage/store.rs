//! The store: a text file with one line for each version of each key.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use super::lock::Lock;

/// A file that holds more versions than this is compacted.
const COMPACT_ABOVE: usize = 100;

/// One version of one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub key: String,
    pub version: u64,
    pub value: String,
}

/// A file of keys and values, which other processes may use too.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    patience: Duration,
}

impl Store {
    /// A store in this file, which need not exist yet.
    pub fn open(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            patience: Duration::from_secs(3),
        }
    }

    /// How long to wait for other processes.
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// The present value of a key.
    pub fn get(&self, key: &str) -> io::Result<Option<String>> {
        Ok(newest(&self.read()?, key).map(|entry| entry.value.clone()))
    }

    /// Every version of a key, oldest first.
    pub fn history(&self, key: &str) -> io::Result<Vec<Entry>> {
        let mut entries = self.read()?;
        entries.retain(|entry| entry.key == key);
        Ok(entries)
    }

    /// Writes a new version of a key, and returns its number.
    pub fn set(&self, key: &str, value: &str) -> io::Result<u64> {
        self.update(key, |_| value.to_owned())
    }

    /// Writes what `change` makes of the present value as a new version.
    pub fn update(
        &self,
        key: &str,
        change: impl FnOnce(Option<&str>) -> String,
    ) -> io::Result<u64> {
        // Held from before the file is read until it is written: a process that read an older state must not write it.
        let _lock = Lock::acquire(&self.path, self.patience)?;
        let mut entries = self.read()?;
        let current = newest(&entries, key);
        let version = current.map_or(0, |entry| entry.version) + 1;
        let value = change(current.map(|entry| entry.value.as_str()));
        entries.push(Entry {
            key: key.to_owned(),
            version,
            value,
        });
        self.write(&entries)?;
        if entries.len() > COMPACT_ABOVE {
            self.compact()?;
        }
        Ok(version)
    }

    /// Removes a key with its history. Says whether it was there.
    pub fn delete(&self, key: &str) -> io::Result<bool> {
        let _lock = Lock::acquire(&self.path, self.patience)?;
        let mut entries = self.read()?;
        let before = entries.len();
        entries.retain(|entry| entry.key != key);
        self.write(&entries)?;
        Ok(entries.len() < before)
    }

    /// Keeps only the newest version of each key.
    pub fn compact(&self) -> io::Result<()> {
        let _lock = Lock::acquire(&self.path, self.patience)?;
        let entries = self.read()?;
        let kept: Vec<Entry> = entries
            .iter()
            .filter(|entry| newest(&entries, &entry.key) == Some(entry))
            .cloned()
            .collect();
        self.write(&kept)
    }

    fn read(&self) -> io::Result<Vec<Entry>> {
        match fs::read_to_string(&self.path) {
            Ok(text) => text.lines().map(parse).collect(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    fn write(&self, entries: &[Entry]) -> io::Result<()> {
        let lines: String = entries
            .iter()
            .map(|entry| format!("{}\t{}\t{}\n", entry.key, entry.version, entry.value))
            .collect();
        fs::write(&self.path, lines)
    }
}

fn newest<'a>(entries: &'a [Entry], key: &str) -> Option<&'a Entry> {
    entries.iter().rfind(|entry| entry.key == key)
}

fn parse(line: &str) -> io::Result<Entry> {
    let mut parts = line.splitn(3, '\t');
    match (
        parts.next(),
        parts.next().and_then(|number| number.parse().ok()),
        parts.next(),
    ) {
        (Some(key), Some(version), Some(value)) => Ok(Entry {
            key: key.to_owned(),
            version,
            value: value.to_owned(),
        }),
        _ => Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("not a line of a store: {line}"),
        )),
    }
}
