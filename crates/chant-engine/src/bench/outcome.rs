//! What came of a check, as facts and as one sentence.

use std::time::Duration;

use chant_spec::{Check, Expect};

use super::plan::{Plan, name_of};
use crate::journal::CheckRecord;

/// How a check's process ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ended {
    /// By itself, with this code.
    Exit(i32),
    /// By this signal.
    Signal(i32),
    /// The shell did not find the command.
    NotFound,
    /// It took longer than this.
    TimedOut(Duration),
    /// It had more processes at once than this.
    TooMany(usize),
    /// It could not be started, for this reason.
    NotStarted(String),
    /// Nobody knows: it and its guard were killed.
    Lost,
}

/// What came of a check.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    /// Whether every run did as expected.
    pub(crate) passed: bool,
    /// One sentence, without a full stop.
    pub(crate) sentence: String,
    /// How often it ran.
    pub(crate) runs: u32,
    /// How often it did as expected.
    pub(crate) as_expected: u32,
    /// How it ended: the first time that it did not do as expected, else the last time.
    pub(crate) ended: Ended,
    /// The last lines of that run's output.
    pub(crate) tail: String,
    /// That run's output; of a flood its beginning and end.
    pub(crate) output: Vec<u8>,
    /// Whether the place held what earlier checks left and git ignores.
    pub(crate) warm: bool,
    /// What else is worth saying, each one sentence: that it changed files of the tree, that its output was cut.
    pub(crate) notes: Vec<String>,
}

impl CheckRecord {
    /// What is kept of an outcome.
    pub(crate) fn of(check: &Check, outcome: Outcome) -> Self {
        Self {
            name: name_of(check).to_owned(),
            run: check.run.clone(),
            passed: outcome.passed,
            outcome: outcome.sentence,
            warm: outcome.warm,
            runs: outcome.runs,
            as_expected: outcome.as_expected,
        }
    }
}

/// One time that a check was run.
pub(crate) struct Trial {
    pub(crate) ended: Ended,
    pub(crate) output: Vec<u8>,
    pub(super) cut: u64,
}

impl Trial {
    pub(super) fn not_begun(why: String) -> Self {
        Self {
            ended: Ended::NotStarted(why),
            output: Vec::new(),
            cut: 0,
        }
    }
}

impl Outcome {
    pub(crate) fn of(plan: &Plan<'_>, trial: Trial, warm: bool) -> Self {
        let problem = problem(plan, &trial);
        let as_expected = match plan.check.expect {
            Expect::Pass => "passes".to_owned(),
            Expect::Fail => "fails, as expected".to_owned(),
            Expect::Exit(code) => format!("ends with {code}, as expected"),
        };
        Self {
            passed: problem.is_none(),
            as_expected: u32::from(problem.is_none()),
            sentence: problem.unwrap_or(as_expected),
            runs: 1,
            ended: trial.ended,
            tail: last_lines(&trial.output),
            output: trial.output,
            warm,
            notes: cut(trial.cut),
        }
    }

    /// Both together: what did not do as expected is remembered, the first of them where there are several.
    pub(super) fn and(self, next: Self) -> Self {
        let mut notes = self.notes.clone();
        notes.extend(next.notes.iter().cloned());
        notes.dedup();
        let (runs, as_expected) = (self.runs + next.runs, self.as_expected + next.as_expected);
        let shown = if self.passed { next } else { self };
        Self {
            runs,
            as_expected,
            notes,
            ..shown
        }
    }

    /// With the counts in its sentence, where there is more than one run to count.
    pub(super) fn summed_up(mut self) -> Self {
        let (all, good) = (self.runs, self.as_expected);
        if all > 1 && self.passed {
            self.sentence = format!("{}, in {all} of {all} runs", self.sentence);
        } else if all > 1 {
            let bad = all - good;
            self.sentence = format!("not as expected in {bad} of {all} runs: {}", self.sentence);
        }
        self
    }
}

/// What is wrong, if anything.
fn problem(plan: &Plan<'_>, trial: &Trial) -> Option<String> {
    let last = last_line(&trial.output);
    let code = match &trial.ended {
        Ended::Exit(code) => *code,
        Ended::NotFound if plan.check.expect == Expect::Exit(127) => 127,
        Ended::NotFound => return Some(format!("command not found{last}")),
        Ended::TimedOut(limit) => {
            return Some(format!("took longer than {}", in_words(*limit)));
        }
        Ended::TooMany(most) => {
            return Some(format!("started more than {most} processes at once"));
        }
        Ended::NotStarted(why) => return Some(format!("could not start: {why}")),
        Ended::Lost => return Some("its process was lost".to_owned()),
        Ended::Signal(signal) if plan.check.expect == Expect::Fail => -*signal,
        Ended::Signal(signal) => return Some(format!("ended by signal {signal}{last}")),
    };
    match plan.check.expect {
        Expect::Pass if code != 0 => return Some(format!("exit {code}{last}")),
        Expect::Fail if code == 0 => return Some("passes, but is expected to fail".to_owned()),
        Expect::Exit(wanted) if code != wanted => {
            return Some(format!("exit {code}, but {wanted} is expected{last}"));
        }
        _ => {}
    }
    match &plan.pattern {
        Some(pattern) if !pattern.is_match(&trial.output) => Some(format!(
            "its output does not match {:?}{last}",
            pattern.as_str()
        )),
        _ => None,
    }
}

fn cut(bytes: u64) -> Vec<String> {
    match bytes {
        0 => Vec::new(),
        bytes => vec![format!("{bytes} bytes of its output were left out")],
    }
}

fn in_words(limit: Duration) -> String {
    match limit.as_secs() {
        0 => format!("{} ms", limit.as_millis()),
        seconds => format!("{seconds} s"),
    }
}

fn last_line(output: &[u8]) -> String {
    let text = String::from_utf8_lossy(&output[output.len().saturating_sub(TAIL)..]);
    text.lines()
        .rev()
        .find(|line| !line.trim().is_empty())
        .map_or_else(String::new, |line| {
            format!(": {}", crate::one_line(line.trim()))
        })
}

/// How much of the end is looked at for its last lines.
const TAIL: usize = 16 << 10;

/// How many lines a tail has.
const TAIL_LINES: usize = 20;

fn last_lines(output: &[u8]) -> String {
    let text = String::from_utf8_lossy(&output[output.len().saturating_sub(TAIL)..]);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
}
