//! The files that make a test: paths, folders and globs, and what a tree has of them.

use chant_git::{Oid, Repo, TreeEntry};
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use crate::error::Result;

/// Test files as a proof names them; all paths here are from the repository's root.
#[derive(Debug)]
pub(crate) struct TestFiles {
    /// Files and folders.
    literal: Vec<String>,
    globs: GlobSet,
    /// The folders that the globs lie in; empty for the whole tree.
    roots: Vec<String>,
}

impl TestFiles {
    /// Understands the names. An error says which glob is none.
    pub(crate) fn new(prefix: &str, tests: &[String]) -> std::result::Result<Self, String> {
        let mut builder = GlobSetBuilder::new();
        let (mut literal, mut roots) = (Vec::new(), Vec::new());
        for test in tests {
            let Ok(path) = chant_spec::repo_path(test.trim_end_matches('/')) else {
                continue;
            };
            let path = format!("{prefix}{}", path.as_str());
            if let Some(at) = path.find(['*', '?', '[', '{']) {
                let glob = GlobBuilder::new(&path).literal_separator(true).build();
                builder.add(glob.map_err(|error| error.to_string())?);
                let root = path[..at].rfind('/').map_or("", |slash| &path[..slash]);
                roots.push(root.to_owned());
            } else {
                literal.push(path);
            }
        }
        Ok(Self {
            literal,
            globs: builder.build().map_err(|error| error.to_string())?,
            roots,
        })
    }

    /// Whether a path is one of them.
    pub(crate) fn contains(&self, path: &str) -> bool {
        self.globs.is_match(path) || self.literal.iter().any(|literal| is_at(path, literal))
    }

    /// What a tree has of them. One process.
    pub(crate) fn within(&self, repo: &Repo, tree: &Oid) -> Result<Vec<TreeEntry>> {
        let everywhere = self.roots.iter().any(String::is_empty);
        let paths: Vec<&str> = if everywhere {
            Vec::new()
        } else {
            let names = self.literal.iter().chain(&self.roots);
            names.map(String::as_str).collect()
        };
        let mut entries = repo.ls_tree(tree, &paths, true)?;
        entries.retain(|entry| self.contains(&entry.path));
        Ok(entries)
    }

    /// The names without a match among these paths: files and folders that are missing.
    pub(crate) fn missing<'a>(&'a self, there: &[&str]) -> Option<&'a str> {
        self.literal
            .iter()
            .find(|literal| !there.iter().any(|path| is_at(path, literal)))
            .map(String::as_str)
    }

    /// Files and folders that are named as they are.
    pub(crate) fn literal(&self) -> &[String] {
        &self.literal
    }
}

/// Whether a path is this file, or lies in this folder.
pub(super) fn is_at(path: &str, place: &str) -> bool {
    path.strip_prefix(place)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn files_folders_and_globs() {
        let files = |tests: &[&str]| {
            let tests: Vec<String> = tests.iter().map(|&test| test.to_owned()).collect();
            TestFiles::new("app/", &tests).unwrap()
        };
        let check = |tests: &[&str], path: &str, expect: bool| {
            assert_eq!(files(tests).contains(path), expect, "{tests:?} {path}");
        };
        check(&["tests/a.py"], "app/tests/a.py", true);
        check(&["tests/a.py"], "tests/a.py", false);
        check(&["tests/a.py"], "app/tests/a.pyx", false);
        check(&["tests/"], "app/tests/x/b.py", true);
        check(&["./tests"], "app/tests2/b.py", false);
        check(&["tests/*_42.py"], "app/tests/a_42.py", true);
        check(&["tests/*_42.py"], "app/tests/x/a_42.py", false);
        check(&["tests/**/*.py"], "app/tests/x/y/a.py", true);
        let missing = files(&["a.py", "b"]);
        assert_eq!(missing.missing(&["app/a.py"]), Some("app/b"));
        assert_eq!(missing.missing(&["app/a.py", "app/b/c"]), None);
        assert!(TestFiles::new("", &["a[".to_owned()]).is_err());
    }
}
