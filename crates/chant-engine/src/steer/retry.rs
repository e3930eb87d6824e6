//! Whether a failed attempt is followed by another without anybody asking: `defaults.retries`, and a spec's `retries`.
//!
//! The next attempt is told why this one failed. One that fails in the same way again ends it: a third would be paid for
//! the same answer.

use chant_spec::Document;

use crate::error::Result;
use crate::journal::{Journal, RunRecord, RunState};
use crate::landing::known;
use crate::project::Project;

/// What follows an attempt.
#[derive(Debug)]
pub enum Next {
    /// Nothing: it did not fail, or there were tries enough.
    Nothing,
    /// Another attempt; this many may follow it.
    Again(u32),
    /// Nothing, because it failed as the one before: a person has to look. The run as it stands now.
    Person(Box<RunRecord>),
}

/// What follows an attempt that `tried` others went before, without anybody asking. A run that a person has to look at is
/// written down as that.
pub fn after(project: &Project, run: &RunRecord, tried: u32) -> Result<Next> {
    if run.state != RunState::Failed {
        return Ok(Next::Nothing);
    }
    let allowed = allowed(project, run)?;
    if allowed == 0 {
        return Ok(Next::Nothing);
    }
    let journal = Journal::open(&project.state_dir(), &project.project_key())?;
    if tried > 0 && failed_alike(&journal, run)? {
        let mut run = run.clone();
        run.state = RunState::NeedsAttention;
        run.reason = format!("it failed twice in the same way: {}", run.reason);
        journal.save(&run)?;
        return Ok(Next::Person(Box::new(run)));
    }
    Ok(match allowed.checked_sub(tried) {
        Some(left) if left > 0 => Next::Again(left - 1),
        _ => Next::Nothing,
    })
}

/// That another attempt follows a failed one, and how many may follow that.
pub fn told(run: &RunRecord, left: u32) -> String {
    let (attempt, reason) = (run.attempt, &run.reason);
    format!("attempt {attempt} failed: {reason}; it is tried again (then {left} more)")
}

/// The spec says it for itself, as it was when the run began.
fn allowed(project: &Project, run: &RunRecord) -> Result<u32> {
    let bytes = project.repo().blob(&known(Some(&run.facts.spec_oid))?)?;
    let own = Document::parse(bytes)
        .ok()
        .and_then(|spec| spec.frontmatter().retries);
    Ok(own.unwrap_or(project.config().defaults.retries))
}

fn failed_alike(journal: &Journal, run: &RunRecord) -> Result<bool> {
    let runs = journal.runs_of(&run.spec)?;
    let before = runs.iter().rev().find(|it| it.attempt < run.attempt);
    Ok(before.is_some_and(|before| {
        before.state == RunState::Failed && alike(&before.reason, &run.reason)
    }))
}

/// Whether two reasons are the same but for numbers that differ each time: durations, line numbers and process ids.
fn alike(one: &str, other: &str) -> bool {
    let without = |text: &str| {
        let parts = text.split(|c: char| c.is_ascii_digit());
        let words: Vec<String> = parts
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect();
        words
    };
    without(one) == without(other) && exit_code(one) == exit_code(other)
}

/// The code a program is said to have ended with: another one is another failure.
fn exit_code(reason: &str) -> Option<&str> {
    let after = ["exited with ", "exit "]
        .iter()
        .find_map(|said| reason.rsplit_once(said))?
        .1;
    after.split(|c: char| !c.is_ascii_digit()).next()
}

#[cfg(test)]
mod tests {
    use super::alike;

    #[test]
    fn numbers_make_no_other_failure() {
        assert!(alike("no output for 300ms", "no output for 12ms"));
        assert!(alike("check failed: line 7", "check failed: line 18"));
        assert!(!alike("check failed: a", "check failed: b"));
        assert!(!alike("the agent exited with 1", "the agent exited with 2"));
        assert!(!alike(
            "check failed: a: exit 1",
            "check failed: a: exit 101"
        ));
        assert!(alike(
            "check failed: a 7: exit 1",
            "check failed: a 8: exit 1"
        ));
        assert!(!alike("the agent changed nothing", "check failed: a"));
    }
}
