//! From a commit to the landing it came with: the landing itself, or the commits that an agent made beneath it.

use std::collections::{HashMap, HashSet};

use chant_git::{Link, Oid, Repo, RepoPath};

use crate::error::Result;
use crate::history::{History, Landing};
use crate::project::Project;

/// What lies between the commits of a history, as far back as landings go: `None` where no landing can have anything
/// beneath it. At most two processes.
pub(super) fn links(repo: &Repo, head: &Oid, history: &History) -> Result<Option<Vec<Link>>> {
    // A silent landing is one commit. What the oldest landing landed on was there before any of them.
    let recorded = history
        .landings()
        .filter(|landing| !landing.silent && landing.commit.is_some());
    let Some(oldest) = recorded.max_by_key(|landing| landing.place) else {
        return Ok(None);
    };
    match repo.links(head, oldest.base.as_ref()) {
        Ok(links) => Ok(Some(links)),
        // A base that is gone from the repository, after a rewrite of its history, bounds nothing.
        Err(_) => Ok(Some(repo.links(head, None)?)),
    }
}

/// The landing of each commit that came with one.
pub(super) fn owners<'a, 'h>(
    links: Option<&[Link]>,
    history: &'h History,
    commits: impl Iterator<Item = &'a Oid>,
) -> HashMap<Oid, &'h Landing> {
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
    if !others.is_empty() {
        for (commit, landing) in beneath(links.unwrap_or_default(), &landings) {
            if others.contains(commit) {
                owners.insert(commit.clone(), landing);
            }
        }
    }
    owners
}

/// Adds the silent landings whose commits were rewritten: a rebase parts them from their record, because they say nothing
/// of it themselves. The content tells: a commit that left `path` exactly as a silent landing did is that landing. One
/// process, and none where no silent landing wrote the file.
pub(super) fn rewritten<'a, 'h>(
    project: &Project,
    path: &RepoPath,
    history: &'h History,
    commits: impl Iterator<Item = &'a Oid>,
    owners: &mut HashMap<Oid, &'h Landing>,
) -> Result<()> {
    let left: HashMap<&str, &Landing> = history
        .landings()
        .filter(|landing| landing.silent && landing.commit.is_some())
        .flat_map(|landing| landing.outputs.iter().map(move |output| (output, landing)))
        .filter(|(output, _)| project.path_from_repo(&output.path) == path.as_str())
        .filter_map(|(output, landing)| Some((output.oid.as_deref()?, landing)))
        .collect();
    if left.is_empty() {
        return Ok(());
    }
    let unknown: Vec<(Oid, String)> = commits
        .filter(|commit| !owners.contains_key(*commit))
        .map(|commit| (commit.clone(), path.to_string()))
        .collect();
    let found = project.repo().ids_at(&unknown)?;
    for ((commit, _), content) in unknown.into_iter().zip(found) {
        if let Some(landing) = content.and_then(|oid| left.get(oid.as_str()).copied()) {
            owners.insert(commit, landing);
        }
    }
    Ok(())
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
    seen.extend(
        links
            .iter()
            .filter(|link| link.outside)
            .map(|link| &link.commit),
    );
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
