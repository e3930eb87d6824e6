//! What one run of a test showed: it passed, it failed for the stated reason, or neither.
//!
//! Pure. A test that cannot be loaded, compiled or found fails too, and proves nothing by it; so how the process ended
//! is not enough, and its output is read the way a person would read it. What the runners print is in
//! [`report`](super::report).

use std::fmt;

use regex::bytes::{Regex, RegexBuilder};

use super::report::{Report, Trouble};
use super::source::without_source;
use crate::bench::Ended;

/// What one run of a test showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Seen {
    /// It passed, and at least one test was really run.
    Green,
    /// It failed for the reason that was stated, or where none was stated, at an assertion. The line that shows it.
    Red(String),
    /// Neither: this came in between.
    Neither(Why),
}

/// Why a run of a test shows nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Why {
    /// It was ended at its time limit.
    TimedOut,
    /// There is no such command, or it cannot be executed.
    NoCommand(String),
    /// It was ended by this signal.
    Signal(i32),
    /// It could not be started, or nobody knows how it ended.
    NotRun(String),
    /// The test cannot be loaded or built.
    Trouble(Trouble),
    /// No test was run.
    NoTests,
    /// The tests were skipped, or marked as expected to fail.
    Skipped,
    /// It failed at something else.
    OtherReason {
        /// Whether a reason was stated that did not come.
        stated: bool,
        /// What came instead.
        found: String,
    },
}

/// The pattern of a stated reason: `^` and `$` are the ends of a line.
pub(crate) fn reason(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern).multi_line(true).build()
}

impl Seen {
    /// Reads one run of a test.
    pub(crate) fn read(ended: &Ended, output: &[u8], fails_with: Option<&Regex>) -> Self {
        let text = without_colours(&String::from_utf8_lossy(output));
        let report = Report::read(&text);
        let code = match ended {
            Ended::TimedOut(_) => return Self::Neither(Why::TimedOut),
            Ended::NotFound | Ended::Exit(126) => {
                return Self::Neither(Why::NoCommand(last_line(&text)));
            }
            Ended::NotStarted(why) => return Self::Neither(Why::NotRun(why.clone())),
            Ended::TooMany(most) => {
                let why = format!("it started more than {most} processes");
                return Self::Neither(Why::NotRun(why));
            }
            Ended::Lost => return Self::Neither(Why::NotRun("its process was lost".to_owned())),
            Ended::Signal(signal) => Err(*signal),
            Ended::Exit(code) => Ok(*code),
        };
        if let Some(why) = none_run(&report) {
            return Self::Neither(why);
        }
        // A pipe can hide how its first command ended.
        let some_failed = report.tally.as_ref().is_some_and(|tally| tally.failed > 0);
        if code == Ok(0) && !some_failed {
            return Self::Green;
        }
        if let Some(trouble) = report.cannot_begin {
            return Self::Neither(Why::Trouble(trouble));
        }
        match fails_with {
            Some(pattern) => stated(pattern, &text, &report),
            None => unstated(code, &text, report),
        }
    }
}

fn none_run(report: &Report) -> Option<Why> {
    let tally = report.tally.as_ref()?;
    match (tally.passed + tally.failed, tally.held_back) {
        (0, 0) if report.cannot_begin.is_none() => Some(Why::NoTests),
        (0, held_back) if held_back > 0 => Some(Why::Skipped),
        _ => None,
    }
}

fn stated(pattern: &Regex, text: &str, report: &Report) -> Seen {
    let text = without_source(text);
    let text = text.as_str();
    if let Some(found) = pattern.find(text.as_bytes()) {
        let start = text[..found.start()].rfind('\n').map_or(0, |at| at + 1);
        let line = text[start..].lines().next();
        return Seen::Red(shortened(line.unwrap_or_default()));
    }
    let found = report.asserted.clone().or_else(|| report.raised.clone());
    Seen::Neither(Why::OtherReason {
        stated: true,
        found: found.unwrap_or_else(|| last_line(text)),
    })
}

fn unstated(code: Result<i32, i32>, text: &str, report: Report) -> Seen {
    if let Some(line) = report.asserted {
        return Seen::Red(line);
    }
    Seen::Neither(match (code, report.in_a_test) {
        (Err(signal), _) => Why::Signal(signal),
        (_, Some(trouble)) => Why::Trouble(trouble),
        _ => Why::OtherReason {
            stated: false,
            found: report.raised.unwrap_or_else(|| last_line(text)),
        },
    })
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut => f.write_str("it took too long"),
            Self::NoCommand(line) => write!(f, "its command cannot be run: {line}"),
            Self::Signal(signal) => write!(f, "it was ended by signal {signal}"),
            Self::NotRun(why) => write!(f, "it could not be run: {why}"),
            Self::Trouble(trouble) => trouble.fmt(f),
            Self::NoTests => f.write_str("no test was run"),
            Self::Skipped => {
                f.write_str("every test was skipped, or is marked as expected to fail")
            }
            Self::OtherReason {
                stated: true,
                found,
            } => write!(
                f,
                "it fails for another reason than the stated one: {found}"
            ),
            Self::OtherReason {
                stated: false,
                found,
            } => write!(
                f,
                "it fails, but at no assertion, and `fails_with` states no other reason: {found}"
            ),
        }
    }
}

/// How much of a line is worth repeating.
const SHOWN: usize = 160;

pub(super) fn shortened(line: &str) -> String {
    let line = crate::one_line(line.trim());
    match line.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
        None => line,
    }
}

fn last_line(text: &str) -> String {
    let line = text.lines().rev().find(|line| !line.trim().is_empty());
    line.map_or_else(|| "it printed nothing".to_owned(), shortened)
}

/// Runners colour what they print when they are told to, or think that they should.
fn without_colours(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("\u{1b}[") {
        plain.push_str(&rest[..at]);
        let inside = &rest[at + 2..];
        let end = inside.find(|c: char| c.is_ascii_alphabetic());
        rest = end.map_or("", |end| &inside[end + 1..]);
    }
    plain.push_str(rest);
    plain
}
