//! How commits hang together, read in one pass.

use crate::{Oid, Repo, Result};

/// A commit and its parents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The commit.
    pub commit: Oid,
    /// Its parents, the first first.
    pub parents: Vec<Oid>,
}

impl Repo {
    /// Every commit that `tip` contains, each before its parents. One process, however many there are.
    pub fn links(&self, tip: &Oid) -> Result<Vec<Link>> {
        let ran = self
            .look()
            .args(["rev-list", "--parents", "--topo-order", tip.as_str(), "--"])
            .run()?;
        if ran.code() != Some(0) {
            return Err(ran.failed());
        }
        let lines = ran.stdout().split(|byte| *byte == b'\n');
        lines
            .filter(|line| !line.is_empty())
            .map(|line| link(line).ok_or_else(|| ran.unexpected(line)))
            .collect()
    }

    /// The commits of `to` that `from` does not have, along first parents: what landed after it, one by one, oldest first.
    /// One process.
    pub fn landed_after(&self, from: &Oid, to: &Oid) -> Result<Vec<Oid>> {
        let not_from = format!("^{from}");
        let listed = self
            .look()
            .args(["rev-list", "--first-parent", "--reverse"])
            .args([to.as_str(), &not_from, "--"])
            .stdout()?;
        let listed = String::from_utf8_lossy(&listed);
        listed.lines().map(str::parse).collect()
    }
}

fn link(line: &[u8]) -> Option<Link> {
    let mut ids = std::str::from_utf8(line).ok()?.split(' ').map(str::parse);
    Some(Link {
        commit: ids.next()?.ok()?,
        parents: ids.collect::<Result<_>>().ok()?,
    })
}
