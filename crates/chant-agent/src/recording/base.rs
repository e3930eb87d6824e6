//! The tree a recording starts from, and whether another is the same.
//!
//! chant's own folder does not count: its records differ between two runs of the same work. The files a recording changes
//! are compared one by one, wherever they are, so that a difference can be named.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Change, Entry, RecordedPath, Recording, RecordingError, git::Git};

/// The fingerprint of a tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Base {
    /// SHA-256 over mode, object id and path of every file outside of `.chant`.
    pub digest: String,
    /// How many files those are.
    pub files: u64,
}

impl Base {
    /// The fingerprint of a commit's tree.
    pub fn of(worktree: &Path, commit: &str) -> Result<Self, RecordingError> {
        Ok(Listing::read(&Git::new(worktree), commit)?.base())
    }
}

/// Every file of a tree: its path, its mode and object id.
#[derive(Debug, Default)]
pub(super) struct Listing(BTreeMap<String, String>);

impl Listing {
    pub(super) fn read(git: &Git, commit: &str) -> Result<Self, RecordingError> {
        let stdout = git.run(&["ls-tree", "-r", "-z", "--end-of-options", commit], b"")?;
        let lines = stdout
            .split(|byte| *byte == 0)
            .filter(|line| !line.is_empty());
        let files = lines.filter_map(|line| {
            let line = String::from_utf8_lossy(line);
            // "100644 blob 1f2e…\tpath"
            let (head, path) = line.split_once('\t')?;
            let (mode, oid) = (head.split(' ').next()?, head.rsplit(' ').next()?);
            Some((path.to_owned(), format!("{mode} {oid}")))
        });
        Ok(Self(files.collect()))
    }

    pub(super) fn base(&self) -> Base {
        self.base_below("")
    }

    /// The fingerprint of one folder, with its paths counted from there.
    fn base_below(&self, prefix: &str) -> Base {
        let mut digest = Sha256::new();
        let mut files = 0;
        let inside = self
            .0
            .iter()
            .filter_map(|(path, entry)| Some((path.strip_prefix(prefix)?, entry)));
        for (path, entry) in
            inside.filter(|(path, _)| !path.split('/').any(|part| part == ".chant"))
        {
            digest.update(format!("{entry}\t{path}\0"));
            files += 1;
        }
        let digest = digest.finalize();
        let digest = digest
            .iter()
            .fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
        Base { digest, files }
    }

    fn oid(&self, path: &str) -> Option<&str> {
        self.0.get(path)?.split(' ').next_back()
    }

    /// Whether the recording of the spec at `spec` starts from this tree; the first difference, if not.
    pub(super) fn check(
        &self,
        recording: &Recording,
        spec: &RecordedPath,
    ) -> Result<(), RecordingError> {
        if let Some(difference) = self.changed_file(recording) {
            return Err(RecordingError::OtherBase(difference));
        }
        let (here, there) = (
            self.base_below(recording.header.scope.prefix(spec)),
            &recording.header.base,
        );
        if here == *there {
            return Ok(());
        }
        Err(RecordingError::OtherBase(if here.files == there.files {
            "files that it does not change have other content here".into()
        } else {
            format!(
                "it starts from {} files, and there are {} here",
                there.files, here.files
            )
        }))
    }

    /// The first file that is not what the recording changes.
    fn changed_file(&self, recording: &Recording) -> Option<String> {
        let mut known = BTreeSet::new();
        recording
            .entries
            .iter()
            .flat_map(changes)
            .find_map(|change| {
                let (path, from) = match change {
                    Change::Write { path, from, .. } => (path.as_str(), from.as_deref()),
                    Change::Delete { path, from } => (path.as_str(), Some(from.as_str())),
                    Change::Spec(_) => return None,
                };
                // Only a path's first change is made to the base; the later ones are made to the recording's own result.
                if !known.insert(path) {
                    return None;
                }
                match (self.oid(path), from) {
                    (here, there) if here == there => None,
                    (None, _) => Some(format!("`{path}` is not here")),
                    (_, None) => Some(format!("`{path}` is already here")),
                    _ => Some(format!("`{path}` has other content here")),
                }
            })
    }
}

fn changes(entry: &Entry) -> &[Change] {
    match entry {
        Entry::Event { .. } => &[],
        Entry::Commit { commit } => &commit.changes,
        Entry::Leave { leave } => &leave.changes,
    }
}
