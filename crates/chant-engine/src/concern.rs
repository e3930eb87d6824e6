//! What in a result a person should look at before trusting it: tests that went, are skipped, or ask for less.
//!
//! None of it fails a run by itself, since each has honest reasons. It is shown where somebody decides.

use std::collections::HashMap;

use chant_git::{Change, ChangeStatus, Oid, Repo};
use serde::{Deserialize, Serialize};

use crate::error::Result;

/// One thing to look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Concern {
    /// What it is.
    pub kind: ConcernKind,
    /// The file, from the project's root.
    pub path: String,
    /// The line of the file that shows it; empty where the whole file is meant.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub line: String,
}

/// The kinds of things to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConcernKind {
    /// A test file is gone.
    DeletedTest,
    /// A test will not be run any more, or may fail.
    SkippedTest,
    /// An assertion is gone.
    LoosenedCheck,
    /// What decides which tests run, and how, was changed.
    TestSetup,
}

impl std::fmt::Display for Concern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let what = match self.kind {
            ConcernKind::DeletedTest => "a test file was deleted",
            ConcernKind::SkippedTest => "a test is skipped or may fail",
            ConcernKind::LoosenedCheck => "an assertion was removed",
            ConcernKind::TestSetup => "it decides how tests run, and was changed",
        };
        write!(f, "{}: {what}", self.path)?;
        if self.line.is_empty() {
            Ok(())
        } else {
            write!(f, ": {}", self.line)
        }
    }
}

/// More of them than this are not worth listing.
const MOST: usize = 50;

/// A file larger than this is no test that anybody wrote.
const LARGEST: usize = 1 << 20;

/// Looks through what changed between two trees. One process for the contents.
pub(crate) fn find(repo: &Repo, changes: &[Change], prefix: &str) -> Result<Vec<Concern>> {
    let shown = |path: &str| path.strip_prefix(prefix).unwrap_or(path).to_owned();
    let mut found = Vec::new();
    for change in changes.iter().filter(|change| is_test(&change.path)) {
        if change.status == ChangeStatus::Deleted && !is_moved(change, changes) {
            found.push(Concern {
                kind: ConcernKind::DeletedTest,
                path: shown(&change.path),
                line: String::new(),
            });
        }
    }
    for change in changes.iter().filter(|change| is_setup(&change.path)) {
        found.push(Concern {
            kind: ConcernKind::TestSetup,
            path: shown(&change.path),
            line: String::new(),
        });
    }
    let edited: Vec<&Change> = changes.iter().filter(|change| is_edited(change)).collect();
    let oids: Vec<Oid> = edited
        .iter()
        .flat_map(|change| [&change.old, &change.new])
        .flatten()
        .map(|(_, oid)| oid.clone())
        .collect();
    let mut blobs = repo.blobs(&oids)?.into_iter();
    for change in edited {
        let old = change.old.as_ref().and_then(|_| blobs.next());
        let new = change.new.as_ref().and_then(|_| blobs.next());
        let (old, new) = (old.unwrap_or_default(), new.unwrap_or_default());
        if old.len().max(new.len()) <= LARGEST {
            let (old, new) = (String::from_utf8_lossy(&old), String::from_utf8_lossy(&new));
            let path = shown(&change.path);
            found.extend(compare(&path, &old, &new));
        }
    }
    found.truncate(MOST);
    Ok(found)
}

/// A file whose content is somewhere else now was moved.
fn is_moved(change: &Change, changes: &[Change]) -> bool {
    changes.iter().any(|other| {
        other.status == ChangeStatus::Added
            && change.old.as_ref().map(|(_, oid)| oid) == other.new.as_ref().map(|(_, oid)| oid)
    })
}

/// Whether lines can have come or gone in a source file.
fn is_edited(change: &Change) -> bool {
    let is_source = |side: &Option<(String, Oid)>| {
        side.as_ref()
            .is_none_or(|(mode, _)| mode.starts_with("100"))
    };
    change.status != ChangeStatus::Deleted
        && is_source(&change.old)
        && is_source(&change.new)
        && extension(&change.path).is_some_and(|extension| SOURCES.contains(&extension))
}

const SOURCES: [&str; 16] = [
    "py", "rs", "js", "mjs", "cjs", "jsx", "ts", "tsx", "go", "java", "kt", "rb", "c", "cc", "cpp",
    "cs",
];

fn extension(path: &str) -> Option<&str> {
    path.rsplit('/')
        .next()?
        .rsplit_once('.')
        .map(|(_, end)| end)
}

/// Whether a path looks like a test's, as the usual runners have it.
fn is_test(path: &str) -> bool {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    let in_tests = folders
        .split('/')
        .any(|part| matches!(part, "test" | "tests" | "spec" | "__tests__" | "testing"));
    let stem = name.split('.').next().unwrap_or(name);
    in_tests
        || stem.starts_with("test_")
        || stem.ends_with("_test")
        || stem.ends_with("_tests")
        || stem.ends_with("Test")
        || name.contains(".test.")
        || name.contains(".spec.")
}

/// Whether a file decides how tests run without being one.
fn is_setup(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let names = [
        "conftest.py",
        "sitecustomize.py",
        "usercustomize.py",
        "pytest.ini",
        "tox.ini",
        "noxfile.py",
        "nextest.toml",
    ];
    let begins = ["jest.config.", "vitest.config.", "karma.conf", ".mocharc"];
    names.contains(&name) || begins.iter().any(|word| name.starts_with(word))
}

fn compare(path: &str, old: &str, new: &str) -> Vec<Concern> {
    let concern = |kind, line: &str| Concern {
        kind,
        path: path.to_owned(),
        line: crate::one_line(line.trim()),
    };
    let mut found: Vec<Concern> = only_in(new, old)
        .into_iter()
        .filter(|line| skips(line))
        .map(|line| concern(ConcernKind::SkippedTest, line))
        .collect();
    if is_test(path) || old.contains("#[test]") {
        let gone = only_in(old, new).into_iter().filter(|line| asserts(line));
        found.extend(gone.map(|line| concern(ConcernKind::LoosenedCheck, line)));
    }
    found
}

/// The lines that one text has more often than the other, without their indentation.
fn only_in<'a>(this: &'a str, other: &str) -> Vec<&'a str> {
    let mut there: HashMap<&str, usize> = HashMap::new();
    for line in other.lines() {
        *there.entry(line.trim()).or_default() += 1;
    }
    let mut only = Vec::new();
    for line in this.lines().map(str::trim) {
        match there.get_mut(line) {
            Some(count) if *count > 0 => *count -= 1,
            _ => only.push(line),
        }
    }
    only
}

/// Whether a line keeps a test from being run, or lets it fail.
fn skips(line: &str) -> bool {
    let begins = [
        "@skip",
        "@unittest.skip",
        "@unittest.expectedFailure",
        "@expectedFailure",
        "@pytest.mark.skip",
        "@pytest.mark.xfail",
        "@Disabled",
        "@Ignore",
        "#[ignore",
        "#[should_panic",
        "pytest.skip(",
        "pytest.xfail(",
        "self.skipTest(",
        "raise unittest.SkipTest",
        "raise SkipTest",
        "t.Skip",
        "b.Skip",
        "xit(",
        "xtest(",
        "xdescribe(",
    ];
    let holds = [
        "it.skip(",
        "test.skip(",
        "describe.skip(",
        "it.todo(",
        "test.todo(",
        "it.only(",
        "test.only(",
        "describe.only(",
        "pytestmark = pytest.mark.skip",
        "pytestmark = pytest.mark.xfail",
        "{ skip: true",
        "{skip: true",
    ];
    begins.iter().any(|word| line.starts_with(word)) || holds.iter().any(|word| line.contains(word))
}

/// Whether a line asks for something.
fn asserts(line: &str) -> bool {
    let begins = [
        "assert",
        "self.assert",
        "expect(",
        "debug_assert",
        "self.fail(",
        "prop_assert",
    ];
    let holds = [
        ".should", "t.Error", "t.Fatal", "assert.", "require.", "EXPECT_", "ASSERT_",
    ];
    begins.iter().any(|word| line.starts_with(word)) || holds.iter().any(|word| line.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_known_by_their_names() {
        for path in [
            "tests/a.py",
            "src/test_a.py",
            "a_test.go",
            "web/x.test.ts",
            "src/__tests__/x.js",
            "StoreTest.java",
        ] {
            assert!(is_test(path), "{path}");
        }
        assert!(is_setup("tests/conftest.py") && is_setup("jest.config.ts"));
        assert!(!is_setup("src/config.py"));
        for path in [
            "src/latest.py",
            "src/contest/a.py",
            "testing.md",
            "src/attest.rs",
        ] {
            assert!(!is_test(path), "{path}");
        }
    }

    #[test]
    fn what_was_skipped_or_asks_for_less() {
        let check = |path: &str, old: &str, new: &str, expect: &[&str]| {
            let found: Vec<String> = compare(path, old, new)
                .iter()
                .map(ToString::to_string)
                .collect();
            assert_eq!(found, expect);
        };
        let test = "def test_a(self):\n    self.assertEqual(a, 1)\n    self.assertTrue(b)\n";
        check("tests/a.py", test, test, &[]);
        check(
            "tests/a.py",
            test,
            &format!("@unittest.skip('later')\n{test}"),
            &["tests/a.py: a test is skipped or may fail: @unittest.skip('later')"],
        );
        check(
            "tests/a.py",
            test,
            "def test_a(self):\n        self.assertEqual(a, 1)\n",
            &["tests/a.py: an assertion was removed: self.assertTrue(b)"],
        );
        check("src/a.py", "assert x\n", "", &[]);
        check(
            "src/a.rs",
            "#[test]\nfn a() { }\nassert_eq!(1, 1);\n",
            "#[test]\n#[ignore]\nfn a() { }\n",
            &[
                "src/a.rs: a test is skipped or may fail: #[ignore]",
                "src/a.rs: an assertion was removed: assert_eq!(1, 1);",
            ],
        );
    }
}
