//! The trees of a proof: before, after, and after without the change. Made in memory; nothing is checked out here.

use chant_git::{Change, Oid, TreeEdit};

use super::files::TestFiles;
use crate::error::Result;
use crate::project::Project;
use crate::proof::Frozen;
use crate::proof::Plan;
use crate::proof::TestFile;

/// What a proof is about.
pub(crate) struct Subject<'a> {
    /// The project.
    pub(crate) project: &'a Project,
    /// What is to be proven.
    pub(crate) plan: &'a Plan,
    /// The test files that earlier phases froze.
    pub(crate) frozen: &'a [Frozen],
    /// The name of the branch that the result would land on.
    pub(crate) main: &'a str,
    /// That branch's commit.
    pub(crate) onto: &'a Oid,
    /// The tree that would land, with what git does not know in silent mode.
    pub(crate) result: &'a Oid,
}

/// The trees that the test is run on.
#[derive(Debug)]
pub(super) struct Trees {
    /// The main branch with the tests.
    pub(super) base: Oid,
    /// What would land, with the tests.
    pub(super) result: Oid,
    /// What would land, with everything but the tests taken back; nothing where nothing else was changed.
    pub(super) without: Option<Oid>,
}

impl Subject<'_> {
    /// The test files of the result, and those that only the checkout has. The first name without a file is an error.
    pub(super) fn tests(&self) -> Result<std::result::Result<Tests, String>> {
        let prefix = self.project.prefix_text();
        let files = match TestFiles::new(&prefix, &self.plan.tests) {
            Ok(files) => files,
            Err(error) => return Ok(Err(error)),
        };
        let mut tests: Vec<(String, String, Oid)> = files
            .within(self.project.repo(), self.result)?
            .into_iter()
            .map(|entry| (entry.path, entry.mode, entry.oid))
            .collect();
        let mut hidden = Vec::new();
        for frozen in self.frozen {
            let is_known = tests.iter().any(|(path, ..)| *path == frozen.path);
            if files.contains(&frozen.path) && !frozen.tracked && !is_known {
                let test = (
                    frozen.path.clone(),
                    "100644".to_owned(),
                    frozen.oid.parse()?,
                );
                hidden.push(test.clone());
                tests.push(test);
            }
        }
        let paths: Vec<&str> = tests.iter().map(|(path, ..)| path.as_str()).collect();
        let missing = files.missing(&paths).map(str::to_owned);
        let missing = missing.or_else(|| tests.is_empty().then(|| self.plan.tests.join(", ")));
        Ok(Ok(Tests {
            files,
            found: tests,
            hidden,
            missing,
        }))
    }

    /// A name of the plan that stands for no file.
    pub(crate) fn missing(&self) -> Result<Option<String>> {
        Ok(self.tests()?.map_or_else(Some, |tests| tests.missing))
    }

    /// The main branch with the tests, where all of them are there and frozen: nobody can change what it will show.
    pub(crate) fn frozen_base(&self) -> Result<Option<Oid>> {
        if self.frozen.is_empty() {
            return Ok(None);
        }
        let Ok(tests) = self.tests()? else {
            return Ok(None);
        };
        let is_frozen = |path: &str| self.frozen.iter().any(|file| file.path == path);
        if tests.missing.is_some() || !tests.found.iter().all(|(path, ..)| is_frozen(path)) {
            return Ok(None);
        }
        self.with_tests(self.onto, &tests.found).map(Some)
    }

    /// A commit's tree with the tests put into it.
    pub(super) fn with_tests(&self, commit: &Oid, tests: &[(String, String, Oid)]) -> Result<Oid> {
        let repo = self.project.repo();
        let there = repo.ls_tree(commit, &paths(tests), true)?;
        let same = tests.iter().all(|(path, mode, oid)| {
            there
                .iter()
                .any(|entry| entry.path == *path && entry.mode == *mode && entry.oid == *oid)
        });
        if same {
            return Ok(repo.tree_of(commit)?);
        }
        Ok(repo.write_tree(Some(commit), &put(tests)?)?)
    }

    /// All sides of a fix.
    pub(super) fn trees(&self, tests: &Tests) -> Result<Trees> {
        let repo = self.project.repo();
        let base = self.with_tests(self.onto, &tests.found)?;
        let result = match tests.hidden.as_slice() {
            [] => self.result.clone(),
            hidden => repo.write_tree(Some(self.result), &put(hidden)?)?,
        };
        let changes = repo.diff(self.onto, &result)?;
        let others: Vec<&Change> = changes
            .iter()
            .filter(|change| !tests.files.contains(&change.path))
            .collect();
        let only_chants = others.iter().all(|change| self.is_chants(&change.path));
        let without = if only_chants {
            None
        } else {
            Some(repo.write_tree(Some(&result), &taken_back(&others)?)?)
        };
        Ok(Trees {
            base,
            result,
            without,
        })
    }

    /// The main branch without any of the tests: what the suite is compared with.
    pub(super) fn before(&self, tests: &Tests) -> Result<Oid> {
        let repo = self.project.repo();
        let removed = tests
            .files
            .within(repo, self.onto)?
            .into_iter()
            .map(|entry| Ok(TreeEdit::remove(entry.path.parse()?)))
            .collect::<Result<Vec<_>>>()?;
        Ok(repo.write_tree(Some(self.onto), &removed)?)
    }

    /// The record of a run fixes nothing.
    fn is_chants(&self, path: &str) -> bool {
        let inside = path.strip_prefix(&self.project.prefix_text());
        inside.is_some_and(|inside| inside.starts_with(".chant/"))
    }

    /// The tests as they are recorded: from the project's root.
    pub(super) fn recorded(&self, tests: &[(String, String, Oid)]) -> Vec<TestFile> {
        let prefix = self.project.prefix_text();
        let tests = tests.iter().map(|(path, _, oid)| TestFile {
            path: path.strip_prefix(&prefix).unwrap_or(path).to_owned(),
            oid: oid.to_string(),
        });
        tests.collect()
    }
}

/// The test files of a result: path from the repository's root, mode, content.
pub(super) struct Tests {
    files: TestFiles,
    pub(super) found: Vec<(String, String, Oid)>,
    /// Those of them that git's tree does not have.
    hidden: Vec<(String, String, Oid)>,
    /// A name that stands for no file.
    pub(super) missing: Option<String>,
}

fn paths(tests: &[(String, String, Oid)]) -> Vec<&str> {
    tests.iter().map(|(path, ..)| path.as_str()).collect()
}

fn put(tests: &[(String, String, Oid)]) -> Result<Vec<TreeEdit>> {
    tests
        .iter()
        .map(|(path, mode, oid)| Ok(TreeEdit::put(path.parse()?, mode, oid.clone())))
        .collect()
}

fn taken_back(changes: &[&Change]) -> Result<Vec<TreeEdit>> {
    changes
        .iter()
        .map(|change| {
            let path = change.path.parse()?;
            Ok(match &change.old {
                Some((mode, oid)) => TreeEdit::put(path, mode, oid.clone()),
                None => TreeEdit::remove(path),
            })
        })
        .collect()
}
