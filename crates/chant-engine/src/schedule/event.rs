//! The one stream of events that describes many runs at once. The terminal, `--json` and the summary read it.

use serde::Serialize;

use crate::event::{Event as RunEvent, Stamped};
use crate::run::Report;

/// Something that happened while specs were worked at once.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The first event: what was asked for.
    Asked {
        /// How many specs are to be worked.
        specs: usize,
        /// How many may be worked at once.
        parallel: usize,
    },
    /// These came to be open since, and are asked for as well; only where that was wished.
    Joined {
        /// The specs' ids.
        specs: Vec<String>,
    },
    /// A spec was given to an agent, or its interrupted run goes on.
    Started {
        /// The run's id.
        run: String,
        /// The spec's id.
        spec: String,
        /// The spec's title.
        title: String,
        /// The agent's name.
        agent: String,
    },
    /// What a run says of itself.
    Run {
        /// The run's id.
        run: String,
        /// The spec's id.
        spec: String,
        /// What, and when.
        what: Stamped,
    },
    /// A run's checks passed; it waits for its turn to land.
    Finished {
        /// The run's id.
        run: String,
        /// The spec's id.
        spec: String,
    },
    /// A result is on the main branch.
    Landed {
        /// The run's id.
        run: String,
        /// The spec's id.
        spec: String,
        /// The branch.
        branch: String,
        /// The commit; absent where git had nothing to land.
        commit: Option<String>,
    },
    /// A spec waits for something that is not its turn: said once, and again when the reason changes.
    Waiting(
        /// Which, and for what.
        Waiting,
    ),
    /// A spec's turn is over, whatever came of it; also after it landed.
    Ended {
        /// The run's id; none where it never began.
        run: Option<String>,
        /// The spec's id.
        spec: String,
        /// The run's state: `completed`, `failed`, `paused`, `conflict`, …
        state: String,
        /// Why, one sentence; empty for a landing.
        reason: String,
    },
    /// How many are where, after something changed.
    Standing {
        /// At work.
        running: usize,
        /// Waiting to land, or landing.
        landing: usize,
        /// May start as soon as there is a place.
        ready: usize,
        /// Waiting for something else.
        waiting: usize,
        /// Over.
        over: usize,
    },
    /// It comes to an end before its time: a person wants that, or something failed.
    Stopping {
        /// How.
        how: Stop,
        /// The spec that failed, where that is why.
        #[serde(skip_serializing_if = "Option::is_none")]
        failed: Option<String>,
    },
    /// Something worth a look that belongs to no run.
    Warning {
        /// One sentence.
        text: String,
    },
}

impl Event {
    /// What a run that is worked alone says, as it is told of one of many: who reads the one stream reads the other.
    pub fn of_one(run: &str, spec: &str, what: &Stamped) -> Vec<Self> {
        let (run, spec) = (run.to_owned(), spec.to_owned());
        let own = Self::Run {
            run: run.clone(),
            spec: spec.clone(),
            what: what.clone(),
        };
        match what.event.clone() {
            RunEvent::RunStarted { title, agent, .. } => vec![
                Self::Started {
                    run,
                    spec,
                    title,
                    agent,
                },
                own,
            ],
            RunEvent::Landed { branch, commit } => vec![
                Self::Landed {
                    run,
                    spec,
                    branch,
                    commit,
                },
                own,
            ],
            RunEvent::Ended { state, reason } => vec![
                own,
                Self::Ended {
                    run: Some(run),
                    spec,
                    state,
                    reason,
                },
            ],
            _ => vec![own],
        }
    }
}

/// How a person wants it to stop, the more urgent the later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stop {
    /// What runs is finished and landed; nothing more is started.
    Finish,
    /// Agents are interrupted; their runs go on when asked again.
    Interrupt,
    /// At once.
    Kill,
}

/// A spec that was asked for and can not be worked now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Waiting {
    /// Its id.
    pub id: String,
    /// What it waits for, each as a fragment of a sentence.
    pub blocked_by: Vec<String>,
    /// When it goes on by itself, RFC 3339; where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

/// What came of everything that was asked for.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Summary {
    /// The runs of this command, in the order in which they were over.
    pub runs: Vec<Report>,
    /// What was worked by another command meanwhile: how it stands now.
    pub elsewhere: Vec<Elsewhere>,
    /// What could not begin: asked for again as things stand, it would be refused again.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<Refused>,
    /// What did not begin, and why.
    pub waiting: Vec<Waiting>,
    /// What a label or a driver came to mean while it worked: it was not asked for, and the same command asks for it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub later: Vec<String>,
    /// How many of the specs landed.
    pub landed: usize,
    /// How many were completed when the command began.
    pub already: usize,
    /// Whether a person stopped it before everything had its turn.
    pub stopped: bool,
}

/// A spec that another command worked.
#[derive(Debug, Clone, Serialize)]
pub struct Elsewhere {
    /// Its id.
    pub id: String,
    /// How it stands.
    pub status: String,
    /// Why, one sentence; may be empty.
    pub reason: String,
}

/// A spec that was refused before anything of it began.
#[derive(Debug, Clone, Serialize)]
pub struct Refused {
    /// Its id.
    pub id: String,
    /// The error's code.
    pub code: String,
    /// What was wrong.
    pub reason: String,
    /// What to do next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}
