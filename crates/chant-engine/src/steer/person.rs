//! Who steers.

use crate::error::Result;
use crate::project::Project;
use crate::verbs::approve::Name;

/// The person of this name; where none is given, whom git knows here, else the user of this machine.
pub fn person(project: &Project, given: Option<&str>) -> Result<Name> {
    if let Some(name) = given {
        return Name::parse(name);
    }
    let user = || std::env::var("USER").ok().as_deref().map(Name::parse);
    let known = Name::of_git(project).map(Ok).or_else(user);
    known.unwrap_or_else(|| Name::parse("somebody"))
}
