//! People: who speaks, and what only a person may do.

use crate::claim::MARKER;
use crate::error::{Code, Error, Result};
use crate::project::Project;

/// Who speaks, checked: one line that is not empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name(String);

impl Name {
    /// Reads a name as a person typed it.
    pub fn parse(text: &str) -> Result<Self> {
        let name = text.trim();
        if name.is_empty() || name.contains(char::is_control) {
            return Err(
                Error::new(Code::Usage, format!("{text:?} is not the name of a person"))
                    .hint("say who it is: --by \"Ada Lovelace\""),
            );
        }
        Ok(Self(name.to_owned()))
    }

    /// The name git has for who works here.
    pub fn of_git(project: &Project) -> Option<Self> {
        let name = project.repo().config_get("user.name").ok().flatten()?;
        Self::parse(&name).ok()
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The person of this name; where none is given, whom git knows here, else the user of this machine.
pub fn person(project: &Project, given: Option<&str>) -> Result<Name> {
    if let Some(name) = given {
        return Name::parse(name);
    }
    let user = || std::env::var("USER").ok().as_deref().map(Name::parse);
    let known = Name::of_git(project).map(Ok).or_else(user);
    known.unwrap_or_else(|| Name::parse("somebody"))
}

/// Refuses what an agent may not do: the processes of a run carry its marker, or descend from one that does.
pub(crate) fn person_only(what: &str) -> Result<()> {
    match chant_os::tree::carried(MARKER) {
        None => Ok(()),
        Some(run) => Err(Error::new(
            Code::PersonOnly,
            format!("only a person can {what}, and this was started by the agent of run {run}"),
        )
        .hint("a person runs it, in a terminal of their own")
        .detail("run", run)),
    }
}
