//! Taking a bundle into a clone, without believing a word of it.

use chant_git::{Oid, Repo};

use super::archive::Bundle;
use super::manifest::{Point, altered};
use super::scratch::{NAMESPACE, Scratch};
use crate::error::{Code, Error, Result};

/// A bundle whose commits are at hand, in a scratch repository, and are what the manifest says.
pub(super) struct Received {
    pub(super) scratch: Scratch,
    pub(super) tests: Oid,
    pub(super) result: Oid,
}

/// Fetches a bundle's commits, and compares them with its manifest.
pub(super) fn receive(repo: &Repo, bundle: &Bundle) -> Result<Received> {
    let manifest = &bundle.manifest;
    let base = commit_of(&manifest.base)?;
    let scratch = Scratch::new(repo)?;
    if scratch.name("base", &base).is_err() {
        return Err(Error::new(
            Code::BaseMissing,
            format!("this repository does not have the commit {base}, which the bundle builds on"),
        )
        .hint("run this in a clone of the repository the bundle is from; in a shallow clone: git fetch --unshallow"));
    }
    let file = scratch.path("proof.bundle");
    chant_os::file::replace(&file, &bundle.commits)?;
    let git = scratch.repo();
    git.unbundle(&file, NAMESPACE)
        .map_err(|error| altered(&format!("git does not accept its commits ({error})")))?;
    let tests = fetched(git, "tests", &manifest.tests)?;
    let result = fetched(git, "result", &manifest.result)?;
    lineage(git, &base, &tests, &result)?;
    contents(git, &manifest.test_files, [&base, &tests, &result])?;
    Ok(Received {
        scratch,
        tests,
        result,
    })
}

fn commit_of(point: &Point) -> Result<Oid> {
    point
        .commit
        .parse()
        .map_err(|_| altered(&format!("{:?} is no commit's id", point.commit)))
}

/// A fetched point, which has to be the one that the manifest names.
fn fetched(git: &Repo, name: &str, named: &Point) -> Result<Oid> {
    let commit = commit_of(named)?;
    let found = git.resolve(&format!("{NAMESPACE}{name}"))?;
    if found.as_ref() != Some(&commit) || git.tree_of(&commit)?.as_str() != named.tree {
        return Err(altered(&format!(
            "its commits are not those that the manifest names ({name})"
        )));
    }
    Ok(commit)
}

fn lineage(git: &Repo, base: &Oid, tests: &Oid, result: &Oid) -> Result<()> {
    let is_child = |child: &Oid, parent: &Oid| -> Result<bool> {
        Ok(git.parent_of(child)?.as_ref() == Some(parent))
    };
    if is_child(tests, base)? && is_child(result, tests)? {
        Ok(())
    } else {
        Err(altered("its commits do not follow one another"))
    }
}

/// The tests are tests and nothing else, and the change leaves them alone: else a proof would prove nothing.
fn contents(git: &Repo, test_files: &[String], [base, tests, result]: [&Oid; 3]) -> Result<()> {
    let is_test = |path: &str| test_files.iter().any(|test| test == path);
    if let Some(other) = git
        .diff(base, tests)?
        .iter()
        .find(|change| !is_test(&change.path))
    {
        return Err(altered(&format!(
            "what it calls tests also changes {}",
            other.path
        )));
    }
    match git
        .diff(tests, result)?
        .iter()
        .find(|change| is_test(&change.path))
    {
        Some(test) => Err(altered(&format!(
            "what it calls the change also edits the test {}",
            test.path
        ))),
        None => Ok(()),
    }
}
