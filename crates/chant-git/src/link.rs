//! How commits hang together, read in one pass.

use crate::{Oid, Repo, Result};

/// A commit and its parents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The commit.
    pub commit: Oid,
    /// Its parents, the first first; none where it is outside.
    pub parents: Vec<Oid>,
    /// Whether it is no longer among those that were asked for, but where these begin.
    pub outside: bool,
}

impl Repo {
    /// Every commit that `tip` contains and `not` does not, each before its parents, and the commits of `not` that they
    /// grow from. One process, however many there are.
    pub fn links(&self, tip: &Oid, not: Option<&Oid>) -> Result<Vec<Link>> {
        let flags = ["rev-list", "--parents", "--topo-order", "--boundary"];
        let not = not.map(|not| format!("^{not}"));
        let ran = self
            .look()
            .args(flags)
            .arg(tip.as_str())
            .args(not.as_slice())
            .arg("--")
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
    let line = std::str::from_utf8(line).ok()?;
    let (line, outside) = match line.strip_prefix('-') {
        Some(line) => (line, true),
        None => (line, false),
    };
    let mut ids = line.split(' ').map(str::parse);
    Some(Link {
        commit: ids.next()?.ok()?,
        parents: if outside {
            Vec::new()
        } else {
            ids.collect::<Result<_>>().ok()?
        },
        outside,
    })
}
