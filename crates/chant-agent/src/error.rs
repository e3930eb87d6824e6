//! Why a run could not be started at all. Once the agent runs, whatever happens is an `Outcome`.

use std::{fmt, path::PathBuf};

use chant_os::{file::FileError, process::SpawnError};

use crate::AgentKind;

/// A run that could not be started.
#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    /// A program named without a folder is in no folder of `PATH`.
    #[error("the program `{program}` of agent `{agent}` is not in PATH")]
    NotInPath {
        /// The agent's name.
        agent: String,
        /// What was looked for.
        program: String,
        /// How it is got, where that is known.
        begin: Option<&'static str>,
    },
    /// A program named by its path is not there or cannot be run.
    #[error("the program of agent `{agent}` cannot be used: `{}` {problem}", path.display())]
    NotAProgram {
        /// The agent's name.
        agent: String,
        /// The file.
        path: PathBuf,
        /// What is wrong, as the end of a sentence.
        problem: &'static str,
    },
    /// The agent's entry lacks what its kind needs.
    #[error("agent `{agent}` has kind {kind} but {problem}")]
    Incomplete {
        /// The agent's name.
        agent: String,
        /// Its kind.
        kind: AgentKind,
        /// What is missing, and what to set.
        problem: &'static str,
    },
    /// A command that cannot be split into words.
    #[error("the command `{command}` cannot be split into words: {problem}")]
    Command {
        /// The text.
        command: String,
        /// What is wrong.
        problem: &'static str,
    },
    /// A value that the agent could take for something else.
    #[error("the {what} cannot be given to agent `{agent}`: {problem}")]
    Unsafe {
        /// The agent's name.
        agent: String,
        /// Which value.
        what: &'static str,
        /// What is wrong with it, and what to do.
        problem: String,
    },
    /// The transcript could not be opened.
    #[error("the agent's transcript cannot be written")]
    Transcript(#[from] FileError),
    /// The guard process could not be started.
    #[error("the agent's guard process cannot be started")]
    Guard(#[from] SpawnError),
}

/// A kind of agent that this version does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownKind {
    given: String,
}

impl UnknownKind {
    pub(crate) fn new(given: &str) -> Self {
        Self {
            given: given.to_owned(),
        }
    }

    /// The nearest supported name, when it is near enough to be what was meant.
    pub fn nearest(&self) -> Option<&'static str> {
        let distance = |kind: &AgentKind| strsim::damerau_levenshtein(&self.given, kind.name());
        let nearest = AgentKind::ALL.into_iter().min_by_key(distance)?;
        (distance(&nearest) <= 2).then(|| nearest.name())
    }
}

impl fmt::Display for UnknownKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let given = &self.given;
        write!(f, "there is no agent kind `{given}`")?;
        if let Some(nearest) = self.nearest() {
            write!(f, "; did you mean `{nearest}`?")?;
        }
        let supported = AgentKind::ALL.map(AgentKind::name).join(", ");
        write!(f, " (supported: {supported})")
    }
}

impl std::error::Error for UnknownKind {}
