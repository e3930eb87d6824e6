//! From a commit to the landing it came with: the landing itself, or the commits that an agent made beneath it.

use std::collections::{HashMap, HashSet};

use chant_git::{Link, Oid, Repo};

use crate::error::Result;
use crate::history::{History, Landing};

/// The landing of each commit that came with one. At most one process, and none where every commit is a landing, or none
/// ever was.
pub(super) fn owners<'a, 'h>(
    repo: &Repo,
    head: &Oid,
    history: &'h History,
    commits: impl Iterator<Item = &'a Oid>,
) -> Result<HashMap<Oid, &'h Landing>> {
    let landings: HashMap<&Oid, &Landing> = history
        .landings()
        .filter_map(|landing| Some((landing.commit.as_ref()?, landing)))
        .collect();
    let mut owners = HashMap::new();
    let mut others = HashSet::new();
    for commit in commits {
        match landings.get(commit) {
            Some(landing) => drop(owners.insert(commit.clone(), *landing)),
            None => drop(others.insert(commit)),
        }
    }
    // A silent landing is one commit: there is nothing beneath it.
    if !others.is_empty() && landings.values().any(|landing| !landing.silent) {
        for (commit, landing) in beneath(&repo.links(head)?, &landings) {
            if others.contains(commit) {
                owners.insert(commit.clone(), landing);
            }
        }
    }
    Ok(owners)
}

/// What lies between each landing and the commit it landed on. The oldest landing comes first and no commit is looked at
/// twice, so this takes one pass over the history.
fn beneath<'l, 'h>(
    links: &'l [Link],
    landings: &HashMap<&Oid, &'h Landing>,
) -> Vec<(&'l Oid, &'h Landing)> {
    let parents: HashMap<&Oid, &[Oid]> = links
        .iter()
        .map(|link| (&link.commit, link.parents.as_slice()))
        .collect();
    let mut seen: HashSet<&Oid> = HashSet::with_capacity(links.len());
    let mut owned = Vec::new();
    for link in links.iter().rev() {
        let Some(landing) = landings.get(&link.commit) else {
            continue;
        };
        seen.insert(&link.commit);
        let Some((base, _)) = landing
            .base
            .as_ref()
            .and_then(|base| parents.get_key_value(base))
        else {
            continue;
        };
        reach(base, &parents, &mut seen);
        for parent in &link.parents {
            let new = reach(parent, &parents, &mut seen);
            owned.extend(new.into_iter().map(|commit| (commit, *landing)));
        }
    }
    owned
}

/// The commits from `start` down that nobody has seen yet.
fn reach<'l>(
    start: &'l Oid,
    parents: &HashMap<&'l Oid, &'l [Oid]>,
    seen: &mut HashSet<&'l Oid>,
) -> Vec<&'l Oid> {
    let mut found = Vec::new();
    let mut next = vec![start];
    while let Some(commit) = next.pop() {
        if seen.insert(commit) {
            found.push(commit);
            next.extend(parents.get(commit).copied().unwrap_or_default());
        }
    }
    found
}
