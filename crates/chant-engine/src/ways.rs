//! How a person goes on with a run that waits for them: what each command does, and the command itself.

use serde::Serialize;

use crate::journal::{RunRecord, RunState, What};

/// One way to go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Way {
    /// What it does, or what has to be done before, as a fragment of a sentence.
    pub what: String,
    /// The command.
    pub command: String,
}

impl Way {
    fn new(what: impl Into<String>, command: String) -> Self {
        Self {
            what: what.into(),
            command,
        }
    }
}

/// The ways to go on with a run that ended in a conflict, that a person took over or that was stopped to be cancelled, the usual
/// one first; of any other run none.
pub fn ways_on(run: &RunRecord) -> Vec<Way> {
    let (spec, facts) = (&run.spec, &run.facts);
    match run.state {
        RunState::Conflict => {}
        RunState::Paused if facts.takeover.is_some() => {
            return vec![
                Way::new("when it is done", format!("chant finalize {spec}")),
                Way::new("give it back to the agent", format!("chant work {spec}")),
            ];
        }
        RunState::Paused
            if facts
                .wish
                .as_ref()
                .is_some_and(|it| it.what == What::Cancel) =>
        {
            let again = "make it pending again";
            return vec![Way::new(again, format!("chant reset {spec}"))];
        }
        _ => return Vec::new(),
    }
    let mut ways = Vec::new();
    let onto = facts.conflict.as_ref().map(|conflict| &conflict.onto);
    // The merge stands open in the worktree only where an agent was asked to conclude it.
    let was_asked = facts.joined.as_ref() == onto;
    if !was_asked && facts.takeover.is_none() {
        let ask = "ask its agent to bring both together";
        ways.push(Way::new(ask, format!("chant work {spec}")));
    }
    if facts.worktree.join(".git").exists() {
        let folder = facts.worktree.display();
        let mend = if was_asked {
            format!("mend the files in {folder} and `git add` them, then")
        } else {
            format!("merge {} in {folder}, then", facts.main)
        };
        ways.push(Way::new(mend, format!("chant merge --continue {spec}")));
    }
    ways.push(Way::new("by hand", format!("chant takeover {spec}")));
    ways.push(Way::new("start over", format!("chant reset --work {spec}")));
    ways
}

/// The ways as one line.
pub fn in_a_line(ways: &[Way]) -> String {
    let said = ways
        .iter()
        .map(|way| format!("{}: {}", way.what, way.command));
    said.collect::<Vec<_>>().join("; or ")
}
