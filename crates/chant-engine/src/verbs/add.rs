//! `chant add`: a new spec file, whose name nobody else has.

use std::hash::{BuildHasher, Hasher, RandomState};

use chant_os::file::Created;
use chant_os::lock::Lock;
use chant_spec::id::{compose, member, sequence_of};
use chant_spec::{Kind, NewSpec, SpecId, State};
use serde::Serialize;

use crate::error::{Code, Error, Result};
use crate::index;
use crate::index::SpecRef;
use crate::project::Project;
use crate::prompt::Prompt;
use crate::repos;
use crate::targets::{Overlap, overlap};

/// What was made.
#[derive(Debug, Clone, Serialize)]
pub struct Added {
    /// Its id.
    pub id: String,
    /// Its file, from the project's root.
    pub path: String,
    /// Open specs that are about the same files.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub overlaps: Vec<Overlap>,
}

/// Far more than two specs of one day ever share a name.
const TRIES: usize = 100;

/// Makes a spec. What it depends on may be named as everywhere; the file gets the full ids.
pub fn add(project: &Project, new: NewSpec) -> Result<Added> {
    let (text, overlaps) = checked(project, new)?;
    let _turn = take_turn(project)?;
    let date = chant_os::clock::today().to_string();
    let names = crate::index::names(project)?;
    let last = names
        .iter()
        .filter_map(|name| sequence_of(&name.id, &date))
        .max()
        .unwrap_or(0);
    let prefix = project.config().id_prefix.as_deref();
    let ids = (last + 1..).map(|sequence| compose(&date, sequence, &random(), prefix));
    create(project, ids, &text, overlaps)
}

/// Makes a spec that is a member of a driver, with the next number that none of its members has or had.
pub fn add_member(project: &Project, driver: &SpecRef, new: NewSpec) -> Result<Added> {
    let id = &driver.id;
    let spec = project.show(id)?;
    if spec.kind != Kind::Driver.as_str() {
        return Err(Error::new(
            Code::WrongStatus,
            format!("{id} is no driver, so it has no members"),
        )
        .hint(format!(
            "let an agent cut it into members: chant split {id}; or set `type: driver`: chant edit {id}"
        )));
    }
    if matches!(
        spec.state,
        State::Completed | State::Stale | State::Cancelled
    ) {
        let message = format!("{id} is {}, so it gets no more members", spec.state);
        return Err(Error::new(Code::WrongStatus, message)
            .hint(format!("make it pending again first: chant reset {id}")));
    }
    let (text, overlaps) = checked(project, new)?;
    let _turn = take_turn(project)?;
    let names = crate::index::names(project)?;
    let last = names
        .iter()
        .filter_map(|name| member(&name.id))
        .filter(|(of, _)| *of == id.as_str())
        .map(|(_, number)| number)
        .max()
        .unwrap_or(0);
    let ids = (last.saturating_add(1)..).map(|number| format!("{id}.{number}"));
    create(project, ids, &text, overlaps)
}

/// The file's text, with everything that it names found, and the specs that it will meet.
fn checked(project: &Project, mut new: NewSpec) -> Result<(String, Vec<Overlap>)> {
    if new.title.trim().is_empty() {
        return Err(Error::new(Code::Usage, "a spec needs a title")
            .hint("chant add \"what is to be done\""));
    }
    for name in &mut new.depends_on {
        *name = match repos::qualified(project, name) {
            Some(full) => full?,
            None => project.resolve_id(name)?.to_string(),
        };
    }
    for target in &new.target_files {
        check_target(target)?;
    }
    if let Some(name) = &new.prompt {
        Prompt::find(&project.dot_chant().join("prompts"), name)?;
    }
    let overlaps = shared(project, &new.target_files, &new.depends_on)?;
    Ok((new.render(), overlaps))
}

/// Makes the file under the first of these names that is free.
fn create(
    project: &Project,
    ids: impl Iterator<Item = impl AsRef<str>>,
    text: &str,
    overlaps: Vec<Overlap>,
) -> Result<Added> {
    chant_os::file::create_dir_all(&project.dot_chant().join("specs"))?;
    for id in ids.take(TRIES) {
        let id = SpecId::parse(id.as_ref()).map_err(|error| {
            Error::new(
                Code::ConfigInvalid,
                format!("{:?} can not be the id of a spec: {error}", id.as_ref()),
            )
            .hint("see `project.prefix` in .chant/config.md")
        })?;
        let path = project.spec_path(&id);
        if chant_os::file::create_new(&path, text.as_bytes())? == Created::Yes {
            return Ok(Added {
                path: project.spec_path_from_root(&id),
                id: id.to_string(),
                overlaps,
            });
        }
    }
    Err(Error::new(
        Code::Internal,
        "no free name for a spec was found",
    ))
}

pub(super) fn check_target(target: &str) -> Result<()> {
    let refused = |why: String| {
        Error::new(
            Code::Usage,
            format!("{target:?} can not be a target file: {why}"),
        )
        .hint("a target is a path inside the repository, from its top")
    };
    if target.contains(char::is_control) {
        return Err(refused("the path holds control characters".into()));
    }
    chant_spec::repo_path(target).map_err(|error| refused(error.to_string()))?;
    Ok(())
}

/// Only one at a time counts, so that numbers are unique. The file's exclusive creation does not depend on it.
pub(crate) fn take_turn(project: &Project) -> Result<Lock> {
    let locks = project.state_dir().join("locks");
    chant_os::file::create_dir_all(&locks)?;
    Ok(Lock::acquire_blocking(&locks.join("add"))?)
}

/// Three random digits in base 36.
fn random() -> String {
    let mut number = RandomState::new().build_hasher().finish();
    let mut digits = String::new();
    for _ in 0..3 {
        digits.extend(char::from_digit(
            u32::try_from(number % 36).unwrap_or(0),
            36,
        ));
        number /= 36;
    }
    digits
}

/// The open specs that are about one of these targets, and that nothing of `after` puts before the new one.
fn shared(project: &Project, targets: &[String], after: &[String]) -> Result<Vec<Overlap>> {
    if targets.is_empty() {
        return Ok(Vec::new());
    }
    let mut shared = Vec::new();
    for entry in index::entries(project)? {
        let Ok(summary) = &entry.content else {
            continue;
        };
        let theirs = || summary.target_files.iter();
        let met = targets
            .iter()
            .find(|target| theirs().any(|other| overlap(target, other)));
        let id = entry.node.id;
        if let Some(target) = met
            && entry.node.status.is_open()
            && !entry.node.archived
            && !after.contains(&id)
        {
            let target = target.clone();
            shared.push(Overlap { id, target });
        }
    }
    Ok(shared)
}
