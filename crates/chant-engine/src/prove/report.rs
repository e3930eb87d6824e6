//! What test runners print, as far as it tells what kind of failure it was: Python's unittest and pytest, cargo test,
//! go test, jest, vitest and node's own runner, and programs that simply end.
//!
//! Pure, and careful in one direction: what is not recognised is no assertion.

use std::fmt;

use super::seen::shortened;

/// Why a test could not even begin, or stumbled over what is not its subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// A source file cannot be parsed.
    Syntax(String),
    /// A module, package or file is missing.
    Missing(String),
    /// The compiler refuses.
    Compile(String),
    /// The test could not be loaded or set up, for another reason.
    Load(String),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax(line) => write!(f, "a syntax error: {line}"),
            Self::Missing(line) => write!(f, "something it needs is missing: {line}"),
            Self::Compile(line) => write!(f, "it does not compile: {line}"),
            Self::Load(line) => write!(f, "it could not be loaded: {line}"),
        }
    }
}

/// How many tests did what, as far as the runner says.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    /// Skipped, ignored, or expected to fail.
    pub(crate) held_back: u64,
}

/// An output, understood.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) tally: Option<Tally>,
    /// The tests could not begin.
    pub(crate) cannot_begin: Option<Trouble>,
    /// Inside a test something is missing or cannot be parsed.
    pub(crate) in_a_test: Option<Trouble>,
    /// The line of an assertion that failed.
    pub(crate) asserted: Option<String>,
    /// The line of an error that is no assertion.
    pub(crate) raised: Option<String>,
}

impl Report {
    /// Reads the whole output of one run.
    pub(crate) fn read(text: &str) -> Self {
        let mut report = Self::default();
        let mut loading_failed = false;
        let mut broken = None;
        let mut compile = None;
        let mut panicked = false;
        for line in text.lines() {
            report.count(line);
            let told = told(line);
            loading_failed |= LOADING_FAILED.iter().any(|words| line.contains(words));
            if broken.is_none() {
                broken = trouble(told);
            }
            if compile.is_none() && is_compile_error(line) {
                compile = Some(Trouble::Compile(shortened(line)));
            }
            // The line with the message says more than the name of the test.
            if is_message(line) || panicked {
                if !report.asserted.as_deref().is_some_and(is_message) {
                    report.asserted = Some(shortened(told));
                }
            } else if is_assertion(line, told) {
                report.asserted.get_or_insert_with(|| shortened(told));
            } else if is_exception(told) {
                report.raised = Some(shortened(told));
            }
            panicked = line.contains("' panicked at ") || line.contains(") panicked at ");
        }
        let began = report
            .tally
            .as_ref()
            .is_some_and(|tally| *tally != Tally::default());
        if loading_failed {
            let other = || Trouble::Load(report.raised.clone().unwrap_or_default());
            report.cannot_begin = Some(broken.or(compile).unwrap_or_else(other));
        } else if began {
            report.in_a_test = broken;
        } else if report.asserted.is_none() {
            report.cannot_begin = broken.or(compile);
        }
        report
    }

    fn tally(&mut self) -> &mut Tally {
        self.tally.get_or_insert_default()
    }

    /// Adds what a line says about how many tests did what.
    fn count(&mut self, line: &str) {
        let line = line.trim().trim_matches('=').trim();
        if let Some(rest) = line.strip_prefix("Ran ") {
            // unittest; what was held back is in its last line.
            self.tally().passed += leading(rest).unwrap_or(0);
        } else if line.starts_with("OK (") || line.starts_with("FAILED (") {
            let held_back = after(line, "skipped=") + after(line, "expected failures=");
            let failed = after(line, "failures=") + after(line, "errors=");
            let failed = failed.saturating_sub(after(line, "expected failures="));
            let tally = self.tally();
            tally.held_back += held_back;
            tally.failed += failed;
            tally.passed = tally.passed.saturating_sub(held_back + failed);
        } else if line.starts_with("test result: ") {
            self.add(line, "passed", "failed", &["ignored"]);
        } else if line.starts_with("Tests: ") || line.starts_with("Tests  ") {
            self.add(line, "passed", "failed", &["skipped", "todo"]);
        } else if is_pytest_summary(line) {
            self.add(line, "passed", "failed", &["skipped", "xfailed", "xpassed"]);
            self.tally().failed += before(line, "error") + before(line, "errors");
        } else if let Some(rest) = line.strip_prefix("# ").or(line.strip_prefix("ℹ ")) {
            self.count_node(rest);
        } else if line.starts_with("--- FAIL:") {
            self.tally().failed += 1;
        } else if line.starts_with("ok ") && line.contains('\t') && !says_no_tests(line) {
            self.tally().passed += 1;
        } else if says_no_tests(line) {
            self.tally();
        }
    }

    fn count_node(&mut self, rest: &str) {
        let Some((word, number)) = rest.split_once(' ') else {
            return;
        };
        let Ok(number) = number.trim().parse::<u64>() else {
            return;
        };
        match word {
            "pass" => self.tally().passed += number,
            "fail" | "cancelled" => self.tally().failed += number,
            "skipped" | "todo" => self.tally().held_back += number,
            _ => {}
        }
    }

    fn add(&mut self, line: &str, passed: &str, failed: &str, held_back: &[&str]) {
        let tally = self.tally();
        tally.passed += before(line, passed);
        tally.failed += before(line, failed);
        tally.held_back += held_back.iter().map(|word| before(line, word)).sum::<u64>();
    }
}

/// Words of runners that could not load the tests.
const LOADING_FAILED: [&str; 9] = [
    "Failed to import test module",
    "unittest.loader._FailedTest",
    "ERROR collecting ",
    "during collection",
    "ImportError while ",
    "Test suite failed to run",
    "error: could not compile ",
    "[build failed]",
    "[setup failed]",
];

/// What is missing, or cannot be parsed, if a line says so. Only a line that begins with it: a message may speak of it.
fn trouble(told: &str) -> Option<Trouble> {
    let begins = |words: &[&str]| words.iter().any(|word| told.starts_with(word));
    if begins(&["SyntaxError", "IndentationError", "TabError"]) {
        return Some(Trouble::Syntax(shortened(told)));
    }
    let missing = begins(&[
        "ModuleNotFoundError",
        "ImportError:",
        "Cannot find module",
        "Error: Cannot find module",
        "Error [ERR_MODULE_NOT_FOUND]",
        "Error: Cannot find package",
        "ERROR: file or directory not found",
        "error: no test target named",
    ]) || told.contains(": No module named ")
        || told.contains(": can't open file ")
        || told.contains("no required module provides package")
        || told.contains("cannot find package ");
    // unittest's own line; the real error follows it.
    let wrapper = told.starts_with("ImportError: Failed to import test module");
    (missing && !wrapper).then(|| Trouble::Missing(shortened(told)))
}

/// A compiler's complaint: rustc, tsc, and what most others write.
fn is_compile_error(line: &str) -> bool {
    line.starts_with("error[E")
        || line.starts_with("error: ")
        || line.contains(": error: ")
        || line.contains("error TS")
        || (line.starts_with("./") && line.contains(".go:"))
}

/// A line without its indentation, and without what pytest puts before the lines of an error.
fn told(line: &str) -> &str {
    let line = line.trim_start();
    line.strip_prefix("E  ").unwrap_or(line).trim_start()
}

/// Whether a line names a test that failed at an assertion.
fn is_assertion(line: &str, told: &str) -> bool {
    line.starts_with("FAIL: ")
        || told.starts_with("--- FAIL:")
        || told.starts_with("expect(")
        || line.starts_with("not ok ")
}

/// Whether a line is the message of an assertion. Python shows source lines as well: only pytest's mark tells an `assert` that
/// failed from one that is merely near.
fn is_message(line: &str) -> bool {
    let words = ["AssertionError", "assertion ", "Error: expect("];
    let pytest = ["assert ", "Failed: "];
    let told = told(line);
    words.iter().any(|word| told.starts_with(word))
        || (line.starts_with("E  ") && pytest.iter().any(|word| told.starts_with(word)))
}

/// `ValueError: …`, `KeyError`, `some.module.Error: …`
fn is_exception(told: &str) -> bool {
    let name = told.split(':').next().unwrap_or_default();
    let last = name.rsplit('.').next().unwrap_or_default();
    name.bytes()
        .all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'_')
        && (last.ends_with("Error") || last.ends_with("Exception"))
        && last.len() > "Error".len()
}

fn says_no_tests(line: &str) -> bool {
    [
        "[no test files]",
        "no tests to run",
        "No tests found",
        "No test files found",
        "no tests ran",
        "NO TESTS RAN",
        "collected 0 items",
    ]
    .iter()
    .any(|words| line.contains(words))
}

/// `1 failed, 2 passed in 0.03s`
fn is_pytest_summary(line: &str) -> bool {
    let Some((counts, time)) = line.rsplit_once(" in ") else {
        return false;
    };
    time.starts_with(|c: char| c.is_ascii_digit())
        && time.contains('s')
        && ["passed", "failed", "skipped", "xfailed", "xpassed", "error"]
            .iter()
            .any(|word| counts.contains(word))
}

fn leading(text: &str) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit())?;
    text[..end].parse().ok()
}

/// The number right before a word: `2` of `2 passed`.
fn before(line: &str, word: &str) -> u64 {
    let words: Vec<&str> = line
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '.' | '(' | ')'))
        .filter(|word| !word.is_empty())
        .collect();
    words
        .windows(2)
        .find(|pair| pair[1] == word)
        .and_then(|pair| pair[0].parse().ok())
        .unwrap_or(0)
}

/// The number right after some letters: `1` of `skipped=1`.
fn after(line: &str, letters: &str) -> u64 {
    line.find(letters)
        .and_then(|at| leading(&format!("{} ", &line[at + letters.len()..])))
        .unwrap_or(0)
}
