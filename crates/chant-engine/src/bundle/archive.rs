//! The file a bundle is: a tar archive of four files that are read into memory and never unpacked by name.

use std::collections::BTreeMap;
use std::io::Read;

use tar::{Archive, Builder, EntryType, Header};

use super::manifest::{Manifest, altered, unusable};
use crate::error::{Code, Error, Result};

const MANIFEST: &str = "manifest.json";
const COMMITS: &str = "proof.bundle";
const TESTS: &str = "tests.patch";
const CHANGE: &str = "fix.patch";

/// A larger file is no bundle of a change.
pub(super) const LARGEST: u64 = 256 << 20;

/// A bundle's files, with the manifest understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Bundle {
    /// What it says of itself.
    pub manifest: Manifest,
    /// The commits, as a git bundle.
    pub commits: Vec<u8>,
    /// The tests as a patch on the base, for people and for `git apply`.
    pub tests_patch: Vec<u8>,
    /// The change as a patch on that.
    pub change_patch: Vec<u8>,
}

impl Bundle {
    /// The bundle as one file. The manifest's digests are worked out here.
    pub fn write(&self) -> Result<Vec<u8>> {
        let files = [
            (COMMITS, &self.commits),
            (TESTS, &self.tests_patch),
            (CHANGE, &self.change_patch),
        ];
        let mut manifest = self.manifest.clone();
        manifest.digests = files
            .iter()
            .map(|(name, bytes)| ((*name).to_owned(), digest(bytes)))
            .collect();
        let failed = |error: std::io::Error| {
            Error::new(
                Code::Internal,
                format!("failed to pack the bundle: {error}"),
            )
        };
        let text = serde_json::to_vec_pretty(&manifest).map_err(|error| failed(error.into()))?;
        let mut tar = Builder::new(Vec::new());
        for (name, bytes) in [(MANIFEST, &text)].into_iter().chain(files) {
            let mut header = Header::new_ustar();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            header.set_entry_type(EntryType::Regular);
            tar.append_data(&mut header, name, bytes.as_slice())
                .map_err(failed)?;
        }
        tar.into_inner().map_err(failed)
    }

    /// Reads a file that anybody may have written, or damaged.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        let mut files = unpack(bytes)?;
        let manifest = Manifest::read(&take(&mut files, MANIFEST)?)?;
        let mut checked = |name: &str| {
            let bytes = take(&mut files, name)?;
            if manifest.digests.get(name) == Some(&digest(&bytes)) {
                Ok(bytes)
            } else {
                Err(altered(&format!("{name} is not what the manifest names")))
            }
        };
        Ok(Self {
            commits: checked(COMMITS)?,
            tests_patch: checked(TESTS)?,
            change_patch: checked(CHANGE)?,
            manifest,
        })
    }
}

fn unpack(bytes: &[u8]) -> Result<BTreeMap<String, Vec<u8>>> {
    let damaged = |error: std::io::Error| {
        unusable(&format!(
            "it is cut off, damaged, or no bundle at all ({error})"
        ))
    };
    let mut files = BTreeMap::new();
    for entry in Archive::new(bytes).entries().map_err(damaged)? {
        let mut entry = entry.map_err(damaged)?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let known = [MANIFEST, COMMITS, TESTS, CHANGE].contains(&name.as_str());
        if !known || entry.header().entry_type() != EntryType::Regular {
            return Err(unusable(&format!(
                "it holds {name:?}, which a bundle does not"
            )));
        }
        let size = entry.size();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).map_err(damaged)?;
        if content.len() as u64 != size || files.insert(name.clone(), content).is_some() {
            return Err(unusable(&format!("{name} is cut off, or is there twice")));
        }
    }
    Ok(files)
}

fn take(files: &mut BTreeMap<String, Vec<u8>>, name: &str) -> Result<Vec<u8>> {
    files.remove(name).ok_or_else(|| {
        unusable(&format!(
            "it is cut off, or no bundle at all: {name} is missing"
        ))
    })
}

fn digest(bytes: &[u8]) -> String {
    crate::digest(bytes, 32)
}
