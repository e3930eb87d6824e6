//! The one error of the engine, and the one table of error codes and exit statuses.
//!
//! A message is a fragment that says what was wrong and where; the hint says what to do next, as a command
//! to paste wherever there is one. How an error looks on a terminal or as JSON is the face's affair.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;

use chant_agent::AgentError;
use chant_agent::recording::RecordingError;
use chant_agent::redact::Redactor;
use chant_git::GitError;
use chant_os::dirs::NoHome;
use chant_os::file::FileError;
use chant_os::process::SpawnError;
use chant_spec::{Diagnostics, EditError, Refusal};

/// What the engine's functions return.
pub type Result<T> = std::result::Result<T, Error>;

/// Makes [`Code`] from one table: variant, stable name, exit status, meaning.
macro_rules! codes {
    ($($exit:literal { $($variant:ident $name:literal $doc:literal,)+ })+) => {
        /// What went wrong, as a stable name for scripts.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Code { $($(#[doc = $doc] $variant,)+)+ }

        impl Code {
            /// Every code, in the order of the exit statuses.
            pub const ALL: &'static [Self] = &[$($(Self::$variant,)+)+];

            /// The stable name, in kebab-case.
            pub fn name(self) -> &'static str {
                match self { $($(Self::$variant => $name,)+)+ }
            }

            /// The exit status of a command that ends with this code.
            pub fn exit(self) -> u8 {
                match self { $($(Self::$variant => $exit,)+)+ }
            }

            /// What it means, as one sentence.
            pub fn meaning(self) -> &'static str {
                match self { $($(Self::$variant => $doc,)+)+ }
            }
        }
    };
}

codes! {
    1 {
        AgentFailed "agent-failed" "The agent was started and did not succeed.",
        AgentTimedOut "agent-timed-out" "The agent was ended at a time limit.",
        CheckFailed "check-failed" "A check that must pass before landing did not.",
        ProofFailed "proof-failed" "A red-to-green proof does not hold.",
        NotDone "not-done" "The agent says it is done; what it left says it is not.",
        Conflict "conflict" "The result and the main branch contradict each other, or what was begun about that has not ended.",
        LandingWaits "landing-waits" "The result waits because something lies in its way.",
        RunFailed "run-failed" "One or more of the specs that were worked failed.",
        LintFailed "lint-failed" "At least one spec has an error.",
        BundleAltered "bundle-altered" "A bundle is not what it says it is.",
        EditorFailed "editor-failed" "The editor did not end well.",
        AttestationInvalid "attestation-invalid" "What is attested of a landing is not what git has.",
        SplitInvalid "split-invalid" "The members that are proposed for a spec can not be used.",
        GitFailed "git-failed" "Git refused or failed.",
        DiskFull "disk-full" "There is no space left to write to.",
        Io "io" "A file could not be read or written.",
        Internal "internal" "A fault in chant itself.",
    }
    2 {
        Usage "usage" "The command line is wrong.",
    }
    3 {
        SpecNotFound "spec-not-found" "No spec has this name.",
        SpecAmbiguous "spec-ambiguous" "Several specs have this name.",
        SpecNameInvalid "spec-name-invalid" "This can not be the name of a spec.",
        PromptNotFound "prompt-not-found" "No prompt has this name.",
        WorkflowNotFound "workflow-not-found" "No workflow has this name.",
        AgentNotFound "agent-not-found" "No agent has this name.",
        RepoNotFound "repo-not-found" "No repository of your settings has this name, or it can not be used.",
        RunNotFound "run-not-found" "There is no such run.",
        NotTracked "not-tracked" "Git does not track this file.",
        AttestationMissing "attestation-missing" "There is no attestation of this landing here.",
    }
    4 {
        NotARepository "not-a-repository" "Here is no git repository.",
        BareRepository "bare-repository" "This git repository has no files checked out.",
        GitUnusable "git-unusable" "Git is missing or too old.",
        NoProject "no-project" "This repository has no .chant folder.",
        NotTrusted "not-trusted" "What this repository can start was not trusted by you.",
        WrongStatus "wrong-status" "The spec's status does not allow this.",
        Blocked "blocked" "The spec waits for something else.",
        ApprovalMissing "approval-missing" "The spec needs an approval first.",
        PersonOnly "person-only" "Only a person can do this, and an agent tried.",
        NotSigned "not-signed" "An approval has to be signed here, and could not be.",
        GateClosed "gate-closed" "A person has to open this gate.",
        SpecLocked "spec-locked" "A live run holds this spec.",
        Parked "parked" "The run waits for a limit of its agent to be renewed.",
        BudgetSpent "budget-spent" "A budget is spent, and a person has to let the work go on.",
        SilentRefused "silent-refused" "Silent mode is not possible where .chant is tracked.",
        NeedsAnswer "needs-answer" "A question would have to be asked, and nobody can answer.",
        InTheWay "in-the-way" "Uncommitted changes or existing files lie in the way.",
        Exists "exists" "What would be made is there already.",
        ProofUnusable "proof-unusable" "What the spec has to prove can not be proven.",
        InputMissing "input-missing" "An input of the spec can not be found or used.",
        ProgramMissing "program-missing" "A program that is to be started can not be found.",
        SandboxMissing "sandbox-missing" "An agent shall be kept from something, and this system can not do it.",
        BaseMissing "base-missing" "This clone lacks the commit that a bundle builds on.",
        ProofMissing "proof-missing" "The spec has no red-to-green proof to show.",
        MainBranchUnknown "main-branch-unknown" "It can not be told which branch is the main one.",
        MainBranchGone "main-branch-gone" "The main branch does not exist any more.",
        NoCommit "no-commit" "The repository has no commit yet.",
        NothingToDo "nothing-to-do" "There is nothing to do this to.",
    }
    5 {
        SpecInvalid "spec-invalid" "The spec's file can not be used.",
        ConfigInvalid "config-invalid" "A settings file can not be used.",
        PromptInvalid "prompt-invalid" "A prompt's template can not be used.",
        WorkflowInvalid "workflow-invalid" "A workflow's file can not be used.",
        RecordingInvalid "recording-invalid" "A recording can not be used here.",
        BundleUnusable "bundle-unusable" "A file is no bundle, or a damaged one.",
        JournalBroken "journal-broken" "The journal of this clone is damaged, and is made again.",
        JournalUnusable "journal-unusable" "The journal of this clone can not be used.",
        FileUnusable "file-unusable" "A file can not be used.",
    }
    130 {
        Interrupted "interrupted" "Interrupted; the state is recorded, the command may be repeated.",
    }
}

impl fmt::Display for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// The place in a file that an error is about, with the file's text to show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// The file, as the user knows it: relative to the project's root where it lies in it.
    pub path: PathBuf,
    /// 1-based.
    pub line: usize,
    /// 1-based, in characters.
    pub column: usize,
    /// The bytes of `source` that are meant.
    pub span: Range<usize>,
    /// The file's text; empty where it can not be shown.
    pub source: String,
}

/// An error that can be told to a person and to a machine.
#[derive(Debug, Clone)]
pub struct Error(Box<Parts>);

/// An error's fields. Boxed by [`Error`], which is returned everywhere and should be small.
#[derive(Debug, Clone)]
pub struct Parts {
    /// Which kind.
    pub code: Code,
    /// What was wrong and where.
    pub message: String,
    /// What to do next.
    pub hint: Option<String>,
    /// More, for machines.
    pub details: serde_json::Value,
    /// The place in a file.
    pub location: Option<Location>,
}

impl Error {
    /// An error without a hint yet.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        let details = serde_json::Value::Object(serde_json::Map::new());
        Self(Box::new(Parts {
            code,
            // What a program said is often part of it.
            message: Redactor::of_user().text(&message.into()).into_owned(),
            hint: None,
            details,
            location: None,
        }))
    }

    /// Says what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// Adds one field for machines.
    #[must_use]
    pub fn detail(mut self, key: &str, value: impl Into<serde_json::Value>) -> Self {
        if let serde_json::Value::Object(details) = &mut self.0.details {
            details.insert(key.to_owned(), value.into());
        }
        self
    }

    /// Names the place in a file.
    #[must_use]
    pub fn at(mut self, location: Location) -> Self {
        self.0.location = Some(location);
        self
    }
}

impl Error {
    /// A spec's file can not be used: the first reason, at its place, and how many more there are.
    pub fn in_spec(path: &str, bytes: &[u8], diagnostics: &Diagnostics) -> Self {
        let first = diagnostics.first();
        let more = diagnostics.iter().count() - 1;
        let message = match more {
            0 => first.message.clone(),
            more => format!("{} (and {more} more)", first.message),
        };
        let error = Self::new(Code::SpecInvalid, message).at(Location {
            path: path.into(),
            line: first.line,
            column: first.column,
            span: first.span.clone(),
            source: String::from_utf8_lossy(bytes).into_owned(),
        });
        match &first.hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }
}

impl From<Diagnostics> for Error {
    fn from(diagnostics: Diagnostics) -> Self {
        let first = diagnostics.first();
        let error = Self::new(Code::SpecInvalid, first.to_string());
        match &first.hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }
}

const MAKE_SPACE: &str = "free some space, then repeat the command";

impl From<FileError> for Error {
    fn from(error: FileError) -> Self {
        if error.is_disk_full() {
            Self::new(Code::DiskFull, error.to_string()).hint(MAKE_SPACE)
        } else if error.is_read_only() {
            Self::new(Code::Io, error.to_string()).hint("make it writable, then repeat the command")
        } else {
            Self::new(Code::Io, error.to_string())
        }
    }
}

/// Git says it in its own words.
fn is_disk_full(error: &GitError) -> bool {
    let text = error.to_string();
    ["No space left on device", "Out of diskspace"]
        .iter()
        .any(|words| text.contains(words))
}

impl From<GitError> for Error {
    fn from(error: GitError) -> Self {
        let code = match error {
            GitError::File(file) => return file.into(),
            GitError::NotARepository { .. } => Code::NotARepository,
            GitError::Bare { .. } => Code::BareRepository,
            GitError::NotInstalled | GitError::TooOld { .. } => Code::GitUnusable,
            GitError::MainBranchUnknown { .. }
            | GitError::MainBranchMissing { .. }
            | GitError::NoCurrentBranch => Code::MainBranchUnknown,
            _ if is_disk_full(&error) => Code::DiskFull,
            _ => Code::GitFailed,
        };
        let hint = match error {
            GitError::NotARepository { .. } => {
                "run `git init` first, or go to a folder of a repository"
            }
            GitError::Bare { .. } => "clone it, and work in the clone",
            GitError::NotInstalled | GitError::TooOld { .. } => "install git 2.38 or newer",
            _ if code == Code::DiskFull => MAKE_SPACE,
            _ => return Self::new(code, error.to_string()),
        };
        Self::new(code, error.to_string()).hint(hint)
    }
}

impl From<AgentError> for Error {
    fn from(error: AgentError) -> Self {
        let code = match error {
            AgentError::NotInPath { .. } | AgentError::NotAProgram { .. } => Code::ProgramMissing,
            AgentError::Guard(_) | AgentError::Transcript(_) => Code::Io,
            _ => Code::ConfigInvalid,
        };
        let made = Self::new(code, error.to_string());
        let AgentError::NotInPath { begin, .. } = error else {
            return made;
        };
        let begin = begin.unwrap_or("install it");
        made.hint(format!(
            "{begin}; or set `command:` of this agent to the path of its program"
        ))
    }
}

impl From<RecordingError> for Error {
    fn from(error: RecordingError) -> Self {
        Self::new(Code::RecordingInvalid, error.to_string())
    }
}

impl From<NoHome> for Error {
    fn from(error: NoHome) -> Self {
        Self::new(Code::Io, error.to_string()).hint("set HOME")
    }
}

impl From<SpawnError> for Error {
    fn from(error: SpawnError) -> Self {
        Self::new(Code::ProgramMissing, error.to_string())
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::new(Code::WrongStatus, refusal.message).hint(refusal.hint)
    }
}

impl From<EditError> for Error {
    fn from(error: EditError) -> Self {
        Self::new(Code::SpecInvalid, error.to_string())
    }
}

impl std::ops::Deref for Error {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_kebab_case_and_unique() {
        let mut names: Vec<_> = Code::ALL.iter().map(|code| code.name()).collect();
        assert!(
            names
                .iter()
                .all(|name| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'))
        );
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Code::ALL.len());
    }
}
