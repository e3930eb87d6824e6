//! Making a bundle: three points in a scratch repository, packed with all that is needed to replay the proof.

use std::collections::BTreeMap;

use chant_git::{Change, Oid, Repo, TreeEdit};

use super::archive::Bundle;
use super::manifest::{About, CheckCommand, Expected, FORMAT, Manifest, Point, Proof};
use super::scratch::{NAMESPACE, Scratch};
use crate::error::{Code, Error, Result};

/// What a bundle is made of.
#[derive(Debug)]
pub(crate) struct Ingredients {
    /// The spec.
    pub(crate) spec: About,
    /// What the change landed on.
    pub(crate) base: Oid,
    /// The commit that landed it.
    pub(crate) landing: Oid,
    /// The tests by content; paths from the repository's root.
    pub(crate) tests: Vec<(String, Oid)>,
    /// The proof's command.
    pub(crate) proof: Proof,
    /// The spec's other checks.
    pub(crate) checks: Vec<CheckCommand>,
    /// What is attested about the landing.
    pub(crate) attestations: Vec<serde_json::Value>,
    /// The project's folder in the repository: chant's own files there are no part of the change.
    pub(crate) prefix: String,
}

/// Makes the bundle. The user's repository is only read.
pub(crate) fn make(repo: &Repo, from: &Ingredients) -> Result<Bundle> {
    let scratch = Scratch::new(repo)?;
    let git = scratch.repo();
    let tests = point(git, &from.base, &tests_tree(git, from)?, "the tests")?;
    let tests_oid: Oid = tests.commit.parse()?;
    let result = point(git, &tests_oid, &result_tree(git, from)?, "the change")?;
    let result_oid: Oid = result.commit.parse()?;
    scratch.name("tests", &tests_oid)?;
    scratch.name("result", &result_oid)?;
    let refs = ["tests", "result"].map(|name| format!("{NAMESPACE}{name}"));
    Ok(Bundle {
        commits: git.bundle(&[&refs[0], &refs[1]], &from.base)?,
        tests_patch: git.patch(&from.base, &tests_oid)?,
        change_patch: git.patch(&tests_oid, &result_oid)?,
        manifest: manifest(from, &git.tree_of(&from.base)?, tests, result),
    })
}

fn manifest(from: &Ingredients, base_tree: &Oid, tests: Point, result: Point) -> Manifest {
    let expected = |on: &str, outcome: &str| Expected {
        on: on.to_owned(),
        outcome: outcome.to_owned(),
    };
    Manifest {
        format: FORMAT.to_owned(),
        made_by: format!("chant {}", env!("CARGO_PKG_VERSION")),
        made_at: chant_os::clock::now().to_string(),
        spec: from.spec.clone(),
        base: Point {
            commit: from.base.to_string(),
            tree: base_tree.to_string(),
        },
        tests,
        result,
        test_files: from.tests.iter().map(|(path, _)| path.clone()).collect(),
        proof: from.proof.clone(),
        checks: from.checks.clone(),
        expected: vec![
            expected("base + tests", "the test fails, for the stated reason"),
            expected("result", "the test and every check pass"),
        ],
        attestations: from.attestations.clone(),
        digests: BTreeMap::new(),
    }
}

fn tests_tree(git: &Repo, from: &Ingredients) -> Result<Oid> {
    let edits: Vec<TreeEdit> = from
        .tests
        .iter()
        .map(|(path, oid)| Ok(TreeEdit::put(path.parse()?, "100644", oid.clone())))
        .collect::<Result<_>>()?;
    Ok(git.write_tree(Some(&from.base), &edits)?)
}

/// The landing without chant's own files: what somebody who does not use chant would be sent.
fn result_tree(git: &Repo, from: &Ingredients) -> Result<Oid> {
    let own = format!("{}{}/", from.prefix, crate::DOT_CHANT);
    let changes = git.diff(&from.base, &from.landing)?;
    let change: Vec<&Change> = changes
        .iter()
        .filter(|change| !change.path.starts_with(&own))
        .collect();
    if change.is_empty() {
        return Err(Error::new(
            Code::NothingToDo,
            format!("{} changed nothing outside {own}", from.spec.id),
        )
        .hint("a bundle is made of a fix: name the spec that changed the code"));
    }
    let edits: Vec<TreeEdit> = change
        .into_iter()
        .map(|change| {
            let path = change.path.parse()?;
            Ok(match &change.new {
                Some((mode, oid)) => TreeEdit::put(path, mode, oid.clone()),
                None => TreeEdit::remove(path),
            })
        })
        .collect::<Result<_>>()?;
    Ok(git.write_tree(Some(&from.base), &edits)?)
}

fn point(git: &Repo, parent: &Oid, tree: &Oid, message: &str) -> Result<Point> {
    let commit = git.commit_tree_unsigned(tree, std::slice::from_ref(parent), message)?;
    Ok(Point {
        commit: commit.to_string(),
        tree: tree.to_string(),
    })
}
