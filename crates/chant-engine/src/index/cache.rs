//! The cache file: what was read last time, believed only where the file system proves it still holds.
//!
//! It may be deleted, cut, or written by another version at any time: whatever does not fit is as good as absent.

use std::iter::Peekable;
use std::path::Path;
use std::vec::IntoIter;

use chant_spec::graph::Node;
use serde::{Deserialize, Serialize};

use super::Entry;
use super::scan::{Found, Stamp};
use super::summary::{Finding, StoredNode, Summary};

/// Changed whenever the format, or what is derived from a document, changes.
const FORMAT: &str = concat!("chant index 4 ", env!("CARGO_PKG_VERSION"), "\n");

/// No project has so many specs that its index is larger.
const MAX_BYTES: u64 = 1 << 30;

/// How long after a change a file may change again without a trace in its times, in nanoseconds. Clocks of
/// file systems tick every few milliseconds; this is far more.
const RACY: i64 = 100_000_000;

#[derive(Debug, Serialize, Deserialize)]
struct Row {
    path: String,
    stamp: Stamp,
    node: StoredNode,
    content: Result<Summary, Finding>,
}

/// What was read earlier, in the order of the paths.
#[derive(Debug)]
pub(super) struct Cache {
    rows: Peekable<IntoIter<Row>>,
    unused: usize,
}

impl Cache {
    /// Reads the cache; an empty one where there is none that can be used.
    pub(super) fn read(path: &Path) -> Self {
        let bytes = chant_os::file::read_regular(path, MAX_BYTES).unwrap_or_default();
        let rows: Vec<Row> = payload(&bytes)
            .and_then(|bytes| postcard::from_bytes(bytes).ok())
            .unwrap_or_default();
        Self {
            rows: rows.into_iter().peekable(),
            unused: 0,
        }
    }

    /// Takes what was read earlier, if the file has not changed since. To be asked in the order of the paths.
    pub(super) fn take(&mut self, found: &Found) -> Option<(Node, Result<Summary, Finding>)> {
        let path = found.name.path.as_str();
        while self.rows.next_if(|row| row.path.as_str() < path).is_some() {
            self.unused += 1;
        }
        let row = self.rows.next_if(|row| row.path == path)?;
        if found.file.as_ref() != Ok(&row.stamp) {
            return None;
        }
        Some((
            row.node.into_node(&found.name.id, found.name.archived),
            row.content,
        ))
    }

    /// How many rows stand for files that are gone.
    pub(super) fn unused(&self) -> usize {
        self.unused + self.rows.len()
    }
}

/// Writes a cache of everything that was unchanged for long enough before `now`. Failing to is no failure:
/// a repository that can not be written is still read.
pub(super) fn write(path: &Path, now: i64, entries: &[Entry]) {
    let rows: Vec<Row> = entries
        .iter()
        .filter_map(|entry| {
            let stamp = entry
                .stamp
                .filter(|stamp| stamp.newest() < now.saturating_sub(RACY))?;
            let (path, node) = (entry.path.clone(), StoredNode::of(&entry.node));
            Some(Row {
                path,
                stamp,
                node,
                content: entry.content.clone(),
            })
        })
        .collect();
    let Ok(body) = postcard::to_allocvec(&rows) else {
        return;
    };
    let mut bytes = Vec::with_capacity(FORMAT.len() + 8 + body.len());
    bytes.extend_from_slice(FORMAT.as_bytes());
    bytes.extend_from_slice(&checksum(&body).to_le_bytes());
    bytes.extend_from_slice(&body);
    if let Some(folder) = path.parent()
        && chant_os::file::create_dir_all(folder).is_ok()
    {
        drop(chant_os::file::replace_cache(path, &bytes));
    }
}

fn payload(bytes: &[u8]) -> Option<&[u8]> {
    let rest = bytes.strip_prefix(FORMAT.as_bytes())?;
    let (sum, body) = rest.split_first_chunk::<8>()?;
    (u64::from_le_bytes(*sum) == checksum(body)).then_some(body)
}

/// Tells a whole file from a damaged one; no defence against anybody.
fn checksum(bytes: &[u8]) -> u64 {
    let mut chunks = bytes.chunks_exact(8);
    let mix = |sum: u64, word: u64| {
        (sum ^ word)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .rotate_left(29)
    };
    let sum = chunks.by_ref().fold(bytes.len() as u64, |sum, chunk| {
        mix(
            sum,
            chunk
                .iter()
                .fold(0, |word, byte| word << 8 | u64::from(*byte)),
        )
    });
    chunks
        .remainder()
        .iter()
        .fold(sum, |sum, byte| mix(sum, u64::from(*byte)))
}
